//! The last step: TLS with the API, and the server's certificates.

use std::{
    io,
    sync::Arc,
    time::{Duration, SystemTime},
};

use rustls::{
    ClientConfig, DigitallySignedStruct, Error as TlsError, ProtocolVersion, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use tokio::time::timeout as within;
use tokio_rustls::TlsConnector;

use super::{Anchors, Authority, Certificate, NetworkPath, Tunnel, Untrusted};
use crate::exchange::transport::{describe, in_tunnel};

/// A completed handshake.
#[derive(Clone, PartialEq, Debug)]
pub struct Handshake {
    /// The version of TLS, such as `TLS 1.3`.
    pub version: &'static str,
    /// The certificates that the server sent, its own first.
    pub chain: Vec<Certificate>,
    /// The authority that verified the chain, or why none did.
    pub trust: Result<Authority, Untrusted>,
}

/// Why a handshake failed.
#[derive(Debug, thiserror::Error)]
pub enum HandshakeError {
    /// The client's cryptography supports none of its versions of TLS.
    #[error("{}", describe(.0))]
    Versions(#[source] TlsError),
    /// The name of the host is not valid in a certificate.
    #[error("its name is not valid in a certificate")]
    Name,
    /// The connection or the handshake failed.
    #[error("{}", describe(.0))]
    Broken(#[source] io::Error),
    /// The proxy opened the tunnel and then broke it, with the words for it.
    #[error("the proxy {0}")]
    InTunnel(String),
    /// It took longer than this.
    #[error("TLS: no handshake within {}", humantime::format_duration(*.0))]
    Slow(Duration),
}

impl NetworkPath {
    /// Does a TLS handshake and closes the connection. `now` is by the wall clock.
    ///
    /// The chain is verified after the handshake, so that an untrusted chain can be reported too. Nothing is sent on
    /// the connection, so an untrusted server receives no data.
    pub async fn handshake(
        &self,
        tunnel: Tunnel,
        anchors: &Anchors,
        now: SystemTime,
        timeout: Duration,
    ) -> Result<Handshake, HandshakeError> {
        let provider = Arc::new(ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(HandshakeError::Versions)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(VerifiedLater(provider)))
            .with_no_client_auth();
        // The same protocols that the client offers.
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let name = ServerName::try_from(self.host.clone()).map_err(|_| HandshakeError::Name)?;
        let stream = match within(timeout, TlsConnector::from(Arc::new(config)).connect(name.clone(), tunnel.0)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Err(self.broken(error)),
            Err(_elapsed) => return Err(HandshakeError::Slow(timeout)),
        };
        let (_, connection) = stream.get_ref();
        let chain = connection.peer_certificates().unwrap_or_default();
        Ok(Handshake {
            version: match connection.protocol_version() {
                Some(ProtocolVersion::TLSv1_2) => "TLS 1.2",
                Some(ProtocolVersion::TLSv1_3) => "TLS 1.3",
                _ => "TLS",
            },
            chain: chain.iter().take(CHAIN_MAX).map(|der| Certificate::read(der)).collect(),
            trust: anchors.judge(chain, &name, now),
        })
    }
}

impl NetworkPath {
    /// Returns what ended the handshake: the proxy, if there is one and it sent something else than TLS or closed the tunnel.
    fn broken(&self, error: io::Error) -> HandshakeError {
        let words = in_tunnel(&error).and_then(|refusal| self.route.refused_words(&refusal, &self.host));
        words.map_or(HandshakeError::Broken(error), HandshakeError::InTunnel)
    }
}

/// Accepts any certificate whose key the server proves to have. Only for a handshake without later requests.
#[derive(Debug)]
struct VerifiedLater(Arc<CryptoProvider>);

impl ServerCertVerifier for VerifiedLater {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// The maximum number of certificates that are reported.
const CHAIN_MAX: usize = 8;
