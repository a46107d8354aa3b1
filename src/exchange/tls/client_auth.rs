//! The client certificate, and whether a server asks for one.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use rustls::{SignatureScheme, client::ResolvesClientCert, sign::CertifiedKey};

/// What became of client certificates in the handshakes with a server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::exchange) enum ClientAuth {
    /// The server did not ask for one.
    NotAsked,
    /// The server asked for one, and got none.
    Missing,
    /// The server asked for one, and got it.
    Presented,
}

/// Presents a certificate to each server that asks for one, and remembers that it did.
#[derive(Debug)]
pub(in crate::exchange) struct ClientCertificate {
    certificate: Option<Arc<CertifiedKey>>,
    is_asked: AtomicBool,
}

impl ClientCertificate {
    /// Presents this certificate; none if there is none.
    pub(super) fn new(certificate: Option<Arc<CertifiedKey>>) -> Self {
        Self { certificate, is_asked: AtomicBool::new(false) }
    }

    /// Returns whether the server has asked for a certificate so far, and whether there is one.
    pub(in crate::exchange) fn state(&self) -> ClientAuth {
        match (self.is_asked.load(Ordering::Relaxed), &self.certificate) {
            (false, _) => ClientAuth::NotAsked,
            (true, None) => ClientAuth::Missing,
            (true, Some(_)) => ClientAuth::Presented,
        }
    }
}

impl ResolvesClientCert for ClientCertificate {
    /// The names of accepted authorities are ignored: there is one certificate, and the server's reason for refusing it is better
    /// than none.
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.is_asked.store(true, Ordering::Relaxed);
        self.certificate.clone()
    }

    fn has_certs(&self) -> bool {
        true
    }
}
