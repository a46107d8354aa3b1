//! One key file.

use std::{
    fs::{self, OpenOptions},
    io::{self, Read},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use rustix::fs::OFlags;
use zeroize::Zeroizing;

use super::{KEY_FILE_BYTES_MAX, text};
use crate::secret::Secret;

/// Why a key file gave no key. Nothing of its content is in here.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// There is none.
    #[error("key file `{path}` is missing, or is a link that leads nowhere; it is used as soon as it is there", path = path.display())]
    Missing {
        /// The key file.
        path: PathBuf,
    },
    /// There is one, but no key can be had from it.
    #[error("cannot use key file `{path}`: {why}", path = path.display())]
    Unusable {
        /// The key file.
        path: PathBuf,
        /// Why, with the remedy.
        #[source]
        why: Unusable,
    },
}

impl KeyError {
    /// Whether it may be over without any change to a file, so that nothing hints at that: there were too many open files, the
    /// disk or the network failed.
    pub fn may_pass_unseen(&self) -> bool {
        match self {
            Self::Unusable { why: Unusable::Unreadable(error), .. } => error.kind() != io::ErrorKind::PermissionDenied,
            Self::Missing { .. } | Self::Unusable { .. } => false,
        }
    }
}

/// What is wrong with a key file.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// The system refused.
    #[error("{}", refused(.0))]
    Unreadable(io::Error),
    /// It leads to a folder, a pipe, a socket or a device.
    #[error("it is not a regular file; name the file that holds the access key")]
    NotAFile,
    /// It is too big for a key.
    #[error("it has more than {KEY_FILE_BYTES_MAX} bytes; it must hold one access key and nothing else")]
    TooLong,
    /// It is empty, or white space only.
    #[error("it is empty; write the access key into it")]
    Empty,
    /// It begins with the mark of UTF-8 or UTF-16 text.
    #[error("it begins with a byte order mark, as some Windows programs write it; save it as plain ASCII text")]
    ByteOrderMark,
    /// It has several lines.
    #[error("it has more than one line; it must hold one access key and nothing else")]
    ManyLines,
    /// There is white space within.
    #[error("it has white space inside; it must hold one access key and nothing else")]
    InnerSpace,
    /// There are bytes that no key has.
    #[error(
        "it has bytes that are not printable ASCII; it must hold the access key as plain text, not encoded or encrypted"
    )]
    NotPrintable,
    /// It is `<project id>:<access key>`.
    #[error(
        "it begins with a project id and a colon; leave these out, they are added to the access key when it is sent"
    )]
    WholeBearer,
}

/// Reads the access key in a file, following links. Blocks on the disk, but never on a pipe or a device.
///
/// A writer that rewrites the file in place may be met half-way, and half a key is a key by its looks: the daemon reads
/// again at the next event.
pub fn read(path: &Path) -> Result<Secret, KeyError> {
    bytes_of(path).and_then(|bytes| text::key_in(&bytes)).map_err(|why| match why {
        Unusable::Unreadable(error) if error.kind() == io::ErrorKind::NotFound => {
            KeyError::Missing { path: path.to_owned() }
        }
        why => KeyError::Unusable { path: path.to_owned(), why },
    })
}

/// Whether group or others may write the file that the path leads to. Reading by others is not asked about: Kubernetes
/// mounts Secrets 0644. A file that cannot be looked at counts as not writable.
pub fn writable_by_others(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o022 != 0)
}

/// The whole file, in a buffer that is zeroed when dropped and never grows: growing would leave copies behind.
fn bytes_of(path: &Path) -> Result<Zeroizing<Vec<u8>>, Unusable> {
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let opened = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path);
    // A socket cannot be opened at all, nor a device without a driver.
    let mut file = opened.map_err(|error| match rustix::io::Errno::from_io_error(&error) {
        Some(rustix::io::Errno::NXIO | rustix::io::Errno::NODEV) => Unusable::NotAFile,
        Some(_) | None => Unusable::Unreadable(error),
    })?;
    if !file.metadata().map_err(Unusable::Unreadable)?.is_file() {
        return Err(Unusable::NotAFile);
    }
    let mut bytes = Zeroizing::new(vec![0; KEY_FILE_BYTES_MAX + 1]);
    let mut length = 0;
    while length < bytes.len() {
        match file.read(&mut bytes[length..]) {
            Ok(0) => break,
            Ok(count) => length += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Unusable::Unreadable(error)),
        }
    }
    if length > KEY_FILE_BYTES_MAX {
        return Err(Unusable::TooLong);
    }
    bytes.truncate(length);
    Ok(bytes)
}

fn refused(error: &io::Error) -> String {
    use rustix::io::Errno;
    match Errno::from_io_error(error) {
        Some(Errno::ACCESS | Errno::PERM) => "permission denied; let tokenwell's user read it (`fsGroup` or \
            `defaultMode` in Kubernetes, `LoadCredential=` in a systemd unit)"
            .to_owned(),
        Some(Errno::NOTDIR) => "a part of its path is a file where a folder is needed; correct the path".to_owned(),
        Some(Errno::LOOP) => "the links on its path lead in a circle; repair them".to_owned(),
        Some(Errno::NAMETOOLONG) => "its path is too long; correct it".to_owned(),
        Some(Errno::MFILE | Errno::NFILE) => {
            "too many files are open; raise the limit (`ulimit -n`, `LimitNOFILE=`)".to_owned()
        }
        Some(_) | None => error.to_string(),
    }
}
