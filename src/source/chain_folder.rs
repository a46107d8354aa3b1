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
    fs::{FlockOperation, OFlags, flock},
    io::Errno,
};

use super::{chain::Chains, secret_file};
use crate::{
    fingerprint::Fingerprint,
    replace_file::{check_ours, replace_file, replace_file_durably},
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

/// Chains that are in another folder too.
#[derive(Debug)]
pub struct CopiedChains {
    files: Vec<PathBuf>,
    folder: ChainFolder,
    _lock: Option<ChainLock>,
}

impl CopiedChains {
    /// Whether nothing was there.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Removes the originals, and the folder if nothing else is in it. Blocks on the disk.
    pub fn remove(self) -> io::Result<()> {
        self.files.iter().try_for_each(fs::remove_file)?;
        if !self.folder.has_any() {
            let lock = self.folder.lock_file();
            if fs::symlink_metadata(&lock).is_ok_and(|found| found.is_file() && found.len() == 0) {
                fs::remove_file(lock)?;
            }
            // It may hold other chains, or files of others.
            let _ = fs::remove_dir(&self.folder.folder);
        }
        Ok(())
    }
}

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
        replace_file_durably(&self.token_file(mount), token.as_bytes(), FILE_MODE, is_token)
    }

    /// Notes that a mount was denied. Blocks on the disk.
    pub(super) fn note_denied(&self, mount: Fingerprint) -> io::Result<()> {
        replace_file(&self.file(mount, DENIED), b"", FILE_MODE, <[u8]>::is_empty)
    }

    /// Removes the temporary files that a crash left, which may contain tokens. Only the holder of the lock may call it.
    /// Blocks on the disk.
    pub(super) fn remove_leftovers(&self) -> io::Result<()> {
        for entry in entries_of(&self.folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let is_leftover = name.to_str().is_some_and(|name| self.is_temporary(name));
            if is_leftover && check_ours(&entry.path(), is_token).is_ok() {
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
        let probe = self.folder.join(format!(".{}.{PROBE}", self.credential));
        replace_file(&probe, &vec![b'0'; RESERVED_BYTES], FILE_MODE, is_token)?;
        fs::remove_file(&probe)
    }

    /// Returns the path of the lock.
    pub(super) fn lock_file(&self) -> PathBuf {
        self.folder.join(format!("{}.{LOCK}", self.credential))
    }

    /// Excludes other processes; an error of [`ErrorKind::ResourceBusy`] means that one has the lock. Blocks on the disk.
    pub(super) fn lock(&self) -> io::Result<ChainLock> {
        self.create()?;
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false).mode(FILE_MODE).custom_flags(flags.bits().cast_signed());
        ChainLock::of(options.open(self.lock_file())?)
    }

    /// Does the same with a lock file that exists. It is not created: one of another user could not be opened by the daemon.
    pub(super) fn lock_existing(&self) -> io::Result<ChainLock> {
        ChainLock::of(File::open(self.lock_file())?)
    }

    /// Whether it holds anything of the credential. Blocks on the disk.
    pub(super) fn has_any(&self) -> bool {
        self.list().is_ok_and(|chains| chains != Chains::default())
    }

    /// Copies chains and notes of another folder that are `wanted`, unless this one has newer ones. Excludes the processes that use
    /// them there until the result is dropped. Blocks on the disk.
    pub(super) fn copy_from(&self, other: &Self, wanted: impl Fn(Fingerprint) -> bool) -> io::Result<CopiedChains> {
        let lock = match other.lock_existing() {
            Ok(lock) => Some(lock),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let Chains { stored, denied } = other.list()?;
        let mut files = Vec::new();
        // The order of the times says which chain is the newest.
        for mount in stored.into_iter().rev().filter(|mount| wanted(*mount)) {
            let (from, to) = (other.token_file(mount), self.token_file(mount));
            if let Some(at) = newer(&from, &to)? {
                let token = secret_file::read(&from, TOKEN_FILE_BYTES_MAX)
                    .map_err(|_| io::Error::other(format!("`{}` cannot be read", from.display())))?;
                self.create()?;
                replace_file_durably(&to, &token, FILE_MODE, is_token)?;
                OpenOptions::new().write(true).open(&to)?.set_modified(at)?;
            }
            files.push(from);
        }
        for mount in denied.into_iter().rev().filter(|mount| wanted(*mount)) {
            let (from, to) = (other.file(mount, DENIED), self.file(mount, DENIED));
            if let Some(at) = newer(&from, &to)? {
                self.create()?;
                replace_file(&to, b"", FILE_MODE, <[u8]>::is_empty)?;
                OpenOptions::new().write(true).open(&to)?.set_modified(at)?;
            }
            files.push(from);
        }
        Ok(CopiedChains { files, folder: other.clone(), _lock: lock })
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

    /// Whether that is the name of a temporary file of one of these.
    fn is_temporary(&self, file_name: &str) -> bool {
        let Some(name) = file_name.strip_prefix('.').and_then(|name| name.strip_suffix(".new")) else { return false };
        let is_ours = |name: &str| self.parse(name).is_some() || name == format!("{}.{PROBE}", self.credential);
        is_ours(name)
            || name.rsplit_once('.').is_some_and(|(name, number)| is_ours(name) && number.parse::<u32>().is_ok())
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
        let is_removed = |name: &str| credential_of(name).is_some_and(|credential| !is_configured(credential));
        if !name.to_str().is_some_and(is_removed) || check_ours(&entry.path(), is_token).is_err() {
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

/// Returns the time of a file that has no copy as new as itself.
fn newer(original: &Path, copy: &Path) -> io::Result<Option<SystemTime>> {
    let at = fs::metadata(original)?.modified()?;
    let is_copied = fs::metadata(copy).and_then(|found| found.modified()).is_ok_and(|copied_at| copied_at >= at);
    Ok((!is_copied).then_some(at))
}

/// The credential that a file with such a name belongs to; `None` for a name that this room does not give.
fn credential_of(file_name: &str) -> Option<&str> {
    let (credential, rest) = file_name.split_once('.')?;
    let is_chain = |(mount, extension)| Fingerprint::parse(mount).is_some() && [TOKEN, DENIED].contains(&extension);
    (rest == LOCK || rest.split_once('.').is_some_and(is_chain)).then_some(credential)
}

/// Whether a text begins like a refresh token, or like what [`ChainFolder::reserve`] writes.
fn is_token(head: &[u8]) -> bool {
    head.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
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
const LOCK: &str = "lock";
const PROBE: &str = "probe";
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
