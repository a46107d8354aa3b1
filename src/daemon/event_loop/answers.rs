//! Handles the results of tasks: steps the core, and logs what changed.

use tracing::{error, field::display, info, warn};

use super::Daemon;
use crate::{
    clock,
    confine::Confinement,
    daemon::{
        disk_scan::Observation,
        exchange_effect::{Exchanged, Noticed},
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
    },
    session::GrantNote,
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
            (Task::Clients, Done::Clients(made)) => self.clients_made(Some(made)),
            (Task::Clients, _) => self.clients_made(None),
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
        let outputs = written_outputs(&state.credential().outputs, &results);
        let noted = state.outputs_mut().note_write(now, results);
        state.token_mut().published(written, noted.whole);
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
        self.notice_token_length(id);
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
            state.token_mut().withdrawn();
            state.log_mut().note_event("expired, removed");
            error!(credential = name, "the token has expired and is removed");
        }
        self.fleet.handle(now, id, Event::Withdrawn(attempt, result));
        if result.is_ok() && state.is_draining() {
            self.forget(id);
        }
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
    Exchanged::Refused { identity: None, sent: now, refused: Refused::new(Refusal::Failed, message), reread: None }
}
