//! Standing by: another process writes the outputs of a credential. This one makes no exchange for it, serves what that
//! process has put there, and takes over when it ends.

use std::time::Duration;

use tracing::{info, warn};

use super::Daemon;
use crate::{
    clock,
    daemon::disk_scan::{Claim, Found},
    offline::TokenLife,
    output::{Published, WriteError},
    renewal::{Event, Grant, Id, Moment, Renewal, Term},
};

impl Daemon {
    /// Takes note of what was found about a credential: whose outputs they are, and what an earlier process left.
    pub(super) fn found(&mut self, id: Id, mut found: Found) {
        let now = clock::now();
        if let Some(claim) = found.claimed_state.take() {
            self.state_claimed(claim);
        }
        match std::mem::replace(&mut found.taken_over, Ok(Vec::new())) {
            Ok(places) => self.state_taken_over(id, &places),
            Err(why) => {
                self.state_not_taken_over(id, &why);
                return;
            }
        }
        match std::mem::take(&mut found.claim) {
            Claim::Lost { holder, .. } => {
                self.lose_claim(id, now, &holder);
                self.adopt_from_holder(id, found);
            }
            Claim::Shared { holder } => {
                if let Some(state) =
                    self.credentials.get(id).filter(|state| !state.token().is_recalled() || state.holder().is_some())
                {
                    warn!(credential = state.name(), "{holder}");
                }
                self.take_over(id, now, found);
            }
            Claim::Held => self.take_over(id, now, found),
        }
    }

    /// Answers the holder, if every output turned out to be another process'.
    pub(super) fn holder_of_all(results: &[Result<Published, WriteError>]) -> Option<String> {
        let holder = |result: &Result<Published, WriteError>| match result {
            Err(WriteError::Held(held)) => Some(held.to_string()),
            Ok(_) | Err(_) => None,
        };
        let holders: Option<Vec<_>> = results.iter().map(holder).collect();
        holders?.into_iter().next()
    }

    /// Another process holds every output of a credential. Logged once for each such process.
    pub(super) fn lose_claim(&mut self, id: Id, now: Moment, holder: &str) {
        let Some(state) = self.credentials.get_mut(id) else { return };
        if state.stand_by(holder) {
            warn!(credential = state.name(), "{holder}; until it ends, no session is requested here");
            state.log_mut().note_event("stands by");
        }
        self.fleet.handle(now, id, Event::ClaimLost);
        self.note_state(id, now);
    }

    /// Whether any credential waits for another process to end.
    pub(super) fn is_any_standing_by(&self) -> bool {
        self.credentials.all().any(|(_, state)| state.holder().is_some())
    }

    /// The token that another process has put into every output, as far as its own claims tell. A record of that token,
    /// where this process has one, holds more.
    pub(super) fn observe_token(&mut self, id: Id, now: Moment, life: Option<TokenLife>) {
        let (Some(state), Some(renewal)) = (self.credentials.get(id), self.fleet.get(id)) else { return };
        if state.holder().is_none() || state.token().written().is_some() {
            return;
        }
        let term = life.zip(renewal.key()).map(|(TokenLife { lifetime, age }, key)| {
            // The boot clock may not reach back to the issue: what lies before the boot is taken off the life.
            let sent = now.back(age);
            let lifetime = lifetime.saturating_sub(age) + (now - sent);
            let grant = Grant { lifetime, refresh_after: None };
            Term {
                key,
                sent,
                sent_wall: clock::stamp_of(sent).wall,
                grant,
                renew: sent + state.credential().policy.renew_at.of(lifetime),
                older_by: Duration::ZERO,
            }
        });
        self.fleet.observe(now, id, term);
        self.note_state(id, now);
        self.announce_ready();
    }

    /// Takes over what the process that holds the outputs has recorded, if this one shares its state.
    fn adopt_from_holder(&mut self, id: Id, found: Found) {
        let Some(state) = self.credentials.get_mut(id) else { return };
        state.token_mut().recalled();
        let (Ok(Some(record)), Some((session, true))) = (found.record, found.session) else {
            state.token_mut().forget_written();
            return;
        };
        let memory = record.memory();
        state.token_mut().exchanged(record.last_exchange);
        if let Some(written) = &record.written {
            state.adopt_imposed(written);
        }
        state.token_mut().adopt(session, record.written, true);
        let now = clock::now();
        self.fleet.adopt(clock::stamp_of(now), id, &memory, true);
        if let (Some(state), Some(term)) = (self.credentials.get_mut(id), self.fleet.get(id).and_then(Renewal::held)) {
            state.token_mut().adopt_times(term);
            state.hooks_mut().adopt(term.sent);
        }
        self.note_state(id, now);
        self.announce_ready();
    }

    /// This process may write the outputs: from here on, or as before.
    fn take_over(&mut self, id: Id, now: Moment, found: Found) {
        let Some(state) = self.credentials.get_mut(id) else { return };
        let stood_by = state.end_standby();
        if stood_by {
            info!(credential = state.name(), "the process that wrote the outputs has ended; taking over");
            state.log_mut().note_event("took over");
        }
        self.recall(id, found);
        if stood_by {
            self.fleet.handle(now, id, Event::ClaimHeld);
            self.note_state(id, now);
        }
    }
}
