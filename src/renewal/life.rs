//! The state machine of one credential: its due moments, its next effect, and its health.

mod view;

use std::time::Duration;

use super::{
    answer::{Grant, Refusal, RefusalClass},
    delivery::{Delivery, DiskTask},
    doubts::Doubts,
    event::{Attempt, Effect, Event, ExchangeOutcome, NotWritten},
    last_exchange::LastExchange,
    memory::{RecalledSession, Recollection},
    moment::Moment,
    policy::{Backoff, Policy, RETRY_AFTER_MAX},
    stamp::Stamp,
    term::Term,
};
use crate::fingerprint::Fingerprint;

/// One credential's renewal. It takes an event and returns at most one effect. While an effect runs it starts no other,
/// and exactly one event answers it.
///
/// Invariant: it never sees a key or a JWT, so it can be printed whole.
#[derive(Debug)]
pub struct Renewal {
    policy: Policy,
    stage: Stage,
    attempts: u64,
    /// The key in the file, as last read; without one there are no exchanges.
    key: Option<Fingerprint>,
    /// The last exchange, which keeps the spacing.
    past: LastExchange,
    /// When to exchange next if the key does not change; `None` after [`Refusal::DeniedForGood`].
    plan: Option<Moment>,
    /// The newest session, written or not.
    held: Option<Term>,
    delivery: Delivery,
    failures: Failures,
    claim: Claim,
    /// Both clocks when they were compared last.
    clocks: Stamp,
    /// When to renew the newest session instead, because it is older by the wall clock.
    early: Option<Moment>,
    doubts: Doubts,
}

/// Whether this process may write the outputs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Claim {
    /// It holds at least one of them, or nothing can be claimed there.
    #[default]
    Held,
    /// Another process holds all of them. Nothing is exchanged, written or removed.
    Lost,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stage {
    Idle,
    Exchanging {
        attempt: Attempt,
        began: Moment,
        /// The wall clock at that moment.
        began_wall: Duration,
        key: Fingerprint,
        /// A renewal was requested while this exchange was in flight, so run another afterwards.
        again: bool,
        /// The secret was replaced while this exchange was in flight, which may have sent the former one.
        replaced: bool,
    },
    Publishing {
        attempt: Attempt,
        term: Term,
        /// The outputs changed during the write.
        again: bool,
    },
    Withdrawing {
        attempt: Attempt,
    },
}

#[derive(Clone, Copy, Debug, Default)]
struct Failures {
    /// Refusals in a row, for reports.
    in_a_row: u32,
    /// The class of the last refusal, and how many refusals in a row had that class.
    last_class: Option<(RefusalClass, u32)>,
    /// How often the back-off has doubled.
    step: u32,
    /// Whether the last exchange got no answer in time.
    timed_out: bool,
    /// Whether the last exchange was denied.
    denied: bool,
}

impl Renewal {
    /// A credential without a key or a session. `past` is empty, unless it was known before.
    pub fn new(policy: Policy, past: LastExchange) -> Self {
        Self {
            policy,
            stage: Stage::Idle,
            attempts: 0,
            key: None,
            past,
            plan: Some(Moment::default()),
            held: None,
            delivery: Delivery::default(),
            failures: Failures::default(),
            claim: Claim::default(),
            clocks: Stamp::default(),
            early: None,
            doubts: Doubts::default(),
        }
    }

    /// Begins with the clocks as they were compared last.
    pub(super) fn begin_clocks(&mut self, clocks: Stamp) {
        self.clocks = clocks;
    }

