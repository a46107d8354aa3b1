//! The last exchange of a credential, from its state file.

use crate::{
    clock,
    config::{Config, Credential},
    renewal::{ExchangeRecord, Moment},
    state::Ledger,
};

/// The last exchange of a credential, by what was written of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct RecordedExchange {
    /// From when on another one may follow: the spacing, and the quiet that the host wanted. Of one that nobody saw the end
    /// of, the spacing is counted from now.
    pub free_at: Moment,
    /// What was written; `None` if nothing was.
    pub asked: Option<ExchangeRecord>,
    /// Whether it may be under way still: it has no end yet, and a process writes to the outputs.
    pub is_under_way: bool,
}

impl RecordedExchange {
    /// Looks it up. Blocks on the disk.
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
            asked: Some(record.last_exchange),
            is_under_way: record.last_exchange.answer.is_none() && is_held(),
        }
    }
}
