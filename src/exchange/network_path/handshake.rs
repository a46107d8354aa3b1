//! The last step: TLS with the API, and what its server shows.

use std::{
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

use super::{Anchors, Authority, Certificate, NetworkPath, Tunnel};
use crate::exchange::transport::describe;

/// A handshake that came to its end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Handshake {
    /// Such as `TLS 1.3`.
    pub version: &'static str,
    /// As the server shows them, its own first.
    pub chain: Vec<Certificate>,
    /// Who vouches for it, or why nobody does, in words with the remedy.
    pub trust: Result<Authority, String>,
}

impl NetworkPath {
    /// Shakes hands and closes the connection. `Err` is why no handshake came about, in words. `now` is the wall clock's.
    ///
    /// The chain is judged afterwards, so that one that is not trusted can be told of as well. Nothing is said on the
    /// connection, so nobody who is not trusted hears anything.
    pub async fn handshake(
        &self,
        road: Tunnel,
        anchors: &Anchors,
        now: SystemTime,
        timeout: Duration,
    ) -> Result<Handshake, String> {
        let provider = Arc::new(ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| describe(&error))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(JudgedLater(provider)))
            .with_no_client_auth();
        // As the client offers them.
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let name = ServerName::try_from(self.host.clone()).map_err(|_| "its name fits no certificate".to_owned())?;
        let stream = match within(timeout, TlsConnector::from(Arc::new(config)).connect(name.clone(), road.0)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Err(describe(&error)),
            Err(_elapsed) => {
                return Err(format!("TLS: no handshake within {}", humantime::format_duration(timeout)));
            }
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

/// Takes any certificate whose key the server proves to have. For a handshake that nothing follows.
#[derive(Debug)]
struct JudgedLater(Arc<CryptoProvider>);

impl ServerCertVerifier for JudgedLater {
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

/// More certificates are not told of.
const CHAIN_MAX: usize = 8;
