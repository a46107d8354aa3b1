//! What one process leaves to the next on disk: one small file a credential, without any secret.
//!
//! A file a credential, and not one for all: each is replaced by itself before and after an exchange, whatever the number of
//! credentials, and one that is damaged costs one exchange. Nothing is synced: what a loss of power takes costs the same.

mod record;

use std::{
    collections::HashSet,
    fs::{self, OpenOptions},
    io::{self, Read as _, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use rustix::fs::OFlags;

use crate::replace_file::replace_file_in_new_folder;

pub use record::{Record, WrittenToken};

/// The folder of the records, `state` in the state directory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ledger {
    folder: PathBuf,
}

/// Why a record that is there cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// The system refused.
    #[error("cannot read state file `{path}`: {source}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Not of this program and version, not whole, or of another credential.
    #[error("state file `{path}` is damaged or foreign", path = path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
}

/// Why a record cannot be kept.
#[derive(Debug, thiserror::Error)]
#[error("cannot write state file `{path}`: {source}", path = path.display())]
pub struct Unkept {
    /// The file.
    pub path: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

impl Ledger {
    /// The records in a state directory.
    pub fn new(state_directory: &Path) -> Self {
        Self { folder: state_directory.join(FOLDER) }
    }

    /// Where the records stand.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What is remembered of a credential; `None` if nothing is. Blocks on the disk.
    ///
    /// Where a folder stands for the file, or a file for the folder, nothing is remembered either: that is said by
    /// [`Ledger::store`], which meets the same.
    pub fn load(&self, credential: &str) -> Result<Option<Record>, Unreadable> {
        let path = self.path(credential);
        let mut text = Vec::new();
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
        let read = OpenOptions::new()
            .read(true)
            .custom_flags(flags.bits().cast_signed())
            .open(&path)
            .and_then(|file| file.take(RECORD_BYTES_MAX).read_to_end(&mut text));
        match read {
            Ok(_) => Record::parse(&text, credential).map(Some).ok_or(Unreadable::Foreign { path }),
            Err(error) if is_missing(&error) => Ok(None),
            Err(source) => Err(Unreadable::Io { path, source }),
        }
    }

    /// Whether records could be kept: a file is made where they stand and removed again, or where their folder would be made.
    /// No record is touched. Blocks on the disk.
    pub fn probe(&self) -> Result<(), Unkept> {
        let mut folder = self.folder.as_path();
        while let Err(source) = fs::metadata(folder) {
            match folder.parent() {
                // A link that leads nowhere is in the way of a folder.
                Some(above) if source.kind() == io::ErrorKind::NotFound && fs::symlink_metadata(folder).is_err() => {
                    folder = above;
                }
                Some(_) | None => return Err(Unkept { path: folder.to_owned(), source }),
            }
        }
        let create = |path: &Path| OpenOptions::new().write(true).create_new(true).mode(RECORD_MODE).open(path);
        let probe = tempfile::Builder::new().prefix(PROBE_PREFIX).make_in(folder, create);
        let written = probe.and_then(|mut file| file.as_file_mut().write_all(PROBE));
        written.map_err(|source| Unkept { path: self.folder.clone(), source })
    }

    /// Whose the folder of the records is, or the state directory that it would be made in; `None` if that is missing. Blocks
    /// on the disk.
    pub fn owner(&self) -> io::Result<Option<u32>> {
        for folder in self.folder.ancestors().take(2) {
            match fs::metadata(folder) {
                Ok(found) => return Ok(Some(found.uid())),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    /// Replaces the record of a credential whole. Blocks on the disk.
    pub fn store(&self, credential: &str, record: &Record) -> Result<(), Unkept> {
        let text = record.print(credential);
        let path = self.path(credential);
        let stored = replace_file_in_new_folder(&path, text.as_bytes(), RECORD_MODE, FOLDER_MODE);
        stored.map_err(|source| Unkept { path, source })
    }

    /// Drops the records of those who are not among the `members` and whose session ended [`KEPT_AFTER_THE_END`] before
    /// `now`, by the file's time: until then they keep the spacing of a credential that comes back, and spare it an
    /// exchange. What is no record stays. Answers how many went. Blocks on the disk.
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
            if members.contains(&name) || age < KEPT_AFTER_THE_END {
                continue;
            }
            let Ok(Some(record)) = self.load(&name) else { continue };
            let lifetime = record.written.map_or(Duration::ZERO, |written| written.term.grant.lifetime);
            if age >= KEPT_AFTER_THE_END + lifetime {
                fs::remove_file(entry.path())?;
                swept += 1;
            }
        }
        Ok(swept)
    }

    fn path(&self, credential: &str) -> PathBuf {
        self.folder.join(format!("{credential}.json"))
    }
}

fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory)
}

