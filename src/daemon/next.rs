//! What comes next for a credential: one judgement for everyone who tells it.

use super::{Daemon, credential_state::CredentialState};
use crate::renewal::{Effect, Moment, Renewal};

/// What comes next, and when.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Next {
    Exchange(Moment),
    Publish(Moment),
    Withdraw(Moment),
    /// It waits for its access key.
    Key,
}

impl Daemon {
    /// What is under way, or else what is planned.
    pub(super) fn next(&self, now: Moment, kept: &CredentialState, renewal: &Renewal) -> Next {
        match renewal.under_way() {
            Some(Effect::Exchange(_)) => Next::Exchange(now),
            Some(Effect::Publish(_)) => Next::Publish(now),
            Some(Effect::Withdraw(_)) => Next::Withdraw(now),
            None => self.planned(now, kept, renewal),
        }
    }

    /// What is planned while nothing is under way: a write that failed, where it is tried again before the next exchange.
    pub(super) fn planned(&self, now: Moment, kept: &CredentialState, renewal: &Renewal) -> Next {
        let is_unwritten = kept.outputs.iter().any(|output| output.error.is_some());
        let exchange = self.next_exchange(now, renewal);
        match (renewal.disk_task_due().filter(|_| is_unwritten), exchange) {
            (Some(write), Some(exchange)) if write < exchange => Next::Publish(write),
            (Some(write), None) => Next::Publish(write),
            (_, Some(exchange)) => Next::Exchange(exchange),
            (None, None) => Next::Key,
        }
    }

    /// When the next exchange is, whatever comes before it; none without a key. Everyone waits until the API wants to be
    /// asked again.
    pub(super) fn next_exchange(&self, now: Moment, renewal: &Renewal) -> Option<Moment> {
        if let Some(Effect::Exchange(_)) = renewal.under_way() {
            return Some(now);
        }
        let planned = renewal.exchange_planned()?;
        Some(planned.max(self.fleet.opens()))
    }
}
