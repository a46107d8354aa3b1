//! When to renew a session early because it is older by the wall clock, and how often a doubt about its age may cost an
//! exchange.

use super::{
    moment::Moment,
    policy::{Backoff, Policy, overdue_renewal},
    term::Term,
};

/// Exchanges that begin because the clocks disagree.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Doubts {
    /// How many there were in a row.
    in_a_row: u32,
    /// The next one begins no earlier: a wall clock that never rests must not cause an exchange at every spacing.
    settle_from: Moment,
}

impl Doubts {
    /// Returns when to renew a session that is older by the wall clock; `None` if it is not.
    pub(super) fn early_renewal(self, now: Moment, term: Term, rng: &mut fastrand::Rng) -> Option<Moment> {
        if term.older_by.is_zero() {
            return None;
        }
        let (age, lifetime) = (term.age_at(now), term.grant.lifetime);
        Some(match (term.renew - term.sent).checked_sub(age) {
            Some(wait) => now + wait,
            None if age < lifetime => overdue_renewal(now, lifetime, lifetime.saturating_sub(age), rng),
            None => now.max(self.settle_from),
        })
    }

    /// Counts an exchange that begins.
    pub(super) fn exchange_begins(&mut self, is_in_doubt: bool) {
        self.in_a_row = if is_in_doubt { self.in_a_row.saturating_add(1) } else { 0 };
    }

    /// Notes the new session, and from when on a doubt about it may cost an exchange.
    pub(super) fn granted(&mut self, now: Moment, term: &Term, policy: &Policy, rng: &mut fastrand::Rng) {
        self.settle_from = self.in_a_row.checked_sub(AT_ONCE).map_or(now, |step| {
            let wait = Backoff { step, ceiling: policy.retry_max, lifetime: Some(term.grant.lifetime) };
            policy.retry(now, now, wait, rng)
        });
    }
}

/// How many exchanges in a row may begin at once because the clocks disagree.
const AT_ONCE: u32 = 3;
