//! Reads and writes the records.

use std::{
    collections::HashSet,
    fs::{self, DirBuilder, OpenOptions},
    io::{self, Read as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use rustix::fs::OFlags;

use super::{directory::make_directory, record::Record, record_json};
use crate::{
    blocking::{Access, at_file},
    replace_file::{NotOurs, check_ours, replace_file},
};

/// The folder of the records, `state` in the state directory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ledger {
    folder: PathBuf,
}

/// Why an existing record cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The system refused to read it.
    #[error("cannot read state file `{path}`: {source}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// It is damaged, or of another program, version or credential.
    #[error("state file `{path}` is damaged or foreign", path = path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
}

/// Why a record cannot be stored.
#[derive(Debug, thiserror::Error)]
#[error("cannot write state file `{path}`: {source}", path = path.display())]
pub struct StoreError {
    /// The file.
    pub path: PathBuf,
    /// The system's error.
    pub source: io::Error,
}

impl LoadError {
    /// Whether this user may not read the record.
    pub fn is_forbidden(&self) -> bool {
        match self {
            Self::Io { source, .. } => source.kind() == io::ErrorKind::PermissionDenied,
            Self::Foreign { .. } => false,
        }
    }
}

impl Ledger {
    /// Returns the ledger of a state directory.
    pub fn new(state_directory: &Path) -> Self {
        Self { folder: state_directory.join(FOLDER) }
    }

    /// Returns the folder of the records.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Loads the record of a credential, or `None` if there is none. Blocks on the disk.
    ///
    /// A folder in place of the file, or a file in place of the folder, also counts as none: [`Ledger::store`] reports it.
    pub fn load(&self, credential: &str) -> Result<Option<Record>, LoadError> {
        let path = self.path(credential);
        at_file(Access::Read, &path);
        let mut text = Vec::with_capacity(RECORD_BYTES_USUAL);
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
        let read = OpenOptions::new()
            .read(true)
            .custom_flags(flags.bits().cast_signed())
            .open(&path)
            .and_then(|file| file.take(RECORD_BYTES_MAX).read_to_end(&mut text));
        match read {
            Ok(_) => record_json::parse(&text, credential).map(Some).ok_or(LoadError::Foreign { path }),
            Err(error) if is_missing(&error) => Ok(None),
            Err(source) => Err(LoadError::Io { path, source }),
        }
    }

