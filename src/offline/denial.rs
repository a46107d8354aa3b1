//! The end of a wait for other secrets, in the record of a credential.

use super::dry_exchange::DryExchange;
use crate::{
    config::Config,
    renewal::{Answered, ExchangeRecord},
    state::{Ledger, Record},
};

/// Lets the next process send secrets again that were denied for good, because the server knows them now. Returns whether
/// the record still forbids it: a running daemon keeps its own, and another user's is not replaced. Blocks on the disk.
pub fn denial_remains(config: &Config, credential: &str) -> bool {
    let Some(credential) = config.credentials.iter().find(|found| found.name == credential) else { return false };
    let ledger = Ledger::new(&config.state_directory);
    let Ok(Some(record)) = ledger.load(&credential.name) else { return false };
    let Some(answer) = record.last_exchange.answer.filter(|answer| answer.awaits_change) else { return false };
    if DryExchange::is_possible(config, credential).is_err() {
        return true;
    }
    let answer = Some(Answered { awaits_change: false, ..answer });
    let last_exchange = ExchangeRecord { answer, ..record.last_exchange };
    ledger.store(&credential.name, &Record { last_exchange, ..record }).is_err()
}
