//! Handles the results of tasks: steps the core, and logs what changed.

use tracing::{debug, error, field::display, info, warn};

use super::Daemon;
use crate::{
    clock,
    confine::Confinement,
    daemon::{
        disk_scan::{DiskScan, Observation, ScannedSource},
        exchange_effect::{Exchanged, Noticed},
        refusals::Logged,
        span,
        tasks::{Done, Task},
        written_outputs::written_outputs,
    },
    exchange::Refused,
    fingerprint::Fingerprint,
    log_lines::ROUTINE,
    output::{Published, RemoveError, Removed, WriteError},
    renewal::{
        Answered, Attempt, Event, ExchangeOutcome, ExchangeRecord, Health, Id, Moment, NotWritten, OnExpiry, Refusal,
        RefusalClass, Renewal,
    },
    session::GrantNote,
    source::{ObservedSecrets, PresentedRefresh},
    state::WrittenToken,
    status::ExchangeResult,
};

impl Daemon {
    /// Handles the end of a task.
    pub(super) fn ended(&mut self, task: Task, done: Done) {
        if task.changes_what_is_told() {
            self.note_change();
        }
        match (task, done) {
            (
                Task::Exchange(id, attempt) | Task::RotatingExchange(id, attempt),
                Done::Exchanged(exchanged, noticed),
            ) => {
                self.noticed(id, noticed);
                self.exchanged(id, attempt, exchanged);
                if let Task::RotatingExchange(..) = task {
                    self.scan_disk();
                }
            }
            (Task::Exchange(id, attempt) | Task::RotatingExchange(id, attempt), _) => {
                self.exchanged(id, attempt, lost(clock::now()));
            }
            (Task::Publish(id, attempt), Done::Published { results, written, stored }) => {
                if let Some(stored) = stored {
                    self.event_log.note_state_file(id, stored);
                }
                self.published(id, attempt, results, written);
            }
            (Task::Publish(id, attempt), _) => self.published(id, attempt, Vec::new(), None),
            (Task::Withdraw(id, attempt), Done::Withdrawn(results)) => self.withdrawn(id, attempt, results),
            (Task::Withdraw(id, attempt), _) => self.withdrawn(id, attempt, Vec::new()),
            (Task::DiskScan, Done::DiskScanned(scan)) => self.disk_scanned(Some(scan)),
            (Task::DiskScan, _) => self.disk_scanned(None),
            (Task::Judge, Done::Judged(verdicts)) => self.judged(verdicts),
            (Task::Judge, _) => self.judged(Vec::new()),
            (Task::Arm, Done::Armed(armed)) => self.armed(Some(armed)),
            (Task::Arm, _) => self.armed(None),
            (Task::Inspect, Done::Inspected(inspection)) => self.inspected(Some(inspection)),
            (Task::Inspect, _) => self.inspected(None),
            (Task::Hooks(id), Done::HooksRan(rounds)) => self.hooks_finished(id, rounds),
            (Task::Hooks(id), _) => self.hooks_finished(id, Vec::new()),
            (Task::StatusFile, Done::StatusFile(written)) => self.status_file_written(written),
            (Task::ControlSocket, Done::ControlSocket(path, opened)) => self.control_opened(path, opened),
            (Task::StatusFile | Task::ControlSocket, _) => {}
            (Task::Load(why), Done::Loaded(loaded)) => self.loaded(why, Some(loaded)),
            (Task::Load(why), _) => self.loaded(why, None),
        }
        self.reconcile_deferred();
    }

    fn noticed(&mut self, id: Id, Noticed { skew, stored }: Noticed) {
        if let Some(skew) = skew {
            self.event_log.note_skew(skew);
        }
        if let Some(stored) = stored {
            self.event_log.note_state_file(id, stored);
        }
    }

