//! The last step: TLS with the API, and the server's certificates.

use std::{
    borrow::Cow,
    io,
    sync::Arc,
    time::{Duration, SystemTime},
};

use rustls::{Error as TlsError, ProtocolVersion, pki_types::ServerName};
use tokio::{io::AsyncReadExt as _, time::timeout as within};
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::{Anchors, Authority, Cause, NetworkPath, Tunnel, tunnel::Stream};
use crate::exchange::{
    tls::{Certificate, CertificateFault, ClientAuth, TlsFault},
    transport::{TransportFault, in_tunnel},
};

/// A handshake that was completed, but for the verification of the server.
#[derive(Clone, PartialEq, Debug)]
pub struct Handshake {
    /// The version of TLS, such as `TLS 1.3`.
    pub version: &'static str,
    /// The certificates that the server sent, its own first.
    pub chain: Vec<Certificate>,
    /// The authority that verified the chain, or why none did.
    pub trust: Result<Authority, CertificateFault>,
}

/// Why a handshake failed.
#[derive(Debug, thiserror::Error)]
pub enum HandshakeError {
    /// The client's cryptography supports none of its versions of TLS.
    #[error("TLS: cannot be set up in this process")]
    Setup(#[source] TlsError),
    /// The name of the host is not valid in a certificate.
    #[error("its name is not valid in a certificate")]
    Name,
    /// The connection or the handshake failed.
    #[error("{reason}")]
    Broken {
        /// Description of the error.
        reason: Cow<'static, str>,
        /// What a person can do, if that is known.
        remedy: Option<Cow<'static, str>>,
    },
    /// The proxy opened the tunnel and then broke it, with the words for it.
    #[error("the proxy {0}")]
    InTunnel(Cause),
    /// It took longer than this.
    #[error("TLS: no handshake within {}", humantime::format_duration(*.0))]
    Slow(Duration),
}

impl NetworkPath {
    /// Does a TLS handshake as the client does it, and closes the connection. `now` is by the wall clock.
    ///
    /// Nothing is sent after the handshake. A server that asks for a client certificate is given a moment to refuse it, which it
    /// does after the client's part of the handshake.
    pub async fn handshake(
        &self,
        tunnel: Tunnel,
        anchors: &Anchors,
        now: SystemTime,
        timeout: Duration,
    ) -> Result<Handshake, HandshakeError> {
        let (client, shown) = anchors.tls().single_handshake().map_err(HandshakeError::Setup)?;
        let name = ServerName::try_from(self.host.clone()).map_err(|_| HandshakeError::Name)?;
        let certificate = client.certificate;
        let connected = async {
            let connecting = TlsConnector::from(Arc::new(client.config)).connect(name.clone(), tunnel.0);
            let mut stream = connecting.await?;
            if certificate.state() != ClientAuth::NotAsked {
                refusal(&mut stream).await?;
            }
            Ok(stream)
        };
        let connected = within(timeout, connected).await.map_err(|_elapsed| HandshakeError::Slow(timeout))?;
        let sent = shown.get().map(Vec::as_slice).unwrap_or_default();
        let chain = sent.iter().take(CHAIN_MAX).map(|der| Certificate::read(der)).collect();
        let stream = match connected {
            Ok(stream) => stream,
            Err(error) => {
                return match TransportFault::of(&error, certificate.state()) {
                    TransportFault::Tls(TlsFault::Certificate(fault)) => {
                        Ok(Handshake { version: "TLS", chain, trust: Err(fault) })
                    }
                    fault => Err(self.broken(&error, &fault)),
                };
            }
        };
        let version = match stream.get_ref().1.protocol_version() {
            Some(ProtocolVersion::TLSv1_2) => "TLS 1.2",
            Some(ProtocolVersion::TLSv1_3) => "TLS 1.3",
            _ => "TLS",
        };
        Ok(Handshake { version, chain, trust: anchors.authority(sent, &name, now) })
    }

    /// Returns what ended the handshake: the proxy, if there is one and it sent something else than TLS or closed the tunnel.
    fn broken(&self, error: &io::Error, fault: &TransportFault) -> HandshakeError {
        let cause = in_tunnel(error).and_then(|refusal| self.tunnel_cause(&refusal));
        cause.map_or_else(
            || HandshakeError::Broken { reason: fault.reason(), remedy: fault.remedy() },
            HandshakeError::InTunnel,
        )
    }
}

impl HandshakeError {
    /// Returns what a person can do, if that is known and not part of the message.
    pub fn remedy(&self) -> Option<&str> {
        match self {
            Self::Broken { remedy, .. } => remedy.as_deref(),
            Self::Setup(_) | Self::Name | Self::InTunnel(_) | Self::Slow(_) => None,
        }
    }
}

/// Waits a moment for the server's refusal of the client certificate, or of its absence.
async fn refusal(stream: &mut TlsStream<Box<dyn Stream>>) -> io::Result<()> {
    match within(REFUSAL_MAX, stream.read_u8()).await {
        Ok(Err(error)) => Err(error),
        // A server that sends something, or nothing, has accepted.
        Ok(Ok(_)) | Err(_) => Ok(()),
    }
}

/// How long to wait for a refusal of the client certificate.
const REFUSAL_MAX: Duration = Duration::from_secs(1);
/// The maximum number of certificates that are reported.
const CHAIN_MAX: usize = 8;