    /// Takes over from an earlier process, before any event. `intact` says whether the files hold the session
    /// unchanged; if not, they are written again, which costs no request.
    pub(super) fn adopt(&mut self, now: Moment, recollection: &Recollection, intact: bool) {
        let is_same_key = self.past.key.is_none() || self.past.key == recollection.past.key;
        if self.past.answered <= recollection.past.answered {
            self.past = recollection.past;
            if self.awaits_change() {
                // Another process was granted a session since.
                self.plan = Some(Moment::default());
                self.failures = Failures::default();
            }
        }
        if recollection.awaits_change && is_same_key {
            self.plan = None;
            self.failures = Failures { in_a_row: 1, denied: true, ..self.failures };
            self.failures.last_class = Some((RefusalClass::Denied, 1));
        }
        let term = match recollection.session {
            None => return,
            Some(RecalledSession::Doubtful) => return self.delivery.adopt_doubtful(),
            Some(RecalledSession::Known(term)) => term,
        };
        if term.is_valid_at(now) {
            self.held = Some(term);
            if self.past.key == Some(term.key) && self.plan.is_some() {
                self.plan = Some(term.renew);
            }
        }
        if intact || !term.is_valid_at(now) {
            self.delivery.adopt(term);
        } else {
            self.delivery.schedule_write(now);
        }
    }

    /// Records a session that another process has written into the outputs. It is served and never written here,
    /// because its request is unknown.
    pub(super) fn observe(&mut self, session: Option<Term>) {
        self.delivery.observe(session);
    }

    /// Whether it stands by while another process writes the outputs.
    pub fn stands_by(&self) -> bool {
        self.claim == Claim::Lost
    }

    /// Whether the secret must change before it is sent again, unless a person requests it.
    pub fn awaits_change(&self) -> bool {
        self.plan.is_none()
    }

    /// The policy of the renewal.
    pub(super) fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Handles an event and returns the next effect.
    pub fn step(&mut self, now: Moment, event: Event, rng: &mut fastrand::Rng) -> Option<Effect> {
        match event {
            Event::KeyAppeared(key) => self.key = Some(key),
            Event::KeyVanished => self.key = None,
            Event::SecretReplaced => self.secret_replaced(now),
            Event::RenewRequested => self.renewal_wanted(now),
            Event::SessionOutdated => self.outdated(now),
            Event::OutputsChanged => self.outputs_changed(now),
            Event::OutputsAltered => self.delivery.altered(now),
            Event::ClaimHeld => self.claim = Claim::Held,
            Event::ClaimLost => self.claim = Claim::Lost,
            Event::ClocksMoved(clocks) => self.clocks_moved(now, clocks, rng),
            Event::Admitted => return self.exchange(now),
            Event::DiskTaskDue => {}
            Event::Exchanged(attempt, outcome) => self.exchanged(now, attempt, outcome, rng),
            Event::Published(attempt, result) => self.published(now, attempt, result, rng),
            Event::Withdrawn(attempt, result) => self.withdrawn(now, attempt, result, rng),
        }
        self.disk_task(now)
    }

    /// Replaces the policy. A renewal that the old one planned is planned anew; a wait after a failure stays.
    pub(super) fn set_policy(&mut self, now: Moment, policy: Policy, rng: &mut fastrand::Rng) {
        self.policy = policy;
        if let Some(term) = &mut self.held
            && self.plan == Some(term.renew)
        {
            term.renew = policy.renewal(term.sent, now, term.grant, rng);
            self.plan = Some(term.renew);
        }
    }

    /// Compares the age of the newest session on both clocks, as the start does. An older one is renewed earlier, and one
    /// that may have expired at once.
    fn clocks_moved(&mut self, now: Moment, clocks: Stamp, rng: &mut fastrand::Rng) {
        self.clocks = clocks;
        self.delivery.compare_clocks(clocks);
        if let Stage::Publishing { term, .. } = &mut self.stage {
            *term = term.compared(clocks);
        }
        self.held = self.held.map(|term| term.compared(clocks));
        self.plan_early_renewal(now, rng);
    }

    fn plan_early_renewal(&mut self, now: Moment, rng: &mut fastrand::Rng) {
        self.early = self.held.and_then(|term| self.doubts.early_renewal(now, term, rng));
    }

