//! The trusted roots, one by one, to find out which of them verified a server's certificate.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use rustls::{
    CertificateError, Error as TlsError, RootCertStore,
    client::{WebPkiServerVerifier, danger::ServerCertVerifier as _},
    crypto::ring,
    pki_types::{CertificateDer, ServerName, UnixTime},
};

use super::certificate::Certificate;
use crate::exchange::{CaFileError, roots, transport::certificate_words};

/// The system's roots and those of `http.caFile`.
#[derive(Debug, Default)]
pub struct Anchors(Vec<(Root, CertificateDer<'static>)>);

/// The source of a root.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Root {
    /// The system's roots.
    System,
    /// The file of `http.caFile`.
    CaFile,
}

/// The authority that a server's certificate chain ends at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Authority {
    /// Its name.
    pub subject: String,
    /// The source of its root.
    pub root: Root,
}

/// Why a server is not trusted, with the remedy where there is one.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum Untrusted {
    /// Its chain is empty.
    #[error("TLS: the server shows no certificate")]
    NoCertificate,
    /// The verification of its certificate failed.
    #[error("{}", certificate_words(.0))]
    Certificate(CertificateError),
    /// The verification failed for another reason.
    #[error("TLS: the server's certificate is not acceptable")]
    NotAcceptable,
    /// No single root verifies it.
    #[error("TLS: more than one root is needed to trust the server's certificate")]
    SeveralRoots,
}

impl Anchors {
    /// Reads the system's roots and `http.caFile`. Skips system roots that cannot be read. Blocks on the disk.
    pub fn load(ca_file: Option<&Path>) -> Result<Self, CaFileError> {
        let own = ca_file.map(roots::certificates).transpose()?.unwrap_or_default();
        let system = rustls_native_certs::load_native_certs().certs;
        let own = own.into_iter().map(|der| (Root::CaFile, der));
        Ok(Self(own.chain(system.into_iter().map(|der| (Root::System, der))).collect()))
    }

    pub(super) fn store(&self) -> RootCertStore {
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(self.0.iter().map(|(_, der)| der.clone()));
        store
    }

    /// Returns the authority that the chain is verified by. The error describes why there is none.
    pub(super) fn judge(
        &self,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: SystemTime,
    ) -> Result<Authority, Untrusted> {
        let now = UnixTime::since_unix_epoch(now.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO));
        let Some((leaf, between)) = chain.split_first() else {
            return Err(Untrusted::NoCertificate);
        };
        let verified = |store: RootCertStore| {
            let verifier =
                WebPkiServerVerifier::builder_with_provider(store.into(), Arc::new(ring::default_provider())).build();
            let Ok(verifier) = verifier else { return Err(CertificateError::UnknownIssuer.into()) };
            verifier.verify_server_cert(leaf, between, name, &[], now)
        };
        verified(self.store()).map_err(|error| match error {
            TlsError::InvalidCertificate(error) => Untrusted::Certificate(error),
            _ => Untrusted::NotAcceptable,
        })?;
        // The library does not return which root it used, so each root is tried alone. A root of another name fails
        // fast.
        let alone = |der: &CertificateDer<'static>| {
            let mut store = RootCertStore::empty();
            store.add(der.clone()).is_ok() && verified(store).is_ok()
        };
        let found = self.0.iter().find(|(_, der)| alone(der));
        found.map_or_else(
            || Err(Untrusted::SeveralRoots),
            |(root, der)| Ok(Authority { subject: Certificate::read(der).subject, root: *root }),
        )
    }
}
