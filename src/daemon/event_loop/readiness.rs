//! Readiness: whether readers find their tokens, checked on disk and by the clock at the moment of the question.

use std::{collections::BTreeMap, sync::Arc};

use tokio::sync::oneshot;

use super::Daemon;
use crate::{
    blocking, clock,
    daemon::{
        credential_state::CredentialState,
        next_action::Next,
        readiness::{Missing, ReadinessProbe},
        readiness_index::Serving,
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
        self.settle_readiness();
        for question in self.monitor.readiness().take_in_flight() {
            let unready = self.culprits(question.credential(), missing);
            question.answer(unready);
        }
    }

    /// One line for each credential that is not ready, the first ones in full, and for each key folder that was never
    /// listed.
    fn culprits(&self, whose: Option<Id>, missing: &[Missing]) -> Vec<String> {
        let now = clock::now();
        let gone: BTreeMap<Id, &str> = missing.iter().map(|missing| (missing.id, missing.name.as_str())).collect();
        let (late, count) = self.late(whose, &gone);
        let mut lines = Vec::new();
        for (id, state) in late {
            let Some(renewal) = self.fleet.get(id) else { continue };
            let trouble = match (gone.get(&id), self.unseen(id)) {
                (_, Some(unseen)) if renewal.serves(now) => unseen,
                (Some(name), None) if renewal.serves(now) => not_there(name, state),
                (Some(_) | None, _) => self.trouble(now, id, state, renewal),
            };
            lines.push(format!("{}: {trouble}", state.name()));
        }
        let left_out = count - lines.len();
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

    /// The first credentials that are not ready, by name, and how many there are: those of the index, and those with an
    /// output that is `gone`.
    fn late(&self, whose: Option<Id>, gone: &BTreeMap<Id, &str>) -> (Vec<(Id, &CredentialState)>, usize) {
        let state = |id: Id| Some((id, self.credentials.get(id).filter(|state| !state.is_draining())?));
        if let Some(whose) = whose {
            let is_late = self.readiness.is_unready(whose) || gone.contains_key(&whose);
            let late: Vec<_> = state(whose).filter(|_| is_late).into_iter().collect();
            let count = late.len();
            return (late, count);
        }
        let known = self.readiness.unready();
        let altered = gone.keys().copied().filter(|id| !self.readiness.is_unready(*id));
        let altered: Vec<_> = altered.filter_map(state).collect();
        let count = known.len() + altered.len();
        let mut first: Vec<_> = known.take(LINES_MAX).filter_map(state).chain(altered).collect();
        first.sort_by_key(|(_, state)| state.name());
        first.truncate(LINES_MAX);
        (first, count)
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

    /// Logs once that every required token is on disk.
    pub(super) fn announce_ready(&mut self) {
        if self.event_log.is_ready_logged() {
            return;
        }
        self.settle_readiness();
        let is_missing = !self.readiness.is_ready(clock::now());
        self.event_log.note_missing(is_missing);
    }

    /// Brings the index of the required credentials up to date with what changed in this turn.
    pub(super) fn settle_readiness(&mut self) {
        let now = clock::now();
        while let Some(id) = self.fleet.next_changed() {
            self.note_serving(id, now);
        }
        for id in self.readiness.expired(now) {
            self.note_serving(id, now);
        }
    }

    /// Notes whether a credential serves, after a change that did not step its renewal.
    pub(super) fn note_serving(&mut self, id: Id, now: Moment) {
        let required = self.credentials.get(id).filter(|state| state.credential().required && !state.is_draining());
        let serving = || {
            let term = self.fleet.get(id).filter(|_| self.serves(id, now)).and_then(Renewal::on_disk);
            term.map_or(Serving::No, |term| Serving::Until(term.expires()))
        };
        self.readiness.note(id, required.map(|state| (state.credential(), serving())));
    }

    /// Whether every required token is on disk and valid, as far as the loop knows without reading the files.
    pub(super) fn is_ready(&self, now: Moment) -> bool {
        self.readiness.is_ready(now) && self.unlisted_folders().is_empty()
    }

    /// Key folders that were never listed, one line for each: until then the required credentials are unknown.
    pub(super) fn unlisted_folders(&self) -> Vec<String> {
        let folders = self.config.key_directories.iter();
        folders.filter_map(|directory| self.reconciler.folders().why_unlisted(&directory.path)).collect()
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

    /// Notes that the outputs of these credentials have stopped or begun to respond.
    pub(super) fn note_readiness(&mut self, changed: &[Id], now: Moment) {
        for id in changed {
            self.note_state(*id, now);
            self.note_serving(*id, now);
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