    fn secret_replaced(&mut self, now: Moment) {
        if let Stage::Exchanging { replaced, .. } = &mut self.stage {
            *replaced = true;
        }
        // A session that lives and cannot be written is not helped by another one.
        let lives = self.held.is_some_and(|term| term.is_valid_at(now));
        if self.stage == Stage::Idle && (self.failures.denied || !lives) {
            self.plan = Some(now);
        }
    }

    fn renewal_wanted(&mut self, now: Moment) {
        match &mut self.stage {
            Stage::Exchanging { again, .. } => *again = true,
            Stage::Idle | Stage::Publishing { .. } | Stage::Withdrawing { .. } => self.plan = Some(now),
        }
    }

    fn outdated(&mut self, now: Moment) {
        let awaits_change = self.stage == Stage::Idle && self.awaits_change();
        if !awaits_change {
            self.renewal_wanted(now);
        }
    }

    fn outputs_changed(&mut self, now: Moment) {
        match &mut self.stage {
            Stage::Publishing { again, .. } => *again = true,
            Stage::Idle | Stage::Exchanging { .. } | Stage::Withdrawing { .. } => self.delivery.schedule_write(now),
        }
    }

    /// The one place where an exchange begins.
    ///
    /// Invariant: never before the spacing is over, whatever the reason.
    fn exchange(&mut self, now: Moment) -> Option<Effect> {
        let key = self.key?;
        if self.exchange_due().is_none_or(|due| now < due) {
            return None;
        }
        let attempt = self.next_attempt();
        self.doubts.exchange_begins(self.held.is_some_and(|term| term.is_doubtful_at(now)));
        let began_wall = self.clocks.wall_at(now);
        self.stage = Stage::Exchanging { attempt, began: now, began_wall, key, again: false, replaced: false };
        Some(Effect::Exchange(attempt))
    }

    fn exchanged(&mut self, now: Moment, attempt: Attempt, outcome: ExchangeOutcome, rng: &mut fastrand::Rng) {
        let Stage::Exchanging { attempt: current, began, began_wall, key, again, replaced } = self.stage else {
            return;
        };
        if attempt != current {
            return;
        }
        self.stage = Stage::Idle;
        match outcome {
            ExchangeOutcome::NoKey => self.read(key, None),
            ExchangeOutcome::CoolingDown(found) => self.read(key, Some(found)),
            ExchangeOutcome::Granted { key: used, sent, grant } => {
                self.read(key, Some(used));
                self.past = LastExchange { answered: Some(now), key: Some(used) };
                let sent = sent.clamp(began, now);
                self.granted(now, used, (sent, began_wall + (sent - began)), grant, rng);
            }
            ExchangeOutcome::Refused { key: used, sent, refusal } => {
                let used = used.unwrap_or(key);
                self.read(key, Some(used));
                self.past = LastExchange { answered: Some(now), key: Some(used) };
                self.refused(now, sent.clamp(began, now), refusal, rng);
            }
        }
        let is_final =
            matches!(outcome, ExchangeOutcome::Refused { refusal: Refusal::Busy { .. } | Refusal::DeniedForGood, .. });
        if again && !is_final {
            self.plan = Some(now);
        }
        let is_busy = matches!(outcome, ExchangeOutcome::Refused { refusal: Refusal::Busy { .. }, .. });
        if replaced && !is_busy {
            self.secret_replaced(now);
        }
    }

    /// The exchange that began with `before` read the file itself and found `found`: that is what the file holds, unless
    /// a change was seen meanwhile.
    fn read(&mut self, before: Fingerprint, found: Option<Fingerprint>) {
        if self.key == Some(before) {
            self.key = found;
        }
    }

