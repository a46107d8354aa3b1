//! The third step: `CONNECT`, if a proxy applies.

use std::{sync::Arc, time::Duration};

use http::HeaderValue;
use rustls::pki_types::ServerName;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout as within,
};
use tokio_rustls::{TlsConnector, client::TlsStream};
use zeroize::Zeroizing;

use super::{Anchors, Connected, NetworkPath, Route, Untunnelled};
use crate::exchange::transport::describe;

/// A connection to the API, directly or through a proxy.
pub struct Tunnel(pub(super) Box<dyn Stream>);

/// A bidirectional byte stream.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

impl NetworkPath {
    /// Asks the proxy for a tunnel once more and returns why it opens none, as the HTTP library does not say. `None` without such
    /// a proxy, or if it opens one. No secret of the API is sent. A proxy that is reached by TLS is not asked.
    pub(in crate::exchange) async fn why_no_tunnel(&self, timeout: Duration) -> Option<Untunnelled> {
        if !self.has_plain_proxy() {
            return None;
        }
        let asked = async {
            let addresses = self.look_up(timeout).await.ok()?;
            let connected = self.connect(&addresses, timeout).await.ok()?;
            ask(Box::new(connected.stream), &self.authority(), self.login.as_ref()).await.err()
        };
        within(timeout, asked).await.ok()?
    }

    /// Opens a tunnel through the proxy, if there is one.
    pub async fn tunnel(
        &self,
        connected: Connected,
        anchors: Option<&Anchors>,
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

/// Starts TLS with the proxy itself, with the same roots as for the API.
async fn secured(
    stream: TcpStream,
    host: &str,
    anchors: Option<&Anchors>,
) -> Result<TlsStream<TcpStream>, Untunnelled> {
    let broken = |why: String| Untunnelled::Broken { why };
    let anchors = anchors.ok_or_else(|| broken("the trusted certificates are unknown".to_owned()))?;
    let mut config = anchors.tls().client().map_err(|error| broken(describe(&error)))?.config;
    config.alpn_protocols = Vec::new();
    let name = ServerName::try_from(host.to_owned())
        .map_err(|_| broken("its name is not valid in a certificate".to_owned()))?;
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
    // Read byte by byte, because the bytes after the head come from the API.
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() == HEAD_BYTES_MAX {
            return Err(Untunnelled::Broken { why: format!("its answer is longer than {HEAD_BYTES_MAX} bytes") });
        }
        head.push(stream.read_u8().await.map_err(broken)?);
    }
    match status(&head) {
        // Through a tunnel nothing comes before the client speaks.
        Some(200..=299) => match within(PAGE_MAX, stream.read_u8()).await {
            Err(_elapsed) => Ok(Tunnel(stream)),
            Ok(Ok(_)) => Err(Untunnelled::Page),
            Ok(Err(error)) => Err(Untunnelled::Cut { why: describe(&error) }),
        },
        Some(status) => Err(Untunnelled::Refused { status, schemes: schemes(&head) }),
        None => Err(Untunnelled::Broken { why: "it does not speak HTTP".to_owned() }),
    }
}

/// Returns the names of the authentication schemes in a head, such as `Negotiate`.
fn schemes(head: &[u8]) -> Vec<String> {
    let head = String::from_utf8_lossy(head);
    let headers = head.lines().filter_map(|line| line.split_once(':'));
    let offers = headers.filter(|(name, _)| name.trim().eq_ignore_ascii_case("proxy-authenticate"));
    let offers: Vec<_> = offers.map(|(_, value)| unquoted(value)).collect();
    let words = offers.iter().flat_map(|value| value.split(',')).filter_map(|offer| offer.split_whitespace().next());
    let is_scheme = |word: &&str| {
        word.len() <= SCHEME_BYTES_MAX && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    words.filter(is_scheme).take(SCHEMES_MAX).map(str::to_owned).collect()
}

/// Returns a header's value without its quoted strings.
fn unquoted(value: &str) -> String {
    let (mut is_quoted, mut is_escaped) = (false, false);
    let is_outside = |character: &char| {
        let was_quoted = is_quoted;
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            _ => {}
        }
        !was_quoted && *character != '"'
    };
    value.chars().filter(is_outside).collect()
}

/// Returns the status of a line such as `HTTP/1.1 200 …`.
fn status(head: &[u8]) -> Option<u16> {
    let rest = head.strip_prefix(b"HTTP/1.")?;
    let digits = str::from_utf8(rest.get(2..5)?).ok()?;
    (rest[1] == b' ' && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| digits.parse().ok())?
}

/// How long to wait for a page after a 200. A longer wait would delay the test of every proxy.
const PAGE_MAX: Duration = Duration::from_millis(300);
const SCHEMES_MAX: usize = 8;
const SCHEME_BYTES_MAX: usize = 32;
const HEAD_BYTES_MAX: usize = 8 * 1024;
/// Enough for a long name and a long password, so that the buffer never grows and leaves no copy.
const REQUEST_BYTES_MAX: usize = 4 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schemes_of_a_407_are_read_from_its_head() {
        let of = |headers: &str| schemes(format!("HTTP/1.1 407 x\r\n{headers}\r\n\r\n").as_bytes());
        assert_eq!(of("Proxy-Authenticate: Negotiate\r\nproxy-authenticate: NTLM"), ["Negotiate", "NTLM"]);
        assert_eq!(
            of("Proxy-Authenticate: Digest realm=\"a, b\", nonce=\"x=\", Basic realm=\"c\""),
            ["Digest", "Basic"]
        );
        assert_eq!(of("Proxy-Authenticate: Digest realm=\"a, Basic \\\", NTLM\", nonce=\"b\""), ["Digest"]);
        assert_eq!(of("Via: Negotiate"), [] as [&str; 0]);
        assert_eq!(of(&format!("Proxy-Authenticate: {}", "a".repeat(33))), [] as [&str; 0]);
    }

    #[test]
    fn only_a_valid_status_line_of_a_proxy_is_accepted() {
        assert_eq!(status(b"HTTP/1.1 200 Connection established\r\n\r\n"), Some(200));
        assert_eq!(status(b"HTTP/1.0 407\r\n\r\n"), Some(407));
        for head in [&b""[..], b"\r\n\r\n", b"HTTP/2 200\r\n\r\n", b"HTTP/1.1 2x0 \r\n", b"SSH-2.0-x 200", b"HTTP/1.1"]
        {
            assert_eq!(status(head), None);
        }
    }
}
