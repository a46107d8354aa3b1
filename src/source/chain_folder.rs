//! Rotated refresh tokens on the disk: one raw token in a file of mode 0600 per mount, in a folder of the state directory.
//!
//! ```text
//! refresh/billing.0123456789abcdef.jwt      the newest token that replaced the mount with this fingerprint
//! refresh/billing.0123456789abcdef.denied   that mount was denied while the chain of a former one is stored
//! refresh/billing.lock                      locked during an exchange
//! ```

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, ErrorKind},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    time::SystemTime,
};

use rustix::{
    fs::{FlockOperation, flock},
    io::Errno,
};

use super::chain::Chains;
use crate::{
    fingerprint::Fingerprint,
    replace_file::{replace_file, replace_file_durably},
};

/// The folder with the rotated tokens of one credential.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct ChainFolder {
    folder: PathBuf,
    credential: String,
}

/// Excludes other processes from the chains of one credential until it is dropped.
#[derive(Debug)]
pub struct ChainLock(#[expect(dead_code, reason = "closing the file releases the lock")] File);

impl ChainFolder {
    pub(super) fn new(state_directory: &Path, credential: &str) -> Self {
        Self { folder: state_directory.join(FOLDER), credential: credential.to_owned() }
    }

    /// Returns the folder.
    pub(super) fn path(&self) -> PathBuf {
        self.folder.clone()
    }

    /// Returns the path of the newest token that replaced a mount.
    pub(super) fn token_file(&self, mount: Fingerprint) -> PathBuf {
        self.file(mount, TOKEN)
    }

    /// Lists what is stored. A missing folder holds nothing. Blocks on the disk.
    pub(super) fn list(&self) -> io::Result<Chains> {
        let mut stored: Vec<(SystemTime, Fingerprint)> = Vec::new();
        let mut denied = Vec::new();
        for entry in self.entries()? {
            let entry = entry?;
            match self.parse(&entry.file_name().to_string_lossy()) {
                Some((mount, TOKEN)) => stored.push((entry.metadata()?.modified()?, mount)),
                Some((mount, DENIED)) => denied.push(mount),
                Some(_) | None => {}
            }
        }
        stored.sort_unstable_by(|one, other| other.cmp(one));
        Ok(Chains { stored: stored.into_iter().map(|(_, mount)| mount).collect(), denied })
    }

    /// Replaces the newest token of a mount, so that a crash or a power failure right afterwards does not lose it. Blocks
    /// on the disk.
    pub(super) fn store(&self, mount: Fingerprint, token: &str) -> io::Result<()> {
        self.create()?;
        replace_file_durably(&self.token_file(mount), token.as_bytes(), FILE_MODE)
    }

    /// Notes that a mount was denied. Blocks on the disk.
    pub(super) fn note_denied(&self, mount: Fingerprint) -> io::Result<()> {
        replace_file(&self.file(mount, DENIED), b"", FILE_MODE)
    }

    /// Removes the chains of all mounts but one, and every note of a denial. Blocks on the disk.
    pub(super) fn keep_only(&self, kept: Fingerprint) -> io::Result<()> {
        for entry in self.entries()? {
            let entry = entry?;
            match self.parse(&entry.file_name().to_string_lossy()) {
                Some((mount, TOKEN)) if mount == kept => {}
                Some(_) => fs::remove_file(entry.path())?,
                None => {}
            }
        }
        Ok(())
    }

    /// Removes the chain of a mount. Blocks on the disk.
    pub(super) fn remove(&self, mount: Fingerprint) -> io::Result<()> {
        fs::remove_file(self.token_file(mount))
    }

    /// Checks that a token of any accepted length could be stored now. Blocks on the disk.
    pub(super) fn reserve(&self) -> io::Result<()> {
        self.create()?;
        let probe = self.folder.join(format!(".{}.probe", self.credential));
        let written = replace_file(&probe, &[b'0'; RESERVED_BYTES], FILE_MODE);
        let removed = fs::remove_file(&probe);
        written.and(removed)
    }

    /// Excludes other processes; an error of [`ErrorKind::ResourceBusy`] means that one has the lock. Blocks on the disk.
    pub(super) fn lock(&self) -> io::Result<ChainLock> {
        self.create()?;
        let path = self.folder.join(format!("{}.lock", self.credential));
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(FILE_MODE).open(path)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(ChainLock(file)),
            Err(Errno::WOULDBLOCK) => Err(ErrorKind::ResourceBusy.into()),
            Err(error) => Err(error.into()),
        }
    }

    fn create(&self) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(&self.folder)
    }

    fn entries(&self) -> io::Result<impl Iterator<Item = io::Result<fs::DirEntry>>> {
        match fs::read_dir(&self.folder) {
            Ok(entries) => Ok(Some(entries).into_iter().flatten()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None.into_iter().flatten()),
            Err(error) => Err(error),
        }
    }

    fn file(&self, mount: Fingerprint, extension: &str) -> PathBuf {
        self.folder.join(format!("{}.{mount}.{extension}", self.credential))
    }

    fn parse<'n>(&self, file_name: &'n str) -> Option<(Fingerprint, &'n str)> {
        let rest = file_name.strip_prefix(&self.credential)?.strip_prefix('.')?;
        let (mount, extension) = rest.split_once('.')?;
        Some((Fingerprint::parse(mount)?, extension))
    }
}

const FOLDER: &str = "refresh";
const TOKEN: &str = "jwt";
const DENIED: &str = "denied";
const FOLDER_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;
/// As long as a reply may be.
const RESERVED_BYTES: usize = 64 * 1024;
