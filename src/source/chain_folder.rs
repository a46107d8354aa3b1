//! Rotated refresh tokens on the disk: one raw token in a file of mode 0600 per mount, in a folder of the state directory.
//!
//! ```text
//! refresh-tokens/billing.0123456789abcdef.jwt      the newest token that replaced the mount with this fingerprint
//! refresh-tokens/billing.0123456789abcdef.denied   that mount was denied while another chain could be resumed
//! refresh-tokens/billing.lock                      locked during an exchange
//! ```

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, ErrorKind},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use rustix::{
    fs::{FlockOperation, flock},
    io::Errno,
};

use super::{chain::Chains, secret_file};
use crate::{
    fingerprint::Fingerprint,
    replace_file::{replace_file, replace_file_durably},
    session::Jwt,
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

impl ChainLock {
    fn of(file: File) -> io::Result<Self> {
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self(file)),
            Err(Errno::WOULDBLOCK) => Err(ErrorKind::ResourceBusy.into()),
            Err(error) => Err(error.into()),
        }
    }
}

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
        let (mut stored, mut denied) = (Vec::new(), Vec::new());
        for entry in entries_of(&self.folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let (mount, all) = match self.parse(&name.to_string_lossy()) {
                Some((mount, TOKEN)) => (mount, &mut stored),
                Some((mount, DENIED)) => (mount, &mut denied),
                Some(_) | None => continue,
            };
            match entry.metadata() {
                Ok(metadata) => all.push((metadata.modified()?, mount)),
                // Another task has removed it.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Chains { stored: newest_first(stored), denied: newest_first(denied) })
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

    /// Removes the temporary files that a crash left, which may contain tokens. Only the holder of the lock may call it.
    /// Blocks on the disk.
    pub(super) fn remove_leftovers(&self) -> io::Result<()> {
        let prefix = format!(".{}.", self.credential);
        for entry in entries_of(&self.folder)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(&prefix) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    /// Removes these chains and notes. Blocks on the disk.
    pub(super) fn remove(&self, obsolete: &Chains) -> io::Result<()> {
        let tokens = obsolete.stored.iter().map(|mount| self.token_file(*mount));
        let notes = obsolete.denied.iter().map(|mount| self.file(*mount, DENIED));
        tokens.chain(notes).try_for_each(fs::remove_file)
    }

    /// Checks that a token could be stored now. Blocks on the disk.
    pub(super) fn reserve(&self) -> io::Result<()> {
        self.create()?;
        let probe = self.folder.join(format!(".{}.probe", self.credential));
        let written = replace_file(&probe, &vec![b'0'; RESERVED_BYTES], FILE_MODE);
        let removed = fs::remove_file(&probe);
        written.and(removed)
    }

    /// Returns the path of the lock.
    pub(super) fn lock_file(&self) -> PathBuf {
        self.folder.join(format!("{}.lock", self.credential))
    }

    /// Excludes other processes; an error of [`ErrorKind::ResourceBusy`] means that one has the lock. Blocks on the disk.
    pub(super) fn lock(&self) -> io::Result<ChainLock> {
        self.create()?;
        let file =
            OpenOptions::new().write(true).create(true).truncate(false).mode(FILE_MODE).open(self.lock_file())?;
        ChainLock::of(file)
    }

    /// Does the same with a lock file that exists. It is not created: one of another user could not be opened by the daemon.
    pub(super) fn lock_existing(&self) -> io::Result<ChainLock> {
        ChainLock::of(File::open(self.lock_file())?)
    }

    /// Creates the folder. Its entry in the state directory outlives a power failure too.
    fn create(&self) -> io::Result<()> {
        if self.folder.is_dir() {
            return Ok(());
        }
        DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(&self.folder)?;
        self.folder.parent().map_or(Ok(()), |parent| File::open(parent)?.sync_all())
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

/// Removes the tokens of credentials that are not in the configuration, a while after their end: until then one may be the
/// only valid one, should its credential return. Returns how many were removed. Blocks on the disk.
pub fn sweep_chains(
    state_directory: &Path,
    is_configured: impl Fn(&str) -> bool,
    now: SystemTime,
) -> io::Result<usize> {
    let folder = state_directory.join(FOLDER);
    let mut swept = 0;
    for entry in entries_of(&folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let is_removed = |name: &str| name.split_once('.').is_some_and(|(credential, _)| !is_configured(credential));
        if !name.to_str().is_some_and(is_removed) {
            continue;
        }
        let age = now.duration_since(entry.metadata()?.modified()?).unwrap_or_default();
        let ended_at = end_of(&entry.path()).unwrap_or(now);
        let is_long_ended = now.duration_since(ended_at).is_ok_and(|since| since >= RETENTION);
        if is_long_ended || age >= RETENTION_MAX {
            fs::remove_file(entry.path())?;
            swept += 1;
        }
    }
    Ok(swept)
}

/// Returns the end of the token in a file.
fn end_of(file: &Path) -> Option<SystemTime> {
    let token = secret_file::read(file, TOKEN_FILE_BYTES_MAX).ok()?;
    let jwt = Jwt::parse(str::from_utf8(&token).ok()?).ok()?;
    UNIX_EPOCH.checked_add(jwt.expires_at?)
}

fn entries_of(folder: &Path) -> io::Result<impl Iterator<Item = io::Result<fs::DirEntry>>> {
    match fs::read_dir(folder) {
        Ok(entries) => Ok(Some(entries).into_iter().flatten()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None.into_iter().flatten()),
        Err(error) => Err(error),
    }
}

fn newest_first(mut all: Vec<(SystemTime, Fingerprint)>) -> Vec<Fingerprint> {
    all.sort_unstable_by(|one, other| other.cmp(one));
    all.into_iter().map(|(_, mount)| mount).collect()
}

/// No name that people give to a file with a refresh token, because the state directory may be its folder.
const FOLDER: &str = "refresh-tokens";
const TOKEN: &str = "jwt";
const DENIED: &str = "denied";
const FOLDER_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;
/// How long a token of a removed credential is kept after its end.
const RETENTION: Duration = Duration::from_secs(24 * 60 * 60);
/// How long it is kept if its end is unknown, or far away.
const RETENTION_MAX: Duration = Duration::from_secs(366 * 24 * 60 * 60);
/// The size limit of a refresh token file in bytes, with white space.
pub(super) const TOKEN_FILE_BYTES_MAX: usize = 64 * 1024;
/// More than any refresh token that is known. One that is longer is kept in memory if the disk does not take it.
const RESERVED_BYTES: usize = 16 * 1024;
