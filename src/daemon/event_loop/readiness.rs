//! Readiness: whether readers find their tokens, checked on disk and by the clock at the moment of the question.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::Daemon;
use crate::{
    blocking, clock,
    daemon::{
        credential_state::CredentialState,
        next_action::Next,
        readiness::{Missing, ReadinessProbe},
        span,
    },
    renewal::{Health, Id, Moment, Renewal},
    status::Readiness,
};

impl Daemon {
    /// Inspects the outputs, and answers afterwards. One inspection is in flight at a time, however many questions
    /// there are.
    pub(super) fn look_whether_ready(&mut self, whose: Option<String>, answer: oneshot::Sender<Readiness>) {
        let whose = match whose.map(|name| self.required(&name)) {
            None => None,
            Some(Some(id)) => Some(id),
            Some(None) => return drop(answer.send(Readiness::Unknown)),
        };
        self.monitor.readiness().push(whose, answer);
        self.inspect_all();
    }

    /// The outputs to read besides those that the inspection covers.
    pub(super) fn probes(&self, now: Moment, guarded: impl Fn(Id) -> bool) -> Vec<ReadinessProbe> {
        let probe = |(id, state): (Id, &CredentialState)| ReadinessProbe {
            id,
            credential: Arc::clone(state.credential()),
            stamps: state.outputs().stamps(),
            imposed: state.outputs().imposed(),
            written: state.token().written().map(|written| written.token),
            newest: state.token().session().cloned().zip(state.token().last_times()),
            stands_by: state.holder().is_some(),
        };
        let serves = |id| self.fleet.get(id).is_some_and(|renewal| renewal.serves(now));
        let required = self.credentials.active().filter(|(_, state)| state.credential().required);
        required.filter(|(id, _)| serves(*id) && !guarded(*id)).map(probe).collect()
    }

    /// Answers the questions after an inspection.
    pub(super) fn say_whether_ready(&mut self, missing: &[Missing]) {
        for question in self.monitor.readiness().take_in_flight() {
            let unready = self.culprits(question.credential(), missing);
            question.answer(unready);
        }
    }

    /// One line for each credential that is not ready, the first ones in full, and for each key folder that was never
    /// listed.
    fn culprits(&self, whose: Option<Id>, missing: &[Missing]) -> Vec<String> {
        let now = clock::now();
        let gone = |id| missing.iter().find(|missing| missing.id == id).map(|missing| missing.name.as_str());
        let late = self.credentials.active().filter(|(id, state)| {
            whose.is_none_or(|whose| whose == *id) && (self.is_unready(*id, state, now) || gone(*id).is_some())
        });
        let mut lines = Vec::new();
        let mut left_out = 0;
        for (id, state) in late {
            if let Some(renewal) = self.fleet.get(id).filter(|_| lines.len() < LINES_MAX) {
                let trouble = match (gone(id), self.unseen(id)) {
                    (_, Some(unseen)) if renewal.serves(now) => unseen,
                    (Some(name), None) if renewal.serves(now) => not_there(name, state),
                    (Some(_) | None, _) => self.trouble(now, id, state, renewal),
                };
                lines.push(format!("{}: {trouble}", state.name()));
            } else {
                left_out += 1;
            }
        }
        if left_out > 0 {
            lines.push(format!("and {left_out} more"));
        }
        if whose.is_none() {
            lines.extend(self.unlisted_folders());
        }
        if let Some(shortage) = blocking::shortage().filter(|_| !lines.is_empty()) {
            lines.push(shortage.to_string());
        }
        lines
    }

    fn trouble(&self, now: Moment, id: Id, state: &CredentialState, renewal: &Renewal) -> String {
        let output = state.outputs().first_error();
        let mut message = match (renewal.health(now), renewal.on_disk(), renewal.doubt(now)) {
            (_, _, Some(doubt)) => doubt.to_string(),
            (Health::Expired, Some(term), None) => format!("expired {} ago", span::until(term.expires(), now)),
            (Health::Expired, None, None) => match renewal.unwritten() {
                Some(term) => format!("expired {} ago and was never written", span::until(term.expires(), now)),
                None => "expired and removed".to_owned(),
            },
            (Health::Starting, _, None) => "no token yet".to_owned(),
            (Health::Fresh | Health::Failing | Health::Unwritten, _, None) => {
                output.unwrap_or("its files are not as they should be").to_owned()
            }
        };
        if let Some(why) = Self::unread(state).filter(|_| renewal.key().is_none()) {
            return format!("{message}; {why}");
        }
        if let Some(why) = self.unseen(id) {
            message = format!("{message}; {why}");
        }
        if let Some(why) = state.key().error() {
            let noun = state.credential().source.noun();
            return format!("{message}; waits for its {noun}: {why}");
        }
        if let Some(holder) = state.holder() {
            return format!("{message}; stands by: {holder}");
        }
        if renewal.under_way().is_none() {
            match Next::planned(now, renewal, self.fleet.opens(id), output.is_some()) {
                Next::Exchange(due) => message = format!("{message}; next try in {}", span::until(now, due)),
                Next::Publish(due) => message = format!("{message}; next write in {}", span::until(now, due)),
                Next::Change => message = format!("{message}; waits for a change or for USR1"),
                Next::Withdraw(_) | Next::Key | Next::Standby => {}
            }
        }
        let refusal = state.log().refusals().last().map(|refusal| format!("{}: {}", refusal.class, refusal.message));
        match refusal.or_else(|| output.map(str::to_owned)).or_else(|| self.host_trouble(now, id, state)) {
            Some(why) if !message.contains(&why) => format!("{message}: {why}"),
            Some(_) | None => message,
        }
    }