    fn exchanged(&mut self, id: Id, attempt: Attempt, exchanged: Exchanged) {
        let now = clock::now();
        match exchanged {
            Exchanged::Session { identity, sent, session, mut notes, signature } => {
                let (key, grant) = (identity.key, session.grant);
                self.publisher.activity_mut().add_session(now, now - sent);
                if let Some(state) = self.credentials.get_mut(id) {
                    state.key_mut().note(identity);
                    state.counts_mut().add(now, ExchangeResult::Session);
                    let spacing = state.credential().policy.spacing;
                    let hint = grant.refresh_after.filter(|hint| *hint < spacing);
                    notes.extend(hint.map(|reported| GrantNote::HintBelowSpacing { reported, spacing }));
                    for note in state.log_mut().take_new_notes(notes) {
                        warn!(credential = state.name(), "{note}");
                    }
                    state.token_mut().granted(session, asked(key, now, None));
                }
                self.note_signature(id, signature);
                self.fleet.handle(now, id, Event::Exchanged(attempt, ExchangeOutcome::Granted { key, sent, grant }));
            }
            Exchanged::Refused { identity, sent, refused, reread } => {
                let (refusal, key) = (refused.refusal, identity.map(|identity| identity.key));
                self.publisher.activity_mut().add_refusal(now, now - sent);
                if let (Some(state), Some(identity)) = (self.credentials.get_mut(id), identity) {
                    state.key_mut().note(identity);
                    state.token_mut().exchanged(asked(identity.key, now, Some(refusal)));
                }
                self.fleet.handle(now, id, Event::Exchanged(attempt, ExchangeOutcome::Refused { key, sent, refusal }));
                if let Some(observed) = reread {
                    self.observed(id, now, Observation::Key(observed));
                }
                self.say_refused(id, now, key, &refused);
                self.notice_end(id, now);
            }
            Exchanged::CoolingDown(identity) => {
                let outcome = ExchangeOutcome::CoolingDown(identity.key);
                self.fleet.handle(now, id, Event::Exchanged(attempt, outcome));
                self.notice_end(id, now);
            }
            Exchanged::NoKey(error) => {
                self.fleet.handle(now, id, Event::Exchanged(attempt, ExchangeOutcome::NoKey));
                self.observed(id, now, Observation::without_key(&error));
                self.notice_end(id, now);
            }
        }
    }

    fn published(
        &mut self,
        id: Id,
        attempt: Attempt,
        results: Vec<Result<Published, WriteError>>,
        written: Option<WrittenToken>,
    ) {
        let now = clock::now();
        if let Some(holder) = Self::holder_of_all(&results) {
            self.fleet.handle(now, id, Event::Published(attempt, Err(NotWritten)));
            self.lose_claim(id, now, &holder);
            self.inputs.poll_soon(now);
            return;
        }
        let Some(state) = self.credentials.get_mut(id) else { return };
        state.token_mut().note_written(written);
        let outputs = written_outputs(&state.credential().outputs, &results);
        let noted = state.outputs_mut().note_write(now, results);
        let name = state.name().to_owned();
        let result = if noted.whole { Ok(()) } else { Err(NotWritten) };
        for message in noted.new_errors {
            let message = Confinement::explained(self.reloader.confinement(), message);
            error!(credential = name, "{message}");
        }
        for output in noted.healed.iter().filter_map(|n| state.credential().outputs.get(*n)) {
            info!(credential = name, "token file `{}` can be written again", output.name());
        }
        self.fleet.handle(now, id, Event::Published(attempt, result));
        let Some(renewal) = self.fleet.get(id) else { return };
        let news = renewal.held().filter(|_| noted.touched).map(|term| term.sent);
        match (result, renewal.on_disk()) {
            (Ok(()), Some(term)) => {
                self.monitor.forget(id);
                if let Some((last, refusals)) = state.log_mut().refusals_mut().end() {
                    let (class, for_so_long) = (last.class, span::until(last.at, now));
                    info!(
                        credential = name,
                        class = class.word(),
                        refusals,
                        "recovered after {}; the last one was {for_so_long} ago",
                        counted(refusals)
                    );
                }
                state.log_mut().note_event(if noted.touched { "renewed" } else { "unchanged" });
                let (expires_in, next_in) = (span::until(now, term.expires()), span::until(now, term.renew));
                let message = if noted.touched { "token written" } else { "token is unchanged on disk" };
                let outputs = noted.touched.then_some(outputs);
                let key = state.key().shown(&state.credential().source, term.key).map(display);
                info!(name: ROUTINE, credential = name, outputs, key, expires_in, next_in, "{message}");
            }
            (Err(NotWritten), _) => state.log_mut().note_event("cannot write"),
            (Ok(()), None) => {}
        }
        self.notice_end(id, now);
        self.say_imposed(id);
        self.announce_ready();
        if noted.touched {
            self.leaves_generations(now, id);
        }
        if let Some(sent) = news {
            self.hooks_follow(id, sent, result.is_ok());
        }
        // Changes during the write were ignored.
        self.suspect(id);
    }