    /// Replaces the record of a credential whole. Blocks on the disk.
    pub fn store(&self, credential: &str, record: &Record) -> Result<(), StoreError> {
        let text = record_json::print(record, credential);
        let path = self.path(credential);
        let replace = || replace_file(&path, text.as_bytes(), RECORD_MODE, record_json::is_ours);
        let stored = match replace() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.make_folder().and_then(|()| replace()),
            stored => stored,
        };
        stored.map_err(|source| StoreError { path, source })
    }

    /// Whether there is a file for the record of a credential. Blocks on the disk.
    pub fn has(&self, credential: &str) -> bool {
        fs::symlink_metadata(self.path(credential)).is_ok_and(|found| found.is_file())
    }

    /// Copies the record of a credential from another ledger, unless this one has a newer one. Blocks on the disk.
    pub fn copy_if_newer(&self, other: &Self, credential: &str) -> io::Result<()> {
        let written_at = |ledger: &Self| fs::metadata(ledger.path(credential))?.modified();
        let there = written_at(other)?;
        if written_at(self).is_ok_and(|here| here >= there) {
            return Ok(());
        }
        let Ok(Some(record)) = other.load(credential) else { return Ok(()) };
        self.store(credential, &record).map_err(|error| error.source)?;
        OpenOptions::new().write(true).open(self.path(credential))?.set_modified(there)
    }

    /// Removes the record of a credential, and the folder if nothing else is in it. Blocks on the disk.
    pub fn remove(&self, credential: &str) -> io::Result<()> {
        fs::remove_file(self.path(credential))?;
        // It may hold other records, or files of others.
        let _ = fs::remove_dir(&self.folder);
        Ok(())
    }

    /// Checks that nothing has the name of a credential's record but a record of any version. Errors of the system are left to the
    /// writes. Blocks on the disk.
    pub fn check(&self, credential: &str) -> Result<(), StoreError> {
        let path = self.path(credential);
        match check_ours(&path, record_json::is_ours) {
            Err(source) if NotOurs::is_reason_of(&source) => Err(StoreError { path, source }),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Removes the records of credentials that are not among `members` and whose session ended [`RETENTION`] before `now`,
    /// by the file's time. Until then a record keeps the spacing of a credential that returns, and saves it an exchange.
    /// Other files stay. Returns the number of removed records. Blocks on the disk.
    pub fn sweep(&self, members: &HashSet<String>, now: SystemTime) -> io::Result<usize> {
        let mut swept = 0;
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let Some(name) = entry.file_name().to_str().and_then(|name| name.strip_suffix(".json")).map(str::to_owned)
            else {
                continue;
            };
            let written_at = entry.metadata()?.modified()?;
            let age = now.duration_since(written_at).unwrap_or_default();
            if members.contains(&name) || age < RETENTION {
                continue;
            }
            let Ok(Some(record)) = self.load(&name) else { continue };
            let lifetime = record.written.map_or(Duration::ZERO, |written| written.term.grant.lifetime);
            if age >= RETENTION + lifetime {
                fs::remove_file(entry.path())?;
                swept += 1;
            }
        }
        Ok(swept)
    }

    /// The mode of the folder differs from that of the state directory around it.
    fn make_folder(&self) -> io::Result<()> {
        self.folder.parent().map_or(Ok(()), make_directory)?;
        DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(&self.folder)
    }

    fn path(&self, credential: &str) -> PathBuf {
        self.folder.join(format!("{credential}.json"))
    }
}

fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory)
}

