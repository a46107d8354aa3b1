//! The exchange that the doctor makes, noted where a daemon that starts afterwards looks for its own last one: the state
//! directory. So that one keeps the spacing to it, and the quiet that the host wanted.
//!
//! Of the record only the last exchange is replaced, so a token on disk is taken over as before. Nothing is noted where a
//! process writes to the outputs, for the record is that process's own; nor where the directory is missing or somebody
//! else's, for what this user makes there could stand in the way of the daemon's user.

use std::{
    io,
    path::{Path, PathBuf},
};

use rustix::process::geteuid;

use crate::{
    clock,
    config::{Config, Credential},
    fingerprint::Fingerprint,
    renewal::{Answered, ExchangeRecord, Refusal},
    state::{Ledger, Record},
};

/// An exchange that is noted as under way.
#[derive(Debug)]
pub struct DryExchange {
    ledger: Ledger,
    credential: Credential,
    record: Record,
}

/// Why an exchange is not noted, in words that follow the word "because".
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, thiserror::Error)]
pub enum NotRecorded {
    /// A process writes to an output: the record is its own.
    #[error("{0} writes to the outputs")]
    Held(String),
    /// The kernel does not say who writes to an output.
    #[error("this user cannot see whether a daemon writes to the outputs")]
    Unseen,
    /// There is no state directory, and making it is the daemon's business.
    #[error("state directory `{path}` is not there yet", path = .0.display())]
    Missing(PathBuf),
    /// The state directory is another user's.
    #[error("state directory `{path}` is of user {owner}", path = directory.display())]
    Foreign {
        /// The directory.
        directory: PathBuf,
        /// The user's number.
        owner: u32,
    },
    /// The disk refused.
    #[error("{0}")]
    Unkept(String),
}

impl DryExchange {
    /// Notes that it begins, before it does: whoever starts from here on keeps the spacing. Blocks on the disk.
    pub fn begin(config: &Config, credential: &Credential, key: Fingerprint) -> Result<Self, NotRecorded> {
        let ledger = Ledger::new(&config.state_directory);
        is_free(credential)?;
        match ledger.owner() {
            Ok(Some(owner)) if owner == geteuid().as_raw() => {}
            Ok(Some(owner)) => return Err(NotRecorded::Foreign { directory: config.state_directory.clone(), owner }),
            Ok(None) => return Err(NotRecorded::Missing(config.state_directory.clone())),
            Err(why) => return Err(NotRecorded::unkept(&config.state_directory, &why)),
        }
        let asked = ExchangeRecord { key, answer: None };
        // What cannot be read costs the daemon an exchange in any case.
        let record = if let Ok(Some(record)) = ledger.load(&credential.name) {
            Record { last_exchange: asked, ..record }
        } else {
            let request = credential.source.request_fingerprint(&config.api());
            Record { request, last_exchange: asked, written: None }
        };
        let dry_exchange = Self { ledger, credential: credential.clone(), record };
        dry_exchange.store()?;
        Ok(dry_exchange)
    }

    /// Notes how it ended. A daemon that has started meanwhile has noted more than that, and keeps what it noted. Blocks on
    /// the disk.
    pub fn end(mut self, refusal: Option<Refusal>) -> Result<(), NotRecorded> {
        is_free(&self.credential)?;
        let noted = self.ledger.load(&self.credential.name).ok().flatten();
        if noted.is_none_or(|noted| noted.last_exchange != self.record.last_exchange) {
            return Ok(());
        }
        let at = clock::stamp_of(clock::now());
        self.record.last_exchange.answer =
            Some(Answered { at, quiet: refusal.map(Refusal::quiet).unwrap_or_default() });
        self.store()
    }

    fn store(&self) -> Result<(), NotRecorded> {
        let stored = self.ledger.store(&self.credential.name, &self.record);
        stored.map_err(|why| NotRecorded::unkept(&why.path, &why.source))
    }
}

impl NotRecorded {
    fn unkept(path: &Path, why: &io::Error) -> Self {
        let why = why.to_string().to_lowercase();
        let why = why.split(" (os error").next().unwrap_or_default();
        Self::Unkept(format!("`{}` cannot be written: {why}", path.display()))
    }
}

/// Whether nobody writes to the outputs.
fn is_free(credential: &Credential) -> Result<(), NotRecorded> {
    for output in &credential.outputs {
        match output.holder() {
            Ok(None) => {}
            Ok(Some(held)) => return Err(NotRecorded::Held(held.by())),
            Err(_) => return Err(NotRecorded::Unseen),
        }
    }
    Ok(())
}
