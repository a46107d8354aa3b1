//! The third step: `CONNECT`, where a proxy stands in the way.

use std::{sync::Arc, time::Duration};

use http::HeaderValue;
use rustls::{ClientConfig, crypto::ring, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout as within,
};
use tokio_rustls::{TlsConnector, client::TlsStream};
use zeroize::Zeroizing;

use super::{Anchors, Connected, NetworkPath, Route};
use crate::exchange::transport::describe;

/// A connection that leads to the API, be it through a proxy.
pub struct Tunnel(pub(super) Box<dyn Stream>);

/// Whatever can be spoken on.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// Why a proxy did not let us through.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Untunnelled {
    /// It answers `CONNECT` with this status.
    Refused {
        /// The status.
        status: u16,
    },
    /// It speaks no HTTP, or hangs up, or TLS with it fails.
    Broken {
        /// Why, in words.
        why: String,
    },
    /// It took longer than this.
    Slow(Duration),
}

impl NetworkPath {
    /// Goes through the proxy, if there is one.
    pub async fn tunnel(
        &self,
        connected: Connected,
        anchors: &Anchors,
        timeout: Duration,
    ) -> Result<Tunnel, Untunnelled> {
        let Connected { stream, .. } = connected;
        let Route::Proxy { host, is_tls, .. } = &self.route else { return Ok(Tunnel(Box::new(stream))) };
        let through = async {
            let stream: Box<dyn Stream> =
                if *is_tls { Box::new(secured(stream, host, anchors).await?) } else { Box::new(stream) };
            ask(stream, &self.authority(), self.login.as_ref()).await
        };
        within(timeout, through).await.unwrap_or(Err(Untunnelled::Slow(timeout)))
    }
}

/// TLS with the proxy itself, which is trusted as the API is.
async fn secured(stream: TcpStream, host: &str, anchors: &Anchors) -> Result<TlsStream<TcpStream>, Untunnelled> {
    let broken = |why: String| Untunnelled::Broken { why };
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| broken(describe(&error)))?
        .with_root_certificates(anchors.store())
        .with_no_client_auth();
    let name = ServerName::try_from(host.to_owned()).map_err(|_| broken("its name fits no certificate".to_owned()))?;
    let secured = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
    secured.map_err(|error| broken(describe(&error)))
}

async fn ask(mut stream: Box<dyn Stream>, to: &str, login: Option<&HeaderValue>) -> Result<Tunnel, Untunnelled> {
    let mut request = Zeroizing::new(Vec::with_capacity(REQUEST_BYTES_MAX));
    request.extend_from_slice(format!("CONNECT {to} HTTP/1.1\r\nHost: {to}\r\n").as_bytes());
    if let Some(login) = login {
        request.extend_from_slice(b"Proxy-Authorization: ");
        request.extend_from_slice(login.as_bytes());
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"\r\n");
    let broken = |error: std::io::Error| Untunnelled::Broken { why: describe(&error) };
    stream.write_all(&request).await.map_err(broken)?;
    stream.flush().await.map_err(broken)?;
    // Byte by byte, for what follows the head is the API's.
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() == HEAD_BYTES_MAX {
            return Err(Untunnelled::Broken { why: format!("its answer is longer than {HEAD_BYTES_MAX} bytes") });
        }
        head.push(stream.read_u8().await.map_err(broken)?);
    }
    match status(&head) {
        Some(200..=299) => Ok(Tunnel(stream)),
        Some(status) => Err(Untunnelled::Refused { status }),
        None => Err(Untunnelled::Broken { why: "it does not speak HTTP".to_owned() }),
    }
}

/// `HTTP/1.1 200 …`.
fn status(head: &[u8]) -> Option<u16> {
    let rest = head.strip_prefix(b"HTTP/1.")?;
    let digits = str::from_utf8(rest.get(2..5)?).ok()?;
    (rest[1] == b' ' && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| digits.parse().ok())?
}

const HEAD_BYTES_MAX: usize = 8 * 1024;
/// Room for a long name and a long password, so that no copy is left behind by growing.
const REQUEST_BYTES_MAX: usize = 4 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_of_a_proxy_is_read_and_nothing_else() {
        assert_eq!(status(b"HTTP/1.1 200 Connection established\r\n\r\n"), Some(200));
        assert_eq!(status(b"HTTP/1.0 407\r\n\r\n"), Some(407));
        for head in [&b""[..], b"\r\n\r\n", b"HTTP/2 200\r\n\r\n", b"HTTP/1.1 2x0 \r\n", b"SSH-2.0-x 200", b"HTTP/1.1"]
        {
            assert_eq!(status(head), None);
        }
    }
}
