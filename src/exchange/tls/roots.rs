//! The trusted roots: the system's, and the certificates of `http.caFile`.

use std::{fs::File, io::Read as _, path::Path};

use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject as _},
};

use super::{
    connector::Tls,
    setup_error::{CA_FILE_BYTES_MAX, CaFileError, TlsSetupError},
};
use crate::exchange::settings::HttpSettings;

/// The source of a root.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Root {
    /// The system's roots.
    System,
    /// The file of `http.caFile`.
    CaFile,
}

/// Reads the system's roots and `http.caFile`, and makes TLS of them. Skips system roots that cannot be read. Blocks on the disk.
pub(in crate::exchange) fn load(settings: &HttpSettings) -> Result<(Anchors, Tls), TlsSetupError> {
    let own = match &settings.ca_file {
        Some(path) => certificates(path).map_err(|error| TlsSetupError::CaFile { path: path.clone(), error })?,
        None => Vec::new(),
    };
    let system = rustls_native_certs::load_native_certs().certs;
    let own = own.into_iter().map(|der| (Root::CaFile, der));
    let anchors: Anchors = own.chain(system.into_iter().map(|der| (Root::System, der))).collect();
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(anchors.iter().map(|(_, der)| der.clone()));
    let tls = Tls::new(store, None).map_err(|_| TlsSetupError::NoRoots)?;
    Ok((anchors, tls))
}

/// Trusted certificates and their source.
pub(in crate::exchange) type Anchors = Vec<(Root, CertificateDer<'static>)>;

/// Reads a bundle of PEM certificates. Certificates that cannot serve as roots are skipped, as those of the system are.
fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, CaFileError> {
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
