//! TLS with all servers of a configuration.

use std::sync::{Arc, OnceLock};

use rustls::{
    ClientConfig, Error as TlsError, RootCertStore,
    client::{Resumption, VerifierBuilderError},
    crypto::ring,
    pki_types::CertificateDer,
    sign::CertifiedKey,
};

use super::{client_auth::ClientCertificate, observed_sessions::ObservedSessions, verifier::ServerVerifier};

/// The trusted roots and the client certificate, from which the TLS of each client is made.
#[derive(Clone, Debug)]
pub(in crate::exchange) struct Tls {
    verifier: Arc<ServerVerifier>,
    certificate: Option<Arc<CertifiedKey>>,
}

/// TLS for one client.
#[derive(Debug)]
pub(in crate::exchange) struct ClientTls {
    /// For the TLS library.
    pub(in crate::exchange) config: ClientConfig,
    /// Knows whether the server asked for a certificate.
    pub(in crate::exchange) certificate: Arc<ClientCertificate>,
}

/// The certificates that the server of one handshake sent.
pub(in crate::exchange) type Shown = Arc<OnceLock<Vec<CertificateDer<'static>>>>;

impl Tls {
    /// Trusts these roots; an error if there is none.
    pub(in crate::exchange) fn new(
        roots: RootCertStore,
        certificate: Option<Arc<CertifiedKey>>,
    ) -> Result<Self, VerifierBuilderError> {
        Ok(Self { verifier: Arc::new(ServerVerifier::new(roots.into())?), certificate })
    }

    /// Returns TLS for the requests to one server.
    pub(in crate::exchange) fn client(&self) -> Result<ClientTls, TlsError> {
        self.client_with(Arc::clone(&self.verifier))
    }

    /// Returns TLS with a proxy that is itself reached by TLS.
    pub(in crate::exchange) fn with_proxy(&self) -> Result<ClientConfig, TlsError> {
        let mut config = self.client()?.config;
        config.alpn_protocols = Vec::new();
        Ok(config)
    }

    /// Returns TLS for one handshake, in which the server always shows its certificates, and the place where they will be.
    pub(in crate::exchange) fn single_handshake(&self) -> Result<(ClientTls, Shown), TlsError> {
        let shown = Shown::default();
        let mut client = self.client_with(Arc::new(self.verifier.showing(Arc::clone(&shown))))?;
        client.config.resumption = Resumption::disabled();
        Ok((client, shown))
    }

    fn client_with(&self, verifier: Arc<ServerVerifier>) -> Result<ClientTls, TlsError> {
        let certificate = Arc::new(ClientCertificate::new(self.certificate.clone()));
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_client_cert_resolver(Arc::clone(&certificate) as _);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        config.resumption = Resumption::store(Arc::new(ObservedSessions::new()));
        Ok(ClientTls { config, certificate })
    }
}
