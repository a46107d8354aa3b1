//! Reads files of certificates and keys in PEM.

use std::{fs::File, io::Read as _, path::Path};

use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};
use zeroize::Zeroizing;

use super::{
    pem_content::PemContent,
    setup_error::{PEM_FILE_BYTES_MAX, PemFileError},
};

/// Reads a bundle of PEM certificates. Certificates that cannot serve as roots are skipped, as those of the system are.
pub(super) fn roots(path: &Path) -> Result<Vec<CertificateDer<'static>>, PemFileError> {
    let pem = read(path)?;
    let usable: Vec<_> = certificates_in(&pem).filter(|der| RootCertStore::empty().add(der.clone()).is_ok()).collect();
    if usable.is_empty() { Err(PemFileError::NoCertificate(PemContent::of(&pem))) } else { Ok(usable) }
}

/// Reads a chain of PEM certificates, the owner's first.
pub(super) fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, PemFileError> {
    let pem = read(path)?;
    let chain: Vec<_> = certificates_in(&pem).collect();
    if chain.is_empty() { Err(PemFileError::NoCertificate(PemContent::of(&pem))) } else { Ok(chain) }
}

/// Reads the first private key.
pub(super) fn key(path: &Path) -> Result<PrivateKeyDer<'static>, PemFileError> {
    let pem = read(path)?;
    PrivateKeyDer::from_pem_slice(&pem).map_err(|_| match PemContent::of(&pem) {
        PemContent::PrivateKey => PemFileError::UnsupportedKey,
        content => PemFileError::NoKey(content),
    })
}

fn certificates_in(pem: &[u8]) -> impl Iterator<Item = CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(pem).filter_map(Result::ok)
}

fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, PemFileError> {
    // The file type is checked before the file is opened, because opening a pipe would wait for its writer.
    let found = path.metadata()?;
    if !found.is_file() {
        return Err(PemFileError::NotAFile);
    }
    let length = usize::try_from(found.len().min(PEM_FILE_BYTES_MAX)).unwrap_or_default();
    let mut pem = Zeroizing::new(Vec::with_capacity(length + 1));
    File::open(path)?.take(PEM_FILE_BYTES_MAX + 1).read_to_end(&mut pem)?;
    if pem.len() as u64 > PEM_FILE_BYTES_MAX { Err(PemFileError::TooLong) } else { Ok(pem) }
}
