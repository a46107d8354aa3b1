//! The report as a file: `status.json` in the state directory, for commands when no server listens.

use std::{
    fs::{self, OpenOptions},
    io::{self, Read as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use rustix::fs::OFlags;

use serde::{Deserialize, de::IgnoredAny};

use super::report::{REPORT_VERSION, Report};
use crate::replace_file::{NotOurs, check_ours, replace_file_in_new_folder};

/// Why the file cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write status file `{path}`: {source}", path = path.display())]
pub struct WriteError {
    /// The file.
    pub path: PathBuf,
    /// The system's error.
    pub source: io::Error,
}

/// Why the file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It does not exist: no daemon has run with this state directory yet.
    #[error("there is no status file `{path}`; has tokenwell run with this configuration?", path = path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The system refused to read it.
    #[error("cannot read status file `{path}`: {source}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// It is of another configuration.
    #[error("`{path}` is of another configuration{configuration}; give each its own `stateDirectory`", path = path.display())]
    Other {
        /// The file.
        path: PathBuf,
        /// The file of that configuration, in words that follow the sentence.
        configuration: String,
    },
    /// It is too large, damaged, or of another program or version.
    #[error("`{path}` is not a status file of this version; check which other program writes it", path = path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
}

/// Returns the path of the file in a state directory.
pub fn path_in(state_directory: &Path) -> PathBuf {
    state_directory.join(NAME)
}

/// Replaces the file whole. Blocks on the disk.
///
/// Nothing is synced: after a loss of power, the next change writes it again.
pub fn write(path: &Path, report: &Report) -> Result<(), WriteError> {
    let written = replace_file_in_new_folder(path, report.to_json().as_bytes(), FILE_MODE, FOLDER_MODE, is_ours);
    written.map_err(|source| WriteError { path: path.to_owned(), source })
}

/// Removes the file, if it is a status file. Blocks on the disk.
pub fn remove(path: &Path) {
    if check_ours(path, is_ours).is_ok() {
        let _ = fs::remove_file(path);
    }
}

/// Checks that nothing has the name of the file but a status file of any version. Errors of the system are left to the writes.
/// Blocks on the disk.
pub fn check(path: &Path) -> Result<(), WriteError> {
    match check_ours(path, is_ours) {
        Err(source) if NotOurs::is_reason_of(&source) => Err(WriteError { path: path.to_owned(), source }),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Whether a text begins like a report of any version.
fn is_ours(head: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct AnyReport {
        #[serde(rename = "version")]
        _version: u32,
        #[serde(rename = "ready")]
        _ready: bool,
        #[serde(rename = "programVersion")]
        _program_version: IgnoredAny,
        #[serde(rename = "credentials")]
        _credentials: Vec<IgnoredAny>,
    }
    match serde_json::from_slice::<AnyReport>(head) {
        Ok(_) => true,
        Err(error) => error.is_eof() && (head.starts_with(BEGINNING) || BEGINNING.starts_with(head)),
    }
}

/// Reads the file, for a command that reports on another process. Blocks on the disk.
///
/// Counters for metrics are not in the file and are zero in the result.
pub fn read(path: &Path) -> Result<Report, ReadError> {
    let text = match bytes(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(ReadError::Missing { path: path.to_owned() });
        }
        Err(source) => return Err(ReadError::Io { path: path.to_owned(), source }),
    };
    let report = serde_json::from_slice(&text).ok().filter(|report: &Report| report.version == REPORT_VERSION);
    report.ok_or_else(|| ReadError::Foreign { path: path.to_owned() })
}

/// Reads the file up to the bound. A larger file is cut, so that it is not valid JSON.
fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)?;
    let mut text = Vec::new();
    file.take(FILE_BYTES_MAX).read_to_end(&mut text)?;
    Ok(text)
}

const NAME: &str = "status.json";
/// What every report begins with.
const BEGINNING: &[u8] = b"{\n  \"version\": ";
const FILE_MODE: u32 = 0o640;
const FOLDER_MODE: u32 = 0o750;

/// About 1.5 kilobytes for each credential: enough for ten thousand.
pub const FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_reports_and_their_beginnings_are_ours() {
        let whole = b"{\n  \"version\": 2,\n  \"ready\": true,\n  \"programVersion\": \"9\",\n  \"credentials\": [{\"name\": \"a\"}]\n}\n";
        assert!((1..whole.len()).all(|length| is_ours(&whole[..length])), "a report that was cut");
        let foreign: [&[u8]; 6] = [
            b"{}",
            b"[",
            b"hello",
            b"{\"version\": 1, \"ready\": true}",
            b"{\"status\": \"up\", \"checks\": [",
            b"{\"version\": 1, \"ready\": \"yes\", \"programVersion\": 1, \"credentials\": []}",
        ];
        for text in foreign {
            assert!(!is_ours(text), "{}", String::from_utf8_lossy(text));
        }
    }
}