/// How long a record is kept after the end of the session of a removed credential.
pub const RETENTION: Duration = Duration::from_secs(24 * 60 * 60);
const FOLDER: &str = "state";
const FOLDER_MODE: u32 = 0o700;
pub(super) const RECORD_MODE: u32 = 0o600;
/// A record has about one kilobyte, and more with long output paths. One of this size is read by one call.
const RECORD_BYTES_USUAL: usize = 2048;
const RECORD_BYTES_MAX: u64 = 256 * 1024;

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::state::record_json::tests::record as sample;

    #[test]
    fn a_record_is_loaded_as_it_was_stored() {
        let directory = tempfile::tempdir().unwrap();
        let ledger = Ledger::new(directory.path());
        assert!(ledger.load("app").unwrap().is_none());
        let record = sample();
        ledger.store("app", &record).unwrap();
        assert_eq!(ledger.load("app").unwrap(), Some(record));
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&ledger.folder), mode(&ledger.path("app"))), (0o700, 0o600));
        assert_eq!(fs::read_dir(&ledger.folder).unwrap().count(), 1);
    }

    #[test]
    fn a_record_is_removed_a_day_after_the_end_of_its_session() {
        let directory = tempfile::tempdir().unwrap();
        let ledger = Ledger::new(directory.path());
        let record = sample();
        let lifetime = record.written.as_ref().unwrap().term.grant.lifetime;
        let names = ["member", "gone", "lately", "foreign"].map(str::to_owned);
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(2_000_000_000);
        let end = RETENTION + lifetime;
        let before_the_end = end.checked_sub(Duration::from_secs(1)).unwrap();
        for (name, age) in names.iter().zip([end * 2, end, before_the_end, end * 2]) {
            ledger.store(name, &record).unwrap();
            if name == "foreign" {
                fs::write(ledger.path(name), "{}").unwrap();
            }
            fs::File::options().write(true).open(ledger.path(name)).unwrap().set_modified(now - age).unwrap();
        }
        fs::write(ledger.folder.join("notes.txt"), "").unwrap();
        let members = HashSet::from(["member".to_owned()]);
        assert_eq!(ledger.sweep(&members, now).unwrap(), 1);
        let left = names.map(|name| ledger.path(&name).exists());
        assert_eq!(left, [true, false, true, true]);
        assert!(ledger.folder.join("notes.txt").exists());
        assert_eq!(ledger.sweep(&members, now).unwrap(), 0);
    }

    #[test]
    fn without_a_folder_there_is_nothing_to_sweep() {
        let directory = tempfile::tempdir().unwrap();
        let swept = Ledger::new(directory.path()).sweep(&HashSet::new(), SystemTime::UNIX_EPOCH);
        assert_eq!(swept.unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn a_damaged_record_is_reported() {
        let directory = tempfile::tempdir().unwrap();
        let ledger = Ledger::new(directory.path());
        ledger.store("app", &sample()).unwrap();
        let whole = fs::read(ledger.path("app")).unwrap();
        for length in 0..whole.len() - 1 {
            fs::write(ledger.path("app"), &whole[..length]).unwrap();
            assert!(matches!(ledger.load("app"), Err(LoadError::Foreign { .. })), "cut at {length}");
        }
    }

    #[test]
    fn the_record_of_another_credential_is_foreign() {
        let directory = tempfile::tempdir().unwrap();
        let ledger = Ledger::new(directory.path());
        ledger.store("app", &sample()).unwrap();
        fs::rename(ledger.path("app"), ledger.path("web")).unwrap();
        assert!(matches!(ledger.load("web"), Err(LoadError::Foreign { .. })));
    }

    #[test]
    fn what_has_the_name_of_the_temporary_file_stays() {
        let directory = tempfile::tempdir().unwrap();
        let ledger = Ledger::new(directory.path());
        ledger.store("app", &sample()).unwrap();
        let temporary = ledger.folder.join(".app.json.new");
        let elsewhere = directory.path().join("elsewhere");
        let leftovers: [&dyn Fn(); 3] = [
            &|| fs::write(&temporary, "of a person").unwrap(),
            &|| std::os::unix::fs::symlink(&elsewhere, &temporary).unwrap(),
            &|| drop(std::os::unix::net::UnixListener::bind(&temporary).unwrap()),
        ];
        for leave in leftovers {
            leave();
            ledger.store("app", &sample()).unwrap();
            assert!(ledger.load("app").unwrap().is_some());
            assert_eq!(ledger.path("app").metadata().unwrap().permissions().mode() & 0o777, 0o600);
            assert_eq!(fs::read_dir(&ledger.folder).unwrap().count(), 2, "the record, and what is not ours");
            assert!(!elsewhere.exists());
            fs::remove_file(&temporary).unwrap();
        }
        fs::write(&temporary, "{\n  \"version\": 1,\n  \"cred").unwrap();
        ledger.store("app", &sample()).unwrap();
        assert_eq!(fs::read_dir(&ledger.folder).unwrap().count(), 1, "what a crash left is replaced");
    }

    #[test]
    fn a_folder_or_file_in_place_of_a_record_is_named_by_store() {
        let directory = tempfile::tempdir().unwrap();
        let ledger = Ledger::new(directory.path());
        fs::create_dir_all(ledger.path("app").join("in the way")).unwrap();
        assert!(ledger.load("app").unwrap().is_none());
        let error = ledger.store("app", &sample()).unwrap_err().to_string();
        assert!(error.contains("state/app.json`"), "{error}");
        fs::remove_dir_all(&ledger.folder).unwrap();
        fs::write(&ledger.folder, "").unwrap();
        assert!(ledger.load("app").unwrap().is_none());
        let error = ledger.store("app", &sample()).unwrap_err().to_string();
        assert!(error.contains("state/app.json`"), "{error}");
    }
}
