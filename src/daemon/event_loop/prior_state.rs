//! Takes over the state of an earlier process, and records the state of this one.

use std::{path::Path, sync::Arc, time::UNIX_EPOCH};

use tracing::{error, field::display, info, warn};

use super::Daemon;
use crate::{
    clock,
    config::Credential,
    daemon::{
        credential_state::CredentialState,
        disk_scan::{Found, Newcomer},
        publish_effect::imposed_on,
        refusals::RefusalMessage,
        span,
    },
    log_lines::ROUTINE,
    output::Output,
    renewal::{Id, Moment, RefusalClass, Renewal, Stamp, WrittenTerm},
    session::Times,
    state::{Record, RecordedRefusal, WrittenToken},
};

/// Whether the token went to one of the outputs of this credential.
fn is_of_outputs(written: &WrittenToken, credential: &Credential) -> bool {
    let mut files = credential.outputs.iter().filter_map(Output::file);
    files.any(|file| written.outputs.iter().any(|output| output == file))
}

impl Daemon {
    /// The credentials whose earlier state was not looked up yet, and those whose outputs another process held at the
    /// last scan.
    pub(super) fn newcomers(&self) -> Vec<Newcomer> {
        let newcomer = |(id, state): (Id, &CredentialState)| Newcomer {
            id,
            credential: Arc::clone(state.credential()),
            project: self.context.api.project.clone(),
            request: self.context.request(state.credential()),
            former_state: self.config.former_state_directory.clone(),
        };
        self.credentials
            .active()
            .filter(|(_, state)| !state.token().is_recalled() || state.holder().is_some())
            .map(newcomer)
            .collect()
    }

    /// Takes over what an earlier process left of a credential. Anything unexpected costs one exchange.
    pub(super) fn recall(&mut self, id: Id, found: Found) {
        let now = clock::now();
        let Some(state) = self.credentials.get_mut(id) else { return };
        state.token_mut().recalled();
        let name = state.name().to_owned();
        for (what, path) in &found.writable_by_others {
            let path = path.display();
            warn!(
                credential = name,
                "{what} `{path}` can be written by other users: remove that permission (`chmod go-w`)"
            );
        }
        let record = match found.record {
            Ok(Some(record)) => record,
            Ok(None) => return,
            Err(why) => {
                warn!(credential = name, "{why}; a new session is requested");
                return;
            }
        };
        state.token_mut().exchanged(record.last_exchange);
        let mut memory = record.memory();
        let refusal = record.refusal.filter(|_| record.request == self.context.request(state.credential()));
        if record.request != self.context.request(state.credential()) {
            memory.forget_denial();
        }
        if let Some(written) = &record.written {
            state.token_mut().recall_generation(written.generation);
        }
        let mut intact = false;
        match (record.written, found.session) {
            (None, _) => {}
            (Some(_), _) if record.request != self.context.request(state.credential()) => {
                memory.written = None;
                info!(
                    credential = name,
                    "the token on disk was requested with other settings; a new session is requested"
                );
            }
            (Some(written), None) if !is_of_outputs(&written, state.credential()) => {
                memory.written = None;
                let path = written.outputs.first().map(|path| path.display().to_string()).unwrap_or_default();
                info!(
                    credential = name,
                    "the last token went to `{path}`, which is no output of this credential; a new session is requested"
                );
            }
            (Some(_), None) => {
                memory.written = None;
                warn!(credential = name, "the token that was written is gone or altered; a new session is requested");
            }
            (Some(written), Some((session, whole))) => {
                intact = whole;
                state.adopt_imposed(&written);
                state.token_mut().adopt(session, Some(written), whole);
            }
        }
        let stamp = clock::stamp_of(now);
        self.fleet.adopt(stamp, id, &memory, intact);
        if let (Some(state), Some(term)) = (self.credentials.get_mut(id), self.fleet.get(id).and_then(Renewal::held)) {
            state.token_mut().adopt_times(term);
            if state.token().written().is_some_and(|written| !written.hooks_owed) {
                state.hooks_mut().adopt(term.sent);
            }
        }
        self.adopt_refusal(id, stamp, refusal);
        if let Some(written) = memory.written {
            self.say_adopted(id, now, intact);
            self.say_imposed(id);
            self.notice_token_length(id);
            let is_overdue = self.credentials.get(id).is_some_and(|state| self.is_overdue(id, state, now));
            if let Some(state) = self.credentials.get_mut(id).filter(|_| is_overdue) {
                state.token_mut().note_overdue();
            }
            if written.sent.boot != stamp.boot {
                self.remember_by_this_boot(id);
            }
        }
        self.note_state(id, now);
        self.announce_ready();
        self.run_hooks_that_were_missed(id);
    }

