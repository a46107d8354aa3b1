//! The next action of a credential, for the log, readiness and status.

use crate::renewal::{Effect, Moment, Renewal};

/// The next action, and when it begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Next {
    Exchange(Moment),
    Publish(Moment),
    Withdraw(Moment),
    /// The credential waits for its secret.
    Key,
    /// The credential was denied, and waits until its secret changes or a person requests a renewal.
    Change,
    /// Another process writes the outputs; the credential waits for that process to end.
    Standby,
}

impl Next {
    /// The effect in flight, or else the planned one. No exchange begins before `host_opens`. `is_unwritten` says
    /// whether the last write of an output failed.
    pub(super) fn of(now: Moment, renewal: &Renewal, host_opens: Moment, is_unwritten: bool) -> Self {
        match renewal.under_way() {
            Some(Effect::Exchange(_)) => Self::Exchange(now),
            Some(Effect::Publish(_)) => Self::Publish(now),
            Some(Effect::Withdraw(_)) => Self::Withdraw(now),
            None if renewal.stands_by() => Self::Standby,
            None => Self::planned(now, renewal, host_opens, is_unwritten),
        }
    }

    /// The planned effect while none is in flight. A failed write is tried again before the next exchange.
    pub(super) fn planned(now: Moment, renewal: &Renewal, host_opens: Moment, is_unwritten: bool) -> Self {
        let exchange = next_exchange(now, renewal, host_opens);
        match (renewal.disk_task_due().filter(|_| is_unwritten), exchange) {
            (Some(write), Some(exchange)) if write < exchange => Self::Publish(write),
            (Some(write), None) => Self::Publish(write),
            (_, Some(exchange)) => Self::Exchange(exchange),
            (None, None) if renewal.key().is_some() => Self::Change,
            (None, None) => Self::Key,
        }
    }
}

/// When the next exchange begins, whatever comes before it; `None` without a key, while a denial lasts until
/// the key changes, or while another process writes the outputs. `host_opens` is when the API may be asked again.
pub(super) fn next_exchange(now: Moment, renewal: &Renewal, host_opens: Moment) -> Option<Moment> {
    if let Some(Effect::Exchange(_)) = renewal.under_way() {
        return Some(now);
    }
    let planned = renewal.exchange_planned().filter(|_| !renewal.stands_by());
    planned.map(|planned| planned.max(host_opens))
}
