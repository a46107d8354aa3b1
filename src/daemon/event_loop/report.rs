//! The daemon's state as a [`Report`].

use std::{borrow::Cow, process};

use super::Daemon;
use crate::{
    blocking,
    child::ChildRegistry,
    clock,
    daemon::{
        advice,
        credential_state::CredentialState,
        next_action::{Next, next_exchange},
    },
    exchange::Skew,
    log_lines,
    renewal::{Event, Id, Moment, Renewal},
    session::Session,
    source::SecretKind,
    status::{
        self, CredentialReport, DaemonIdentity, HookReport, NextAction, OutputReport, REPORT_VERSION, RefusalReport,
        Report, Wording,
    },
};

impl Daemon {
    /// Reports the state of everything.
    pub fn report(&self) -> Report {
        let (now, at) = (clock::now(), clock::wall());
        let credentials = self
            .credentials
            .active()
            .filter_map(|(id, state)| self.fleet.get(id).map(|renewal| self.credential_report(now, id, state, renewal)))
            .collect();
        Report {
            version: REPORT_VERSION,
            ready: self.is_ready(now),
            at,
            started_at: clock::wall_of(self.started),
            program_version: Cow::Borrowed(env!("CARGO_PKG_VERSION")),
            identity: self.identity(),
            documentation: status::documentation(),
            process_id: process::id(),
            project_id: self.config.project.to_string(),
            base_url: self.config.base_url.to_string(),
            clock_skew: self.event_log.skew().map(Skew::seconds),
            configuration: self.reloader.report(clock::wall_of),
            status_address: self.status_address().map(str::to_owned),
            stopped_at: None,
            history: self.publisher.activity().history(now, clock::wall_of),
            troubles: self
                .reconciler
                .folders()
                .errors()
                .map(ToString::to_string)
                .chain(self.publisher.server_error().map(str::to_owned))
                .chain(self.context.state.holder().map(ToString::to_string))
                .chain(self.untaken.values().cloned())
                .chain(self.event_log.state_errors())
                .chain(blocking::shortage().map(|shortage| shortage.to_string()))
                .chain(self.hang_lines())
                .collect(),
            log_lines_suppressed: log_lines::dropped(),
            exchange_durations: self.publisher.activity().durations().clone(),
            causes: Vec::new(),
            credentials,
        }
        .with_causes()
    }

    /// Which daemon this is.
    pub(super) fn identity(&self) -> DaemonIdentity {
        self.reloader.placement().identity(self.config.instance.as_deref())
    }

    /// Whether the key folders were scanned, and every known credential has a token on disk that its current key
    /// produced. If another process writes the outputs, its token counts, whichever key produced it.
    pub fn has_every_token(&self) -> bool {
        self.inputs.is_idle() && self.has_every_token_by_the_last_look()
    }

    /// The same by the last scan, for callers that cannot wait for the scan in flight.
    pub fn has_every_token_by_the_last_look(&self) -> bool {
        let now = clock::now();
        let has_token = |(id, state): (Id, &CredentialState)| {
            state.token().is_recalled()
                && self.fleet.get(id).is_some_and(|renewal| {
                    let key = renewal.on_disk().map(|term| term.key);
                    renewal.health(now).is_usable() && (key == renewal.key() || renewal.stands_by())
                })
        };
        self.is_settled()
            && self.credentials.active().next().is_some()
            && self.credentials.active().rev().all(has_token)
    }

    /// Whether the last scan settled which credentials there are.
    fn is_settled(&self) -> bool {
        self.inputs.has_scanned() && self.reconciler.is_settled() && self.unlisted_folders().is_empty()
    }

    /// Whether every known credential has a key and a valid token on disk, whichever key produced it.
    pub fn has_every_token_of_any_key(&self) -> bool {
        let now = clock::now();
        let lives = |(id, state): (Id, &CredentialState)| {
            let renewal = self.fleet.get(id);
            state.token().is_recalled()
                && renewal.is_some_and(|renewal| renewal.health(now).is_usable() && renewal.key().is_some())
        };
        self.is_settled() && self.credentials.active().next().is_some() && self.credentials.active().all(lives)
    }

    /// Whether a token on disk should have been renewed by this process by now.
    pub fn is_any_overdue(&self) -> bool {
        let now = clock::now();
        self.credentials.active().any(|(id, state)| state.holder().is_none() && self.is_overdue(id, state, now))
    }

    /// Renews at once the tokens that were due when this process took them over, for a command that ends soon. Each is
    /// renewed early once.
    pub fn hurry_what_is_overdue(&mut self) {
        let now = clock::now();
        for id in self.credentials.take_overdue() {
            self.fleet.handle(now, id, Event::SessionOutdated);
        }
    }

    /// The children of this process. A process that is started without an entry here counts as an orphan.
    pub fn children(&self) -> &ChildRegistry {
        self.processes.children()
    }