    /// Takes over the last refusal, which is why there is no newer session, and reports it once.
    fn adopt_refusal(&mut self, id: Id, now: Stamp, refusal: Option<RecordedRefusal>) {
        self.report_final_denial(id, now.moment);
        let (Some(state), Some(renewal)) = (self.credentials.get_mut(id), self.fleet.get(id)) else { return };
        let Some(refusal) = refusal.filter(|_| !renewal.awaits_change() && state.log().refusals().last().is_none())
        else {
            return;
        };
        let (class, message, at) = (refusal.class(), refusal.message(), refusal.at().on_the_clock_of(now));
        let key = state.token().last_exchange().map(|exchange| exchange.key);
        let remedy = refusal.remedy().map(str::to_owned);
        state.log_mut().refusals_mut().note(key, RefusalMessage { class, message: message.to_owned(), remedy, at });
        if let Some(origin) = self.fleet.origin_of(id).filter(|_| class == RefusalClass::Busy) {
            self.host_holds.note(origin, state.name(), message);
        }
        let opens = self.fleet.opens(id);
        let next_in = (opens > now.moment).then(|| span::until(now.moment, opens));
        let (name, class_word, ago) = (state.name().to_owned(), class.word(), span::until(at, now.moment));
        if class == RefusalClass::Denied {
            error!(credential = name, class = class_word, next_in, "{message}; that was {ago} ago, before this start");
        } else {
            warn!(credential = name, class = class_word, next_in, "{message}; that was {ago} ago, before this start");
        }
    }

    /// Reports secrets that an earlier process was denied for good. They are not sent again, so nothing else would say so.
    fn report_final_denial(&mut self, id: Id, now: Moment) {
        let (Some(state), Some(renewal)) = (self.credentials.get_mut(id), self.fleet.get(id)) else { return };
        if !renewal.awaits_change() {
            return;
        }
        let noun = state.credential().source.noun();
        let message = format!("Descope denied the {noun} before this start; nothing is sent again before they change");
        let refusal = RefusalMessage { class: RefusalClass::Denied, message: message.clone(), remedy: None, at: now };
        state.log_mut().refusals_mut().note(None, refusal);
        let (name, class) = (state.name().to_owned(), RefusalClass::Denied.word());
        let remedy = state.credential().source.denied_remedy();
        error!(credential = name, class, next_in = "never", "{message}; {remedy}");
    }

    fn say_adopted(&mut self, id: Id, now: Moment, intact: bool) {
        let (Some(state), Some(renewal)) = (self.credentials.get_mut(id), self.fleet.get(id)) else { return };
        let name = state.name().to_owned();
        let Some(term) = renewal.held() else {
            if let Some(doubt) = renewal.doubt(now) {
                warn!(credential = name, "{doubt} on disk; a new session is requested");
            } else {
                info!(credential = name, "the token on disk has expired; a new session is requested");
            }
            return;
        };
        if state.token().written().is_some_and(|written| !written.verified) {
            self.verifier.adopt_unverified(id);
        }
        let (expires_in, next_in) = (span::until(now, term.expires()), span::until(now, term.renew));
        let key = state.key().shown(&state.credential().source, term.key).map(display);
        if intact {
            state.outputs_mut().adopt(now);
            info!(name: ROUTINE, credential = name, key, expires_in, next_in, "the token on disk is good");
        } else {
            warn!(
                credential = name,
                key,
                expires_in,
                next_in,
                "the token on disk is good, but its files are not as configured; they are written again"
            );
        }
    }

    /// Records what was taken over, with the clocks of this boot. With those of an earlier boot, a wall clock that is
    /// set later would make the session seem younger to the next process.
    fn remember_by_this_boot(&mut self, id: Id) {
        let Some(record) = self.record(id) else { return };
        let Some(state) = self.credentials.get_mut(id) else { return };
        state.token_mut().note_written(record.written.clone());
        if let Some(ledger) = self.context.state.ledger() {
            drop(state.records().store(&ledger, state.name(), record));
        }
    }

    /// The record of the newest session, to be stored once it is written.
    pub(super) fn record(&self, id: Id) -> Option<Record> {
        let (state, renewal) = (self.credentials.get(id)?, self.fleet.get(id)?);
        let (session, term) = (state.token().session()?, renewal.held()?);
        let written = WrittenToken {
            token: session.jwt.fingerprint(),
            generation: state.token().generation().last(),
            term: WrittenTerm {
                key: term.key,
                // As the clocks were then: by a clock that was set since, the session would seem younger.
                sent: Stamp { moment: term.sent, wall: term.sent_wall, ..clock::stamp_of(term.sent) },
                issued: session.claims.issued_at.and_then(|at| at.duration_since(UNIX_EPOCH).ok()),
                grant: term.grant,
                renew_after: term.renew - term.sent,
            },
            verified: self.verifier.is_verified(id),
            key_id: session.claims.key_id.clone(),
            fields: session.fields.clone(),
            times: state.token().times_of(term)?,
            hooks_owed: state.hooks().are_owed(term.sent) || state.hooks().are_running(),
            outputs: state.credential().outputs.iter().filter_map(Output::file).map(Path::to_owned).collect(),
            imposed: imposed_on(state.credential().outputs.iter().zip(state.outputs().imposed())),
        };
        Some(Record {
            request: self.context.request(state.credential()),
            last_exchange: state.token().last_exchange()?,
            // A refusal from before the session is over.
            refusal: state.log().refusals().recorded(clock::stamp_of).filter(|refusal| refusal.at().moment > term.sent),
            written: Some(written),
        })
    }

    /// The times to give to readers of the newest session; `None` if there is none.
    pub(super) fn times(&mut self, id: Id) -> Option<Times> {
        let term = self.fleet.get(id)?.held()?;
        self.credentials.get_mut(id)?.token_mut().publish_times(term, clock::wall_of)
    }
}
