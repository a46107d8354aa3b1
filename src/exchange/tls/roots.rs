//! The trusted roots: the system's, and the certificates of `http.caFile`.

use std::path::Path;

use rustls::{RootCertStore, pki_types::CertificateDer};

use super::{
    connector::Tls,
    identity, pem_file,
    setup_error::{CA_SETTING, PemFileError, TlsSetupError},
    system_roots,
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

/// Trusted certificates and their source.
pub(in crate::exchange) type Anchors = Vec<(Root, CertificateDer<'static>)>;

/// Reads the system's roots and `http.caFile`, and makes TLS of them. Skips system roots that cannot be read. Blocks on the disk.
///
/// Of each certificate only what a verification needs is kept, before the next one is read: all of them together would leave holes in
/// the memory of the process, larger than the roots.
pub(in crate::exchange) fn load(settings: &HttpSettings) -> Result<Tls, TlsSetupError> {
    let mut store = RootCertStore::empty();
    each(settings, |_, der| trust(&mut store, der))?;
    with_roots(store, settings)
}

/// Does the same as [`load`], and returns the certificates too.
pub(in crate::exchange) fn load_anchors(settings: &HttpSettings) -> Result<(Anchors, Tls), TlsSetupError> {
    let (mut anchors, mut store) = (Anchors::new(), RootCertStore::empty());
    each(settings, |root, der| {
        trust(&mut store, der.clone());
        anchors.push((root, der));
    })?;
    Ok((anchors, with_roots(store, settings)?))
}

/// Reads the certificates of one file, and makes TLS that trusts no others. `setting` names the file in errors. Blocks on the disk.
pub(in crate::exchange) fn load_only(setting: &'static str, ca_file: &Path) -> Result<Tls, TlsSetupError> {
    let of_file = |error| TlsSetupError::File { setting, path: ca_file.to_owned(), error };
    let mut store = RootCertStore::empty();
    pem_file::roots(ca_file).map_err(of_file)?.into_iter().for_each(|der| trust(&mut store, der));
    Tls::new(store, None).map_err(|_| TlsSetupError::NoRoots { replaced_by: None })
}

/// Whether a file can serve as `http.caFile`.
pub fn judge_ca_file(path: &Path) -> Result<(), PemFileError> {
    pem_file::roots(path).map(drop)
}

/// Passes on the certificates of `http.caFile`, and then the system's, one by one.
fn each(settings: &HttpSettings, mut take: impl FnMut(Root, CertificateDer<'static>)) -> Result<(), TlsSetupError> {
    if let Some(path) = &settings.ca_file {
        let of_file = |error| TlsSetupError::File { setting: CA_SETTING, path: path.clone(), error };
        pem_file::roots(path).map_err(of_file)?.into_iter().for_each(|der| take(Root::CaFile, der));
    }
    system_roots::each(|der| take(Root::System, der));
    Ok(())
}

/// Adds a root that the library can read and that is not there yet.
fn trust(store: &mut RootCertStore, der: CertificateDer<'static>) {
    let is_added = store.add(der).is_ok();
    if is_added && store.roots.split_last().is_some_and(|(last, others)| others.contains(last)) {
        store.roots.pop();
    }
}

fn with_roots(mut store: RootCertStore, settings: &HttpSettings) -> Result<Tls, TlsSetupError> {
    store.roots.shrink_to_fit();
    let certificate = identity::certified(settings.client_certificate.as_ref())?;
    let without = |_| TlsSetupError::NoRoots { replaced_by: system_roots::replacing_variable() };
    Tls::new(store, certificate).map_err(without)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use rustls::pki_types::pem::PemObject as _;

    use super::*;

    #[test]
    fn a_root_that_is_there_twice_is_kept_once() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/certificates");
        let read = |name: &str| CertificateDer::from_pem_slice(&fs::read(folder.join(name)).unwrap()).unwrap();
        let mut store = RootCertStore::empty();
        for name in ["root.pem", "p521.pem", "root.pem", "p521.pem"] {
            trust(&mut store, read(name));
        }
        trust(&mut store, CertificateDer::from(b"no certificate".to_vec()));
        assert_eq!(store.len(), 2);
    }
}
