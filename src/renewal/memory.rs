//! What one process leaves to the next: when it last asked, and what session it had written.
//!
//! Two clocks are kept with everything. The boot clock is the truth within one boot; the wall clock bridges a reboot, and there
//! the server's clock is asked as well, as far as the JWT tells it. Where clocks disagree the longer time counts as passed, so
//! a clock that was set, or a virtual machine that stood still, costs one exchange too many and never a token that is older
//! than it seems. A machine that boots with a clock that is behind cannot be detected.

use std::time::Duration;

use super::{
    answer::Grant,
    last_exchange::LastExchange,
    moment::Moment,
    policy::{Policy, RETRY_AFTER_MAX, overdue_renewal},
    term::Term,
};
use crate::fingerprint::Fingerprint;

/// An instant on both clocks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stamp {
    /// Which boot of which machine.
    pub boot: u128,
    /// On the clock of that boot.
    pub moment: Moment,
    /// On the wall clock, since the Unix epoch.
    pub wall: Duration,
}

/// What is remembered of one credential.
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
    /// How it ended; `None` while it is under way, and for ever if the process died then.
    pub answer: Option<Answered>,
}

/// The end of an exchange.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Answered {
    /// When.
    pub at: Stamp,
    /// How long the host wanted quiet from then on; mostly zero.
    pub quiet: Duration,
}

/// A session's life as the next process needs to know it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WrittenTerm {
    /// The key it was had with.
    pub key: Fingerprint,
    /// When it was asked for.
    pub sent: Stamp,
    /// When the server says that it was issued, on its own wall clock, since the Unix epoch.
    pub issued: Option<Duration>,
    /// What was granted.
    pub grant: Grant,
    /// After how long, from the sending, it was to be renewed.
    pub renew_after: Duration,
}

/// What a memory comes to now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Recollection {
    /// What keeps the spacing.
    pub past: LastExchange,
    /// Until when the host wanted quiet.
    pub quiet_until: Option<Moment>,
    /// The session, alive or dead for sure; `None` if there was none or the clocks disagree on its age.
    pub term: Option<Term>,
}

impl Memory {
    /// Reads the memory by the clocks of now, for a credential that is renewed by this policy.
    pub fn recall(&self, now: Stamp, policy: &Policy, rng: &mut fastrand::Rng) -> Recollection {
        // An exchange without a recorded answer may have reached the host only just now.
        let since = self.asked.answer.and_then(|answer| least_passed(answer.at, now)).unwrap_or_default();
        let quiet = self.asked.answer.map(|answer| answer.quiet.min(RETRY_AFTER_MAX)).unwrap_or_default();
        Recollection {
            past: LastExchange::new(now.moment.back(since), self.asked.key),
            quiet_until: quiet.checked_sub(since).map(|left| now.moment + left),
            term: self.written.and_then(|written| written.recall(now, policy, rng)),
        }
    }
}

impl WrittenTerm {
    fn recall(&self, now: Stamp, policy: &Policy, rng: &mut fastrand::Rng) -> Option<Term> {
        let age = self.age_at_most(now)?;
        let left = self.grant.lifetime.saturating_sub(age);
        let is_surely_dead = least_passed(self.sent, now)? >= self.grant.lifetime;
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
        Some(Term { key: self.key, sent, grant, renew })
    }
}

impl WrittenTerm {
    /// How old it may be; `None` if the clocks say nothing of it. The boot clock of a virtual machine that was paused stood
    /// still, its wall clock was set right since.
    fn age_at_most(&self, now: Stamp) -> Option<Duration> {
        if self.sent.boot == now.boot {
            return Some(by_boot(self.sent, now)?.max(by_wall(self.sent, now).unwrap_or_default()));
        }
        let by_server = self.issued.and_then(|issued| now.wall.checked_sub(issued)).unwrap_or_default();
        Some(by_wall(self.sent, now)?.max(by_server))
    }
}

/// The time that has passed for sure.
fn least_passed(then: Stamp, now: Stamp) -> Option<Duration> {
    by_boot(then, now).or_else(|| by_wall(then, now))
}

fn by_boot(then: Stamp, now: Stamp) -> Option<Duration> {
    let same = then.boot == now.boot;
    same.then(|| now.moment.elapsed_since_boot().checked_sub(then.moment.elapsed_since_boot())).flatten()
}

fn by_wall(then: Stamp, now: Stamp) -> Option<Duration> {
    now.wall.checked_sub(then.wall)
}
