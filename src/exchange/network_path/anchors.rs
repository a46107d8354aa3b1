//! The trusted roots, one by one, to find out which of them verified a server's certificate.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use rustls::{
    RootCertStore,
    client::{WebPkiServerVerifier, danger::ServerCertVerifier as _},
    crypto::ring,
    pki_types::{CertificateDer, ServerName, UnixTime},
};

use crate::exchange::{
    settings::HttpSettings,
    tls::{self, Certificate, CertificateFault, Root, Tls, TlsSetupError},
};

/// The system's roots and those of `http.caFile`.
#[derive(Debug)]
pub struct Anchors {
    anchors: Vec<(Root, CertificateDer<'static>)>,
    tls: Tls,
}

/// The authority that a server's certificate chain ends at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Authority {
    /// Its name.
    pub subject: String,
    /// The source of its root.
    pub root: Root,
}

impl Anchors {
    /// Reads the system's roots and `http.caFile`. Skips system roots that cannot be read. Blocks on the disk.
    pub fn load(settings: &HttpSettings) -> Result<Self, TlsSetupError> {
        let (anchors, tls) = tls::load_anchors(settings)?;
        Ok(Self { anchors, tls })
    }

    /// TLS that trusts these roots.
    pub(in crate::exchange) fn tls(&self) -> &Tls {
        &self.tls
    }

    /// Returns the authority that a verified chain ends at. The library does not return which root it used, so each root is tried
    /// alone. A root of another name fails fast.
    pub(super) fn authority(
        &self,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: SystemTime,
    ) -> Result<Authority, CertificateFault> {
        let now = UnixTime::since_unix_epoch(now.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO));
        let (leaf, between) = chain.split_first().ok_or(CertificateFault::NoCertificate)?;
        let verified = |store: RootCertStore| {
            let verifier =
                WebPkiServerVerifier::builder_with_provider(store.into(), Arc::new(ring::default_provider())).build();
            verifier.is_ok_and(|verifier| verifier.verify_server_cert(leaf, between, name, &[], now).is_ok())
        };
        let alone = |der: &CertificateDer<'static>| {
            let mut store = RootCertStore::empty();
            store.add(der.clone()).is_ok() && verified(store)
        };
        let found = self.anchors.iter().find(|(_, der)| alone(der));
        found.map_or(Err(CertificateFault::SeveralRoots), |(root, der)| {
            Ok(Authority { subject: Certificate::read(der).subject, root: *root })
        })
    }
}