    fn withdrawn(&mut self, id: Id, attempt: Attempt, results: Vec<Result<Removed, RemoveError>>) {
        let now = clock::now();
        let Some(state) = self.credentials.get_mut(id) else { return };
        let (whole, new_errors) = state.outputs_mut().note_removal(results);
        let name = state.name().to_owned();
        let result = if whole { Ok(()) } else { Err(NotWritten) };
        for message in new_errors {
            error!(credential = name, "{message}");
        }
        if result.is_ok() {
            state.log_mut().note_event("expired, removed");
            error!(credential = name, "the token has expired and is removed");
        }
        self.fleet.handle(now, id, Event::Withdrawn(attempt, result));
        if result.is_ok() && state.is_draining() {
            self.forget(id);
        }
    }

    fn disk_scanned(&mut self, scan: Option<DiskScan>) {
        let now = clock::now();
        self.open_control();
        let again = self.inputs.ended(now, scan.is_none(), self.monitor.is_armed());
        if let Some(scan) = scan {
            if scan.is_partial {
                self.access.protect_also(scan.protected_keys);
                self.inputs.poll_soon(now);
            } else {
                self.access.protect(scan.protected_keys);
            }
            let was_state_held = self.context.state.holder().is_some();
            if let Some(claim) = scan.state {
                self.state_claimed(claim);
            }
            let mut tokens = Vec::new();
            for (source, observation) in &scan.observations {
                if let (Some(state), Some(identity)) = (self.credentials.get_mut(source.id), observation.identity()) {
                    state.key_mut().note_first(identity);
                }
            }
            for (id, found) in scan.found {
                tokens.push((id, found.token));
                self.found(id, found);
            }
            self.listed(scan.directories);
            let mut is_outdated = false;
            for (source, observation) in scan.observations {
                let ScannedSource { id, credential, version, .. } = source;
                let Some(state) = self.credentials.get(id) else { continue };
                // A reload may have named another source meanwhile.
                if state.credential().source != credential.source {
                    continue;
                }
                if state.key().version() == version {
                    self.observed(id, now, observation);
                } else {
                    is_outdated = true;
                }
            }
            if is_outdated {
                self.inputs.poll_soon(now);
            }
            for (id, token) in tokens {
                self.observe_token(id, now, token);
            }
            if was_state_held {
                self.store_all_records();
            }
            for missing in &scan.missing_sockets {
                self.restore_status_socket(missing);
                self.restore_control_socket(missing);
            }
            let news = scan.config.and_then(|digest| self.reloader.scanned(digest));
            if let Some(why) = news {
                self.load(why);
            }
        }
        if self.is_any_standing_by() || self.context.state.holder().is_some() {
            self.inputs.poll_soon(now);
        }
        self.arm_outputs();
        self.inspect_all();
        self.verify_published_sessions();
        if again {
            self.scan_disk();
        }
    }