/// How long a record outlives the session of a credential that left.
pub const KEPT_AFTER_THE_END: Duration = Duration::from_secs(24 * 60 * 60);
const PROBE_PREFIX: &str = ".tokenwell-check.";
const PROBE: &[u8] = b"written by `tokenwell check --online`, and removed again\n";
const FOLDER: &str = "state";
const FOLDER_MODE: u32 = 0o700;
const RECORD_MODE: u32 = 0o600;
/// A record has about a kilobyte; paths of outputs may lengthen it.
const RECORD_BYTES_MAX: u64 = 256 * 1024;

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_record_comes_back_as_it_was_stored() {
        let directory = tempfile::tempdir().unwrap();
        let ledger = Ledger::new(directory.path());
        assert!(ledger.load("app").unwrap().is_none());
        let record = record::tests::record();
        ledger.store("app", &record).unwrap();
        assert_eq!(ledger.load("app").unwrap(), Some(record));
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&ledger.folder), mode(&ledger.path("app"))), (0o700, 0o600));
        assert_eq!(fs::read_dir(&ledger.folder).unwrap().count(), 1);
    }

    #[test]
    fn who_left_is_forgotten_a_day_after_the_end_of_his_session() {
        let directory = tempfile::tempdir().unwrap();
        let ledger = Ledger::new(directory.path());
        let record = record::tests::record();
        let lifetime = record.written.as_ref().unwrap().term.grant.lifetime;
        let names = ["member", "gone", "lately", "foreign"].map(str::to_owned);
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(2_000_000_000);
        let end = KEPT_AFTER_THE_END + lifetime;
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
    fn where_no_record_was_ever_kept_there_is_nothing_to_sweep() {
        let directory = tempfile::tempdir().unwrap();
        let swept = Ledger::new(directory.path()).sweep(&HashSet::new(), SystemTime::UNIX_EPOCH);
        assert_eq!(swept.unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn a_damaged_record_is_said_to_be_so() {
        let directory = tempfile::tempdir().unwrap();
        let ledger = Ledger::new(directory.path());
        ledger.store("app", &record::tests::record()).unwrap();
        let whole = fs::read(ledger.path("app")).unwrap();
        for length in 0..whole.len() - 1 {
            fs::write(ledger.path("app"), &whole[..length]).unwrap();
            assert!(matches!(ledger.load("app"), Err(Unreadable::Foreign { .. })), "cut at {length}");
        }
    }

    #[test]
    fn the_record_of_another_credential_is_foreign() {
        let directory = tempfile::tempdir().unwrap();
        let ledger = Ledger::new(directory.path());
        ledger.store("app", &record::tests::record()).unwrap();
        fs::rename(ledger.path("app"), ledger.path("web")).unwrap();
        assert!(matches!(ledger.load("web"), Err(Unreadable::Foreign { .. })));
    }

    #[test]
    fn what_stands_where_the_temporary_file_belongs_is_in_nobodys_way() {
        let directory = tempfile::tempdir().unwrap();
        let ledger = Ledger::new(directory.path());
        ledger.store("app", &record::tests::record()).unwrap();
        let temporary = ledger.folder.join(".app.json.new");
        let elsewhere = directory.path().join("elsewhere");
        let left: [&dyn Fn(); 3] = [
            &|| fs::write(&temporary, "x".repeat(10_000)).unwrap(),
            &|| std::os::unix::fs::symlink(&elsewhere, &temporary).unwrap(),
            &|| drop(std::os::unix::net::UnixListener::bind(&temporary).unwrap()),
        ];
        for leave in left {
            leave();
            ledger.store("app", &record::tests::record()).unwrap();
            assert!(ledger.load("app").unwrap().is_some());
            assert_eq!(ledger.path("app").metadata().unwrap().permissions().mode() & 0o777, 0o600);
            assert_eq!(fs::read_dir(&ledger.folder).unwrap().count(), 1);
            assert!(!elsewhere.exists());
        }
    }

    #[test]
    fn what_stands_in_the_way_of_a_record_is_named_when_it_is_to_be_kept() {
        let directory = tempfile::tempdir().unwrap();
        let ledger = Ledger::new(directory.path());
        fs::create_dir_all(ledger.path("app").join("in the way")).unwrap();
        assert!(ledger.load("app").unwrap().is_none());
        let error = ledger.store("app", &record::tests::record()).unwrap_err().to_string();
        assert!(error.contains("state/app.json`"), "{error}");
        fs::remove_dir_all(&ledger.folder).unwrap();
        fs::write(&ledger.folder, "").unwrap();
        assert!(ledger.load("app").unwrap().is_none());
        let error = ledger.store("app", &record::tests::record()).unwrap_err().to_string();
        assert!(error.contains("state/app.json`"), "{error}");
    }
}
