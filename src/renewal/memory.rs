//! The record that one process leaves for the next: when it last sent a request, and which session it has written.
//!
//! Every instant is recorded on two clocks. The boot clock is exact within one boot. The wall clock bridges a reboot;
//! there the issue time in the JWT gives the server's clock as well. Where clocks disagree, the longer time counts as
//! passed. So a clock that was set, or a virtual machine that was paused, costs one extra exchange, and a token is
//! never older than it seems. A machine that boots with a slow clock cannot be detected. A running process makes the same
//! comparison whenever the clocks move against each other: [`super::Fleet::compare_clocks`].

use std::time::Duration;

use super::{
    answer::Grant,
    last_exchange::LastExchange,
    moment::Moment,
    policy::{Policy, RETRY_AFTER_MAX, overdue_renewal},
    stamp::Stamp,
    term::Term,
};
use crate::fingerprint::Fingerprint;

/// The record of one credential.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Memory {
    /// The last exchange.
    pub asked: ExchangeRecord,
    /// The session that was written, if there was one.
    pub written: Option<WrittenTerm>,
}

/// An exchange as the next process needs to know it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ExchangeRecord {
    /// The key it was made with.
    pub key: Fingerprint,
    /// How it ended; `None` while it is in flight, and forever if the process died then.
    pub answer: Option<Answered>,
}

/// The end of an exchange.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Answered {
    /// When.
    pub at: Stamp,
    /// How long the host asked for quiet from then on; usually zero.
    pub quiet: Duration,
    /// Whether it was [`super::Refusal::DeniedForGood`].
    pub awaits_change: bool,
}

/// A session's life as the next process needs to know it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WrittenTerm {
    /// The key that obtained it.
    pub key: Fingerprint,
    /// When the request was sent.
    pub sent: Stamp,
    /// When the server says that it was issued, on its own wall clock, since the Unix epoch.
    pub issued: Option<Duration>,
    /// The grant.
    pub grant: Grant,
    /// The delay from the request to the planned renewal.
    pub renew_after: Duration,
}

/// A memory translated to the clocks of now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Recollection {
    /// The last exchange, which keeps the spacing.
    pub past: LastExchange,
    /// Until when the host asked for quiet.
    pub quiet_until: Option<Moment>,
    /// Whether the key must change before the next exchange.
    pub awaits_change: bool,
    /// The session, if there was one.
    pub session: Option<RecalledSession>,
}

/// A session of an earlier process, by the clocks of now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RecalledSession {
    /// It is certain whether it has expired.
    Known(Term),
    /// The clocks disagree on whether it has expired.
    Doubtful,
}

impl Memory {
    /// Forgets that the last exchange was denied for good, because another request may be granted.
    pub fn forget_denial(&mut self) {
        if let Some(answer) = &mut self.asked.answer {
            answer.awaits_change = false;
        }
    }

    /// Reads the memory by the clocks of now, for a credential that is renewed by this policy.
    pub fn recall(&self, now: Stamp, policy: &Policy, rng: &mut fastrand::Rng) -> Recollection {
        // An exchange without a recorded answer may have reached the host only just now.
        let since = self.asked.answer.and_then(|answer| answer.at.at_least_until(now)).unwrap_or_default();
        let quiet = self.asked.answer.map(|answer| answer.quiet.min(RETRY_AFTER_MAX)).unwrap_or_default();
        Recollection {
            past: LastExchange::new(now.moment.back(since), self.asked.key),
            awaits_change: self.asked.answer.is_some_and(|answer| answer.awaits_change),
            quiet_until: quiet.checked_sub(since).map(|left| now.moment + left),
            session: self.written.map(|written| {
                let term = written.recall(now, policy, rng);
                term.map_or(RecalledSession::Doubtful, RecalledSession::Known)
            }),
        }
    }
}

impl WrittenTerm {
    /// Returns the session by the clocks of now; `None` if they disagree on whether it has expired.
    fn recall(&self, now: Stamp, policy: &Policy, rng: &mut fastrand::Rng) -> Option<Term> {
        let age = self.age_at_most(now)?;
        let left = self.grant.lifetime.saturating_sub(age);
        let is_surely_dead = self.sent.at_least_until(now)? >= self.grant.lifetime;
        if left.is_zero() && !is_surely_dead {
            return None;
        }
        // The boot clock may not reach back to the sending: what lies before the boot is taken off the life instead.
        let sent = now.moment.back(age);
        let lifetime =
            if left.is_zero() { self.grant.lifetime.min(now.moment - sent) } else { now.moment + left - sent };
        let grant = Grant { lifetime, ..self.grant };
        // The policy may have become stricter since.
        let renew_after = self.renew_after.min(policy.renew_at.of(self.grant.lifetime));
        let renew = match renew_after.checked_sub(age) {
            Some(wait) => now.moment + wait,
            None => overdue_renewal(now.moment, self.grant.lifetime, left, rng),
        };
        Some(Term { key: self.key, sent, sent_wall: now.wall_at(sent), grant, renew, older_by: Duration::ZERO })
    }

    /// The greatest possible age; `None` if the clocks do not show it. After a reboot the clock of the server counts too.
    fn age_at_most(&self, now: Stamp) -> Option<Duration> {
        let age = self.sent.at_most_until(now)?;
        let by_server = || self.issued.and_then(|issued| now.wall.checked_sub(issued)).unwrap_or_default();
        Some(if self.sent.boot == now.boot { age } else { age.max(by_server()) })
    }
}
