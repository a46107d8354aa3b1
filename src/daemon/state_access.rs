//! Whether this process may use the state directory: one process at a time does.

use std::{
    io,
    path::{Path, PathBuf},
};

use crate::{
    output::{Held, Locks},
    source::{ReadError, SecretKind, Source, Unusable},
    state::{Ledger, make_directory},
};

/// The state directory of a configuration, and the last attempt to claim it.
#[derive(Clone, Debug)]
pub(super) struct StateAccess {
    directory: PathBuf,
    claim: Option<StateClaim>,
}

/// The result of a claim of a state directory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum StateClaim {
    /// This process has it.
    Held,
    /// It cannot be locked, so another process that uses it is not noticed. The text is for the log; `None` if the directory
    /// cannot be written anyway, which the writes report.
    Unlocked(Option<String>),
    /// Another process has it.
    Lost(Held),
}

/// What a claim changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum StateChange {
    /// The first claim succeeded.
    Claimed,
    /// The first claim succeeded without a lock.
    ClaimedWithoutLock(String),
    /// Another process, which had it before, has released it.
    TakenOver,
    /// Another process has it, or yet another one.
    Lost(Held),
    /// Nothing.
    None,
}

impl StateClaim {
    /// Creates the directory if it is missing, and claims it. Blocks on the disk.
    pub(super) fn take(directory: &Path, locks: &Locks) -> Self {
        let claimed = make_directory(directory).and_then(|()| locks.claim_state(directory));
        match claimed {
            Ok(Ok(())) => Self::Held,
            Ok(Err(held)) => Self::Lost(held),
            Err(error) => Self::Unlocked(is_about_locks(&error).then(|| error.to_string())),
        }
    }

    /// Whether this process may use the directory.
    pub(super) fn is_usable(&self) -> bool {
        match self {
            Self::Held | Self::Unlocked(_) => true,
            Self::Lost(_) => false,
        }
    }
}

impl StateAccess {
    /// The directory is not claimed yet.
    pub(super) fn new(directory: &Path) -> Self {
        Self { directory: directory.to_owned(), claim: None }
    }

    /// The directory.
    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// The records; `None` while this process may not use them.
    pub(super) fn ledger(&self) -> Option<Ledger> {
        self.claim.as_ref().is_some_and(StateClaim::is_usable).then(|| Ledger::new(&self.directory))
    }

    /// The process that has the directory, if another one has it.
    pub(super) fn holder(&self) -> Option<&Held> {
        match &self.claim {
            Some(StateClaim::Lost(held)) => Some(held),
            Some(StateClaim::Held | StateClaim::Unlocked(_)) | None => None,
        }
    }

    /// Why the secret of a source must not be used, if so: the newest one may be in the state directory, and an older one could
    /// end the whole chain.
    pub(super) fn withholds(&self, source: &Source) -> Option<ReadError> {
        if !source.rotates() || self.claim.as_ref().is_some_and(StateClaim::is_usable) {
            return None;
        }
        let why = match self.holder() {
            Some(held) => held.to_string(),
            None => format!("state directory `{}` does not respond", self.directory.display()),
        };
        let kind = SecretKind::RotatedToken;
        Some(ReadError { kind, path: self.directory.clone(), why: Unusable::InUse(why) })
    }

    /// The directory, if it is to be claimed at the next scan.
    pub(super) fn wanted(&self) -> Option<&Path> {
        (self.claim != Some(StateClaim::Held)).then_some(&self.directory)
    }

    /// Notes a claim.
    pub(super) fn note(&mut self, claim: StateClaim) -> StateChange {
        let change = match (&claim, &self.claim) {
            (StateClaim::Lost(held), Some(StateClaim::Lost(before))) if held == before => StateChange::None,
            (StateClaim::Lost(held), _) => StateChange::Lost(held.clone()),
            (StateClaim::Held | StateClaim::Unlocked(_), Some(StateClaim::Lost(_))) => StateChange::TakenOver,
            (StateClaim::Unlocked(Some(why)), None) => StateChange::ClaimedWithoutLock(why.clone()),
            (StateClaim::Held | StateClaim::Unlocked(None), None) => StateChange::Claimed,
            (StateClaim::Held | StateClaim::Unlocked(_), Some(StateClaim::Held | StateClaim::Unlocked(_))) => {
                StateChange::None
            }
        };
        self.claim = Some(claim);
        change
    }
}

/// Whether an error concerns locks only. Others concern the directory, and every write of state reports them.
fn is_about_locks(error: &io::Error) -> bool {
    !matches!(
        error.kind(),
        io::ErrorKind::NotFound
            | io::ErrorKind::NotADirectory
            | io::ErrorKind::AlreadyExists
            | io::ErrorKind::PermissionDenied
            | io::ErrorKind::ReadOnlyFilesystem
            | io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
    )
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_directory_is_made_and_used_by_its_first_process() {
        let folder = tempfile::tempdir().unwrap();
        let directory = folder.path().join("a/b");
        let mut access = StateAccess::new(&directory);
        assert!(access.ledger().is_none() && access.wanted() == Some(&*directory));
        let claim = StateClaim::take(&directory, &Locks::default());
        assert_eq!(access.note(claim), StateChange::Claimed);
        assert!(access.ledger().is_some() && access.wanted().is_none() && access.holder().is_none());
    }

    #[test]
    fn a_directory_that_cannot_be_made_is_left_to_the_writes() {
        let folder = tempfile::tempdir().unwrap();
        let directory = folder.path().join("a");
        fs::write(&directory, "of a person").unwrap();
        let mut access = StateAccess::new(&directory);
        assert_eq!(access.note(StateClaim::take(&directory, &Locks::default())), StateChange::Claimed);
        assert!(access.ledger().is_some(), "the first write reports the file");
        assert_eq!(access.wanted(), Some(&*directory), "it is tried again");
        assert_eq!(fs::read_to_string(&directory).unwrap(), "of a person");
    }
}
