//! The trusted roots: the system's, and the certificates of `http.caFile`.

use std::path::Path;

use rustls::{RootCertStore, pki_types::CertificateDer};

use super::{
    connector::Tls,
    identity, pem_file,
    setup_error::{CA_SETTING, PemFileError, TlsSetupError},
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
        Some(path) => pem_file::roots(path).map_err(|error| TlsSetupError::File {
            setting: CA_SETTING,
            path: path.clone(),
            error,
        })?,
        None => Vec::new(),
    };
    let system = rustls_native_certs::load_native_certs().certs;
    let own = own.into_iter().map(|der| (Root::CaFile, der));
    let anchors: Anchors = own.chain(system.into_iter().map(|der| (Root::System, der))).collect();
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(anchors.iter().map(|(_, der)| der.clone()));
    let certificate = identity::certified(settings.client_certificate.as_ref())?;
    let tls = Tls::new(store, certificate).map_err(|_| TlsSetupError::NoRoots { replaced_by: replacing_variable() })?;
    Ok((anchors, tls))
}

/// Returns the variable that replaces the system's roots by others, if one is set.
fn replacing_variable() -> Option<&'static str> {
    ["SSL_CERT_FILE", "SSL_CERT_DIR"].into_iter().find(|name| std::env::var_os(name).is_some())
}

/// Trusted certificates and their source.
pub(in crate::exchange) type Anchors = Vec<(Root, CertificateDer<'static>)>;

/// Whether a file can serve as `http.caFile`.
pub fn judge_ca_file(path: &Path) -> Result<(), PemFileError> {
    pem_file::roots(path).map(drop)
}
