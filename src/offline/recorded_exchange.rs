//! The last exchange of a credential, from its state file.

use crate::{
    clock,
    config::{Config, Credential},
    fingerprint::Fingerprint,
    renewal::{ExchangeRecord, Moment},
    state::Ledger,
};

/// The last exchange of a credential, from its record.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct RecordedExchange {
    /// Earliest time of the next exchange: after the spacing, and after the quiet period that the host asked for. If the end of
    /// the exchange is not recorded, the spacing counts from now.
    pub free_at: Moment,
    /// The record of the exchange; `None` if there is none.
    pub last_exchange: Option<ExchangeRecord>,
    /// Whether it may still be in flight: its end is not recorded, and a process writes to the outputs.
    pub is_under_way: bool,
}

impl RecordedExchange {
    /// Returns the key that must not be sent again before it changes, if the last exchange was denied for good.
    pub fn denied_for_good(&self) -> Option<Fingerprint> {
        self.last_exchange.filter(|last| last.answer.is_some_and(|answer| answer.awaits_change)).map(|last| last.key)
    }

    /// Loads the record. Blocks on the disk.
    pub fn of(config: &Config, credential: &Credential) -> Self {
        let Ok(Some(record)) = Ledger::new(&config.state_directory).load(&credential.name) else {
            return Self::default();
        };
        let now = clock::stamp_of(clock::now());
        let recollection = record.memory().recall(now, &credential.policy, &mut fastrand::Rng::new());
        let spaced = recollection.past.answered().map(|answered| answered + credential.policy.spacing);
        let is_held = || credential.outputs.iter().any(|output| matches!(output.holder(), Ok(Some(_))));
        Self {
            free_at: spaced.max(recollection.quiet_until).unwrap_or_default(),
            last_exchange: Some(record.last_exchange),
            is_under_way: record.last_exchange.answer.is_none() && is_held(),
        }
    }
}
