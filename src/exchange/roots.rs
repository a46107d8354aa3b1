//! The certificates of `http.caFile`, which TLS trusts in addition to the system's roots.

use std::{
    error::Error,
    fs::File,
    io::{self, Read as _},
    path::Path,
};

use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject as _},
};

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

/// Reads a bundle of PEM certificates for the client.
pub(super) fn read(path: &Path) -> Result<Vec<reqwest::Certificate>, CaFileError> {
    let usable: Vec<_> =
        certificates(path)?.iter().filter_map(|der| reqwest::Certificate::from_der(der).ok()).collect();
    if usable.is_empty() { Err(CaFileError::Empty) } else { Ok(usable) }
}

/// Reads a bundle of PEM certificates. Certificates that cannot serve as roots are skipped, as those of the system are.
pub(super) fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, CaFileError> {
    // The file type is checked before the file is opened, because opening a pipe would wait for its writer.
    if !path.metadata()?.is_file() {
        return Err(CaFileError::NotAFile);
    }
    let mut pem = Vec::new();
    File::open(path)?.take(CA_FILE_BYTES_MAX + 1).read_to_end(&mut pem)?;
    if pem.len() as u64 > CA_FILE_BYTES_MAX {
        return Err(CaFileError::TooLong);
    }
    let usable: Vec<_> = CertificateDer::pem_slice_iter(&pem)
        .filter_map(Result::ok)
        .filter(|der| RootCertStore::empty().add(der.clone()).is_ok())
        .collect();
    if usable.is_empty() { Err(CaFileError::Empty) } else { Ok(usable) }
}

/// Whether a file can serve as `http.caFile`.
pub fn judge_ca_file(path: &Path) -> Result<(), CaFileError> {
    certificates(path).map(drop)
}

fn plain(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    }
}

/// Whether a client could not be built because the system has no roots. rustls-platform-verifier then returns
/// `General("No CA certificates were loaded from the system")`.
pub(super) fn are_missing(error: &reqwest::Error) -> bool {
    let mut cause = error.source();
    while let Some(error) = cause {
        if matches!(error.downcast_ref(), Some(rustls::Error::General(_))) {
            return true;
        }
        cause = error.source();
    }
    false
}

/// The limit for the file. A bundle of all public authorities is a quarter of this size.
pub const CA_FILE_BYTES_MAX: u64 = 1 << 20;