    /// Takes an observation of a source. An exchange reads the source itself and may have found another key meanwhile,
    /// so an observation is no news only if the renewal has the same key.
    pub(super) fn observed(&mut self, id: Id, now: Moment, observation: Observation) {
        self.take_observation(id, now, observation);
        self.notice_refresh_token(id, now);
    }

    fn take_observation(&mut self, id: Id, now: Moment, observation: Observation) {
        let Some(state) = self.credentials.get_mut(id) else { return };
        let identity = observation.identity();
        let key = identity.map(|identity| identity.key);
        if let Observation::NoKey { may_pass_unseen: true, .. } = &observation {
            self.inputs.poll_soon(now);
        }
        let is_news = state.key().observed() != Some(&observation) || self.fleet.get(id).and_then(Renewal::key) != key;
        if state.is_draining() || !state.token().is_recalled() || !is_news {
            return;
        }
        let (name, noun) = (state.name().to_owned(), state.credential().source.noun());
        match (&observation, state.key().observed()) {
            (Observation::Key(observed), None) => {
                debug!(credential = name, key = %observed.identity.shown, "{noun} read");
            }
            (Observation::Key(observed), Some(Observation::Key(before)))
                if observed.identity.key == before.identity.key =>
            {
                debug!(credential = name, key = %observed.identity.shown, "{noun} replaced");
            }
            (Observation::Key(observed), Some(_)) => {
                info!(credential = name, key = %observed.identity.shown, "{noun} changed");
                state.log_mut().note_event(format!("{noun} changed"));
            }
            (Observation::NoKey { why, .. }, _) => {
                let why = Confinement::explained(self.reloader.confinement(), why.clone());
                let article = if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
                warn!(credential = name, "waiting for {article} {noun}: {why}");
                state.log_mut().note_event(format!("waits for its {noun}"));
            }
        }
        if let Observation::Key(ObservedSecrets {
            refresh: Some(PresentedRefresh { problem: Some(problem), .. }), ..
        }) = &observation
            && state.key().refresh().is_none_or(|(_, before)| before.problem.as_ref() != Some(problem))
        {
            warn!(credential = name, "{problem}");
        }
        let is_replaced = identity.is_some_and(|identity| state.key().is_replaced_by(identity));
        state.key_mut().observe(observation);
        self.fleet.handle(now, id, key.map_or(Event::KeyVanished, Event::KeyAppeared));
        if is_replaced {
            self.fleet.handle(now, id, Event::SecretReplaced);
        }
        self.note_state(id, now);
    }

    /// Notes the end of the session on disk, once, and has it logged at the end of this turn. An effect that was in flight
    /// at the end delays the line.
    pub(super) fn notice_end(&mut self, id: Id, now: Moment) {
        self.note_state(id, now);
        let (Some(state), Some(renewal)) = (self.credentials.get_mut(id), self.fleet.get(id)) else { return };
        let keeps = state.credential().policy.on_expiry == OnExpiry::Keep;
        let end = renewal.on_disk().map(|term| term.expires());
        let is_expired = renewal.health(now) == Health::Expired && renewal.doubt(now).is_none();
        if keeps && is_expired && state.log_mut().note_end(end) {
            state.log_mut().note_event("expired");
            self.event_log.session_ended(state.name());
        }
    }

    /// Notes a change of health, and when it came.
    pub(super) fn note_state(&mut self, id: Id, now: Moment) {
        let Some(renewal) = self.fleet.get(id) else { return };
        let health = self.health(now, id, renewal);
        let is_expired = health == Health::Expired && renewal.doubt(now).is_none();
        let ended = renewal.on_disk().or_else(|| renewal.unwritten()).map(|term| term.expires()).filter(|_| is_expired);
        let Some(state) = self.credentials.get_mut(id) else { return };
        state.log_mut().note_health(health, ended.unwrap_or(now));
        self.note_change();
    }

