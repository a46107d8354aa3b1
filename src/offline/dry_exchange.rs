//! Records the doctor's exchanges in the state directory, where a daemon that starts afterwards reads its own last exchange.
//! So that daemon keeps the spacing to them, and waits as long as the host asked for.
//!
//! Only the last exchange of a record is replaced, so a daemon still takes over the token on disk. Nothing is recorded if a
//! process writes to the outputs, because that process owns the record; nor if the directory is missing or belongs to another
//! user, because files of this user could block the daemon's user.

use std::{
    io,
    path::{Path, PathBuf},
};

use rustix::process::geteuid;

use crate::{
    clock,
    config::{Config, Credential},
    exchange::Refused,
    fingerprint::Fingerprint,
    output::state_holder,
    renewal::{Answered, ExchangeRecord, Refusal},
    state::{Ledger, Record, RecordedRefusal},
};

/// An exchange that is recorded as in flight.
#[derive(Debug)]
pub struct DryExchange {
    ledger: Ledger,
    credential: Credential,
    record: Record,
}

/// Why an exchange is not recorded; the text follows the word "because".
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, thiserror::Error)]
pub enum NotRecorded {
    /// A process writes to an output, so it owns the record.
    #[error("{0} writes to the outputs")]
    Held(String),
    /// A process uses the state directory.
    #[error("{0} uses the state directory")]
    StateHeld(String),
    /// The process that writes to an output cannot be determined.
    #[error("this user cannot see whether a daemon writes to the outputs")]
    UnknownHolder,
    /// There is no state directory. Only the daemon creates it.
    #[error("state directory `{path}` does not exist yet", path = .0.display())]
    Missing(PathBuf),
    /// The state directory belongs to another user.
    #[error("state directory `{path}` belongs to user {owner}", path = directory.display())]
    Foreign {
        /// The directory.
        directory: PathBuf,
        /// The user's number.
        owner: u32,
    },
    /// The record cannot be written.
    #[error("{0}")]
    StoreFailed(String),
}

impl DryExchange {
    /// Records the exchange before it begins, so a daemon that starts from now on keeps the spacing. Blocks on the disk.
    pub fn begin(config: &Config, credential: &Credential, key: Fingerprint) -> Result<Self, NotRecorded> {
        Self::is_possible(config, credential)?;
        let ledger = Ledger::new(&config.state_directory);
        let last_exchange = ExchangeRecord { key, answer: None };
        // An unreadable record costs the daemon an exchange in any case.
        let record = if let Ok(Some(record)) = ledger.load(&credential.name) {
            Record { last_exchange, ..record }
        } else {
            let request = credential.source.request_fingerprint(&config.api());
            Record { request, last_exchange, refusal: None, written: None }
        };
        let dry_exchange = Self { ledger, credential: credential.clone(), record };
        dry_exchange.store()?;
        Ok(dry_exchange)
    }

    /// Returns an error if nothing can be recorded. An exchange whose reply may replace the secret is not made then: a daemon
    /// would not find the new secret, or has presented the old one itself. Blocks on the disk.
    pub fn is_possible(config: &Config, credential: &Credential) -> Result<(), NotRecorded> {
        is_free(credential)?;
        if let Ok(Some(held)) = state_holder(&config.state_directory) {
            return Err(NotRecorded::StateHeld(held.by()));
        }
        match Ledger::new(&config.state_directory).owner(config.former_state_directory.is_some()) {
            Ok(Some(owner)) if owner == geteuid().as_raw() => Ok(()),
            Ok(Some(owner)) => Err(NotRecorded::Foreign { directory: config.state_directory.clone(), owner }),
            Ok(None) => Err(NotRecorded::Missing(config.state_directory.clone())),
            Err(why) => Err(NotRecorded::store_failed(&config.state_directory, &why)),
        }
    }

    /// Records the end of the exchange, unless a daemon that started meanwhile has replaced the record. Blocks on the disk.
    pub fn end(mut self, refused: Option<&Refused>) -> Result<(), NotRecorded> {
        is_free(&self.credential)?;
        let stored = self.ledger.load(&self.credential.name).ok().flatten();
        if stored.is_none_or(|stored| stored.last_exchange != self.record.last_exchange) {
            return Ok(());
        }
        let at = clock::stamp_of(clock::now());
        let refusal = refused.map(|refused| refused.refusal);
        self.record.refusal = refused.map(|refused| {
            RecordedRefusal::new(refused.refusal.class(), &refused.message, refused.remedy.as_deref(), at)
        });
        self.record.last_exchange.answer = Some(Answered {
            at,
            quiet: refusal.map(Refusal::quiet).unwrap_or_default(),
            awaits_change: refusal.is_some_and(Refusal::awaits_change),
        });
        self.store()
    }

    fn store(&self) -> Result<(), NotRecorded> {
        let stored = self.ledger.store(&self.credential.name, &self.record);
        stored.map_err(|why| NotRecorded::store_failed(&why.path, &why.source))
    }
}

impl NotRecorded {
    fn store_failed(path: &Path, why: &io::Error) -> Self {
        let why = why.to_string().to_lowercase();
        let why = why.split(" (os error").next().unwrap_or_default();
        Self::StoreFailed(format!("`{}` cannot be written: {why}", path.display()))
    }
}

/// Returns an error if a process writes to an output.
fn is_free(credential: &Credential) -> Result<(), NotRecorded> {
    for output in &credential.outputs {
        match output.holder() {
            Ok(None) => {}
            Ok(Some(held)) => return Err(NotRecorded::Held(held.by())),
            Err(_) => return Err(NotRecorded::UnknownHolder),
        }
    }
    Ok(())
}