    /// How often readers got a new token. A file that was only repaired does not count.
    pub fn rotations(&self) -> u64 {
        self.publisher.activity().rotations()
    }

    /// The newest session of a credential, for commands that were asked to pass its token on.
    pub fn session(&self, credential: &str) -> Option<&Session> {
        self.credentials.named(credential)?.1.token().session().map(|session| &**session)
    }

    pub(super) fn is_overdue(&self, id: Id, state: &CredentialState, now: Moment) -> bool {
        let term = self.fleet.get(id).and_then(Renewal::on_disk);
        term.is_some_and(|term| term.age_at(now) >= state.credential().policy.renew_at.of(term.grant.lifetime))
    }

    pub(super) fn credential_report(
        &self,
        now: Moment,
        id: Id,
        state: &CredentialState,
        renewal: &Renewal,
    ) -> CredentialReport {
        let term = renewal.on_disk().or_else(|| renewal.unwritten());
        let issued_at = term.map(|term| clock::wall_of(term.sent.back(term.older_by)));
        let next = Next::of(now, renewal, self.fleet.opens(id), state.outputs().first_error().is_some());
        let secret = state.credential().source.noun();
        let shown = |key| state.key().shown(&state.credential().source, key);
        CredentialReport {
            name: state.name().to_owned(),
            required: state.credential().required,
            state: self.health(now, id, renewal).word(),
            since: Some(clock::wall_of(state.log().since())),
            ready: self.serves(id, now),
            secret,
            remedy: advice::of(state, renewal, now),
            needs_person: false,
            cause: None,
            runbook: None,
            generation: state.token().generation().on_disk(),
            key_fingerprint: renewal.key().and_then(shown).map(|key| key.to_string()),
            token_key_fingerprint: term
                .filter(|_| state.holder().is_none() || state.token().written().is_some())
                .and_then(|term| shown(term.key))
                .map(|key| key.to_string()),
            issued_at,
            expires_at: term.map(|term| clock::wall_of(term.expires())),
            renew_at: term.map(|term| clock::wall_of(term.renew.back(term.older_by))),
            token_bytes: term.and(state.token().bytes()),
            notes: term.iter().flat_map(|_| state.token().excesses()).map(ToString::to_string).collect(),
            last_success_at: state.counts().granted_at().map(clock::wall_of).or(issued_at),
            refresh_token_expires_at: state.key().refresh().and_then(|(_, refresh)| refresh.expires_at),
            token_trouble: renewal.doubt(now).map(|doubt| doubt.to_string()).or_else(|| self.unseen(id)),
            host_trouble: self.host_trouble(now, id, state),
            key_trouble: state.key().error().map(str::to_owned),
            exchanges: state.counts().total(),
            outcomes: state.counts().results(),
            writes: state.outputs().writes(),
            publishes: state.outputs().results(),
            failures: renewal.refusals_in_a_row(),
            last_refusal: state.log().refusals().last().map(|refusal| RefusalReport {
                class: Some(refusal.class),
                summary: Wording::summary(refusal.class, secret),
                message: refusal.message.clone(),
                at: clock::wall_of(refusal.at),
                in_a_row: renewal.refusals_of_last_class(),
            }),
            next_action: Some(next_action(next, secret)),
            next_exchange_at: next_exchange(now, renewal, self.fleet.opens(id)).map(clock::wall_of),
            last_event: state.log().last_event().map(str::to_owned),
            outputs: state
                .credential()
                .outputs
                .iter()
                .zip(state.outputs().iter())
                .map(|(output, (written_at, error, imposed))| OutputReport {
                    path: output.name().into_owned().into(),
                    format: output.format.word(),
                    written_at: written_at.map(clock::wall_of),
                    error: error.map(str::to_owned),
                    note: imposed.map(|imposed| output.imposed_note(imposed)),
                })
                .collect(),
            hooks: state
                .credential()
                .hooks
                .iter()
                .zip(state.hooks().states())
                .map(|(hook, state)| HookReport {
                    hook: hook.to_string(),
                    ran_at: state.ran_at().map(clock::wall_of),
                    error: state.error().map(str::to_owned),
                    outcomes: state.outcomes(),
                })
                .collect(),
        }
    }
}

/// The next action of a credential with this kind of secret.
fn next_action(next: Next, secret: &str) -> NextAction {
    let (what, at) = match next {
        Next::Exchange(at) => ("exchange", Some(at)),
        Next::Publish(at) => ("publish", Some(at)),
        Next::Withdraw(at) => ("withdraw", Some(at)),
        Next::Key if secret == SecretKind::AccessKey.noun() => ("wait for the access key", None),
        Next::Key => ("wait for the secret", None),
        Next::Change => ("wait for a change", None),
        Next::Standby => ("wait for the process that writes the outputs", None),
    };
    NextAction { what, at: at.map(clock::wall_of) }
}