    /// Takes a session that was requested at that time of both clocks.
    fn granted(
        &mut self,
        now: Moment,
        key: Fingerprint,
        (sent, sent_wall): (Moment, Duration),
        grant: Grant,
        rng: &mut fastrand::Rng,
    ) {
        // After an outage longer than the last session, all clients renew at the same moment.
        let together = self.held.is_some_and(|term| !term.is_valid_at(now));
        let policy = if together { self.policy.dispersed() } else { self.policy };
        let renew = policy.renewal(sent, now, grant, rng);
        let term = Term { key, sent, sent_wall, grant, renew, older_by: Duration::ZERO };
        self.held = Some(term.compared(self.clocks));
        self.plan = Some(renew);
        self.doubts.granted(now, &term, &self.policy, rng);
        self.plan_early_renewal(now, rng);
        self.failures = Failures::default();
        self.delivery.schedule_write(now);
    }

    fn refused(&mut self, now: Moment, sent: Moment, refusal: Refusal, rng: &mut fastrand::Rng) {
        let step = self.failures.step;
        let lifetime = self.held.map(|term| term.grant.lifetime);
        let backoff = |ceiling| Backoff { step, ceiling, lifetime };
        let class = refusal.class();
        let before = self.failures.last_class.filter(|(last, _)| *last == class).map_or(0, |(_, count)| count);
        self.failures = Failures {
            in_a_row: self.failures.in_a_row.saturating_add(1),
            last_class: Some((class, before.saturating_add(1))),
            step: step.saturating_add(1),
            timed_out: refusal == Refusal::TimedOut,
            denied: refusal.class() == RefusalClass::Denied,
        };
        self.plan = match refusal {
            Refusal::DeniedForGood => None,
            Refusal::Denied => Some(now + self.policy.denied_every),
            Refusal::Busy { retry_after: Some(told) } => Some(now + told.min(RETRY_AFTER_MAX)),
            Refusal::Blocked => Some(self.policy.retry(sent, now, backoff(self.policy.denied_every), rng)),
            Refusal::Busy { retry_after: None }
            | Refusal::Failed
            | Refusal::Garbled
            | Refusal::Unreachable
            | Refusal::TimedOut => Some(self.policy.retry(sent, now, backoff(self.policy.retry_max), rng)),
        };
    }

    /// Begins the disk task that is due, unless an effect is running.
    fn disk_task(&mut self, now: Moment) -> Option<Effect> {
        let (Stage::Idle, Claim::Held) = (self.stage, self.claim) else { return None };
        let disk_task = self.delivery.next(now, self.held, self.policy.on_expiry)?;
        let attempt = self.next_attempt();
        match disk_task {
            DiskTask::Publish(term) => {
                self.stage = Stage::Publishing { attempt, term, again: false };
                Some(Effect::Publish(attempt))
            }
            DiskTask::Withdraw => {
                self.stage = Stage::Withdrawing { attempt };
                Some(Effect::Withdraw(attempt))
            }
        }
    }

    fn published(&mut self, now: Moment, attempt: Attempt, result: Result<(), NotWritten>, rng: &mut fastrand::Rng) {
        let Stage::Publishing { attempt: current, term, again } = self.stage else { return };
        if attempt != current {
            return;
        }
        self.stage = Stage::Idle;
        self.delivery.published(now, term, result, &self.policy, rng);
        if again {
            self.delivery.schedule_write(now);
        }
    }

    fn withdrawn(&mut self, now: Moment, attempt: Attempt, result: Result<(), NotWritten>, rng: &mut fastrand::Rng) {
        let Stage::Withdrawing { attempt: current } = self.stage else { return };
        if attempt != current {
            return;
        }
        self.stage = Stage::Idle;
        self.delivery.withdrawn(now, result, &self.policy, rng);
    }

    fn floor(&self, spacing: Duration) -> Moment {
        self.past.answered.map(|answered| answered + spacing).unwrap_or_default()
    }

    fn is_in_trouble(&self) -> bool {
        self.failures.in_a_row > 0 || self.delivery.is_failing() || self.delivery.is_altered() || self.key.is_none()
    }

    fn next_attempt(&mut self) -> Attempt {
        self.attempts += 1;
        Attempt(self.attempts)
    }
}