    /// Why a credential waits for its host although the host has not refused it, if so.
    pub(super) fn host_trouble(&self, now: Moment, id: Id, state: &CredentialState) -> Option<String> {
        let is_held = self.fleet.opens(id) > now && state.log().refusals().last().is_none();
        self.host_holds.why(self.fleet.origin_of(id)?, state.name()).filter(|_| is_held)
    }

    fn required(&self, name: &str) -> Option<Id> {
        let (id, state) = self.credentials.named(name)?;
        (state.credential().required && !state.is_draining()).then_some(id)
    }

    /// Logs once that every required token is on disk. This runs after every write, so the credential that was missing
    /// the last time is checked first.
    pub(super) fn announce_ready(&mut self) {
        let now = clock::now();
        let is_missing = |(id, state): (Id, &CredentialState)| self.is_unready(id, state, now);
        let last_missing = self.event_log.last_missing().and_then(|id| Some((id, self.credentials.get(id)?)));
        if self.event_log.is_ready_logged() || last_missing.is_some_and(is_missing) {
            return;
        }
        let missing = self.first_unready(now);
        self.event_log.note_missing(missing);
    }

    /// Whether every required token is on disk and valid, as far as the loop knows without reading the files.
    pub(super) fn is_ready(&self, now: Moment) -> bool {
        self.first_unready(now).is_none() && self.unlisted_folders().is_empty()
    }

    /// Key folders that were never listed, one line for each: until then the required credentials are unknown.
    pub(super) fn unlisted_folders(&self) -> Vec<String> {
        let folders = self.config.key_directories.iter();
        folders.filter_map(|directory| self.reconciler.folders().why_unlisted(&directory.path)).collect()
    }

    /// A credential whose required token is missing or expired. The last ones are checked first, because they are
    /// written last.
    fn first_unready(&self, now: Moment) -> Option<Id> {
        self.credentials.active().rev().find(|(id, state)| self.is_unready(*id, state, now)).map(|(id, _)| id)
    }

    /// Whether a required token is missing or expired, or not known to be there, because its file does not respond.
    pub(super) fn is_unready(&self, id: Id, state: &CredentialState, now: Moment) -> bool {
        state.credential().required && !state.is_draining() && !self.serves(id, now)
    }

    /// Whether readers find a valid token of a credential, as far as is known.
    pub(super) fn serves(&self, id: Id, now: Moment) -> bool {
        self.fleet.get(id).is_some_and(|renewal| renewal.serves(now)) && self.monitor.unseen(id).is_none()
    }

    /// One line on an output that did not respond to the last look.
    pub(super) fn unseen(&self, id: Id) -> Option<String> {
        let path = self.monitor.unseen(id)?;
        Some(format!("`{}` cannot be read to check its token: {NO_RESPONSE}", path.display()))
    }

    /// One line on a file of the source that does not respond.
    fn unread(state: &CredentialState) -> Option<String> {
        let mut files = state.credential().source.files().into_iter();
        let file = files.find(|file| blocking::is_out_of_reach(file.path, blocking::STUCK_AFTER))?;
        Some(format!("{} `{}` cannot be read: {NO_RESPONSE}", file.kind.file_noun(), file.path.display()))
    }

    /// Notes that outputs have stopped or begun to respond.
    pub(super) fn note_readiness(&mut self, now: Moment) {
        let ids: Vec<_> = self.credentials.ids().collect();
        for id in ids {
            self.note_state(id, now);
        }
        self.note_change();
        self.announce_ready();
    }
}

/// One line on an output that does not hold its token.
fn not_there(name: &str, state: &CredentialState) -> String {
    let why = state.outputs().first_error();
    format!("`{name}` does not hold its token{}", why.map(|why| format!(": {why}")).unwrap_or_default())
}

const NO_RESPONSE: &str = "its disk does not respond";
/// More lines than a person reads.
const LINES_MAX: usize = 100;