    fn say_refused(&mut self, id: Id, now: Moment, key: Option<Fingerprint>, refused: &Refused) {
        let (Some(state), Some(renewal)) = (self.credentials.get_mut(id), self.fleet.get(id)) else { return };
        if state.is_draining() {
            return;
        }
        let class = refused.refusal.class();
        state.counts_mut().add(now, ExchangeResult::Refused(class));
        let telling = state.log_mut().refusals_mut().note(now, key, class, &refused.message);
        if let Some(origin) = self.fleet.origin_of(id).filter(|_| class == RefusalClass::Busy) {
            self.host_holds.note(origin, state.name(), &refused.message);
        }
        let next = renewal.exchange_due().map(|due| due.max(self.fleet.opens(id)));
        let next_in = next.map_or_else(|| "never".to_owned(), |due| span::until(now, due));
        let expires_in =
            renewal.on_disk().filter(|term| term.is_valid_at(now)).map(|term| span::until(now, term.expires()));
        let token = match (renewal.on_disk(), &expires_in, renewal.doubt(now)) {
            (_, _, Some(doubt)) => format!("{doubt} on disk"),
            (Some(_), Some(expires_in), None) => format!("the last token lives for {expires_in}"),
            (Some(_), None, None) => "the last token has expired".to_owned(),
            (None, _, None) => match renewal.unwritten() {
                Some(term) if term.is_valid_at(now) => {
                    format!("the newest token lives for {} and cannot be written", span::until(now, term.expires()))
                }
                Some(_) => "the newest token has expired before it could be written".to_owned(),
                None => "there is no token yet".to_owned(),
            },
        };
        let expires_in = expires_in.as_deref();
        let (name, attempt, message) = (state.name().to_owned(), renewal.refusals_in_a_row(), &refused.message);
        let in_a_row = renewal.refusals_of_last_class();
        let is_denied = refused.refusal.class() == RefusalClass::Denied;
        match (telling, is_denied) {
            (Logged::Known, _) => {
                debug!(
                    credential = name,
                    class = class.word(),
                    attempt,
                    in_a_row,
                    expires_in,
                    next_in,
                    "{message}; {token}"
                );
            }
            (Logged::New, true) => {
                error!(
                    credential = name,
                    class = class.word(),
                    attempt,
                    in_a_row,
                    expires_in,
                    next_in,
                    "{message}; {token}"
                );
            }
            (Logged::New, false) => {
                warn!(
                    credential = name,
                    class = class.word(),
                    attempt,
                    in_a_row,
                    expires_in,
                    next_in,
                    "{message}; {token}"
                );
            }
            (Logged::Repeated(repeated), true) => {
                error!(
                    credential = name,
                    class = class.word(),
                    attempt,
                    in_a_row,
                    repeated,
                    expires_in,
                    next_in,
                    "{message}; {token}"
                );
            }
            (Logged::Repeated(repeated), false) => {
                warn!(
                    credential = name,
                    class = class.word(),
                    attempt,
                    in_a_row,
                    repeated,
                    expires_in,
                    next_in,
                    "{message}; {token}"
                );
            }
        }
        state.log_mut().note_event(format!("refused: {class}"));
    }
}

fn asked(key: Fingerprint, now: Moment, refusal: Option<Refusal>) -> ExchangeRecord {
    let quiet = refusal.map(Refusal::quiet).unwrap_or_default();
    let awaits_change = refusal.is_some_and(Refusal::awaits_change);
    ExchangeRecord { key, answer: Some(Answered { at: clock::stamp_of(now), quiet, awaits_change }) }
}

/// Refusals in words.
fn counted(refusals: u64) -> String {
    if refusals == 1 { "a refusal".to_owned() } else { format!("{refusals} refusals") }
}

/// The result of an exchange that panicked.
fn lost(now: Moment) -> Exchanged {
    let message = "the exchange ended by a bug in tokenwell; please report it".to_owned();
    Exchanged::Refused {
        identity: None,
        sent: now,
        refused: Refused { refusal: Refusal::Failed, message },
        reread: None,
    }
}
