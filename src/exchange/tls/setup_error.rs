//! Why TLS cannot be set up.

use std::{io, path::PathBuf};

use rustls::Error as TlsError;

/// Why TLS cannot be set up. The user has to correct each of these.
#[derive(Debug, thiserror::Error)]
pub enum TlsSetupError {
    /// The file of `http.caFile` is unusable.
    #[error("cannot use `http.caFile` `{}`: {error}; name a file of PEM certificates that tokenwell may read, or remove `caFile`", path.display())]
    CaFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: CaFileError,
    },
    /// The system has no certificate authorities, as in an image built from scratch.
    #[error("the system trusts no certificate authority: install `ca-certificates`, or set `http.caFile`")]
    NoRoots,
    /// Any other error of the TLS library.
    #[error("cannot set up TLS")]
    Library(#[source] TlsError),
}

/// Why a file of certificates is unusable.
#[derive(Debug, thiserror::Error)]
pub enum CaFileError {
    /// It cannot be read.
    #[error("{}", plain(.0))]
    Io(#[from] io::Error),
    /// A directory, a pipe or a device.
    #[error("it is not a regular file")]
    NotAFile,
    /// Longer than [`CA_FILE_BYTES_MAX`].
    #[error("it is longer than {} MiB", CA_FILE_BYTES_MAX >> 20)]
    TooLong,
    /// It contains no certificate that can serve as a root.
    #[error("it contains no usable certificate; it must be PEM, with `-----BEGIN CERTIFICATE-----`")]
    Empty,
}

fn plain(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    }
}

/// The limit for the file. A bundle of all public authorities is a quarter of this size.
pub const CA_FILE_BYTES_MAX: u64 = 1 << 20;
