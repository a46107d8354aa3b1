//! The third step: `CONNECT`, if a proxy applies.

use std::{io, sync::Arc, time::Duration};

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
use crate::exchange::{
    request::USER_AGENT,
    tls::{ClientAuth, Tls},
    transport::{TransportFault, describe},
};

/// A connection to the API, directly or through a proxy.
pub struct Tunnel(pub(super) Box<dyn Stream>);

/// A bidirectional byte stream.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

impl NetworkPath {
    /// Opens a tunnel through the proxy, if there is one.
    pub async fn tunnel(
        &self,
        connected: Connected,
        anchors: Option<&Anchors>,
        timeout: Duration,
    ) -> Result<Tunnel, Untunnelled> {
        let opening = self.open_tunnel(connected, anchors.map(Anchors::tls));
        within(timeout, opening).await.unwrap_or(Err(Untunnelled::Slow(timeout)))
    }

    /// Opens a tunnel through the proxy, if there is one. `tls` is for a proxy that is reached by TLS.
    pub(super) async fn open_tunnel(&self, connected: Connected, tls: Option<&Tls>) -> Result<Tunnel, Untunnelled> {
        let Connected { stream, .. } = connected;
        let Route::Proxy { host, is_tls, .. } = &self.route else { return Ok(Tunnel(Box::new(stream))) };
        let stream: Box<dyn Stream> =
            if *is_tls { Box::new(secured(stream, host, tls).await?) } else { Box::new(stream) };
        ask(stream, &self.authority(), self.login.as_ref()).await
    }
}

impl Tunnel {
    /// Waits a moment for bytes, which do not come through a tunnel before the client speaks.
    pub async fn expect_silence(mut self) -> Result<Self, Untunnelled> {
        match within(PAGE_MAX, self.0.read_u8()).await {
            Err(_elapsed) => Ok(self),
            Ok(Ok(_)) => Err(Untunnelled::Page),
            Ok(Err(error)) => Err(Untunnelled::Cut { why: describe(&error) }),
        }
    }
}

/// Starts TLS with the proxy itself, with the same roots as for the API.
async fn secured(stream: TcpStream, host: &str, tls: Option<&Tls>) -> Result<TlsStream<TcpStream>, Untunnelled> {
    let untrusted = |why: String| Untunnelled::Untrusted { why };
    let tls = tls.ok_or_else(|| untrusted("the trusted certificates are unknown".to_owned()))?;
    let config = tls.with_proxy().map_err(|error| untrusted(describe(&error)))?;
    let name = ServerName::try_from(host.to_owned())
        .map_err(|_| untrusted("its name is not valid in a certificate".to_owned()))?;
    let secured = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
    secured.map_err(|error| untrusted(TransportFault::of(&error, ClientAuth::NotAsked).reason().into_owned()))
}

async fn ask(mut stream: Box<dyn Stream>, to: &str, login: Option<&HeaderValue>) -> Result<Tunnel, Untunnelled> {
    let mut request = Zeroizing::new(Vec::with_capacity(REQUEST_BYTES_MAX));
    request
        .extend_from_slice(format!("CONNECT {to} HTTP/1.1\r\nhost: {to}\r\nuser-agent: {USER_AGENT}\r\n").as_bytes());
    if let Some(login) = login {
        request.extend_from_slice(b"proxy-authorization: ");
        request.extend_from_slice(login.as_bytes());
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"\r\n");
    let broken = |error: io::Error| Untunnelled::Broken { why: describe(&error) };
    stream.write_all(&request).await.map_err(broken)?;
    stream.flush().await.map_err(broken)?;
    let mut interim = None;
    loop {
        let head = head(&mut stream).await?;
        match (status(&head), interim) {
            // Interim responses precede the answer.
            (Some(status @ 100..=199), _) => interim = Some(status),
            (Some(200..=299), Some(status)) => {
                return Err(unsupported(format!("an answer that HTTP {status} precedes")));
            }
            (Some(200), None) if head.len() > LIBRARY_HEAD_BYTES_MAX => {
                return Err(unsupported(format!("a header of more than {LIBRARY_HEAD_BYTES_MAX} bytes")));
            }
            (Some(200), None) if fields(&head) > LIBRARY_FIELDS_MAX => {
                return Err(unsupported(format!("a header of more than {LIBRARY_FIELDS_MAX} fields")));
            }
            (Some(200), None) => return Ok(Tunnel(stream)),
            (Some(status @ 201..=299), None) => return Err(unsupported(format!("HTTP {status} in place of 200"))),
            (Some(status), _) => return Err(Untunnelled::Refused { status, schemes: schemes(&head) }),
            (None, _) => return Err(Untunnelled::Broken { why: "it does not speak HTTP".to_owned() }),
        }
    }
}

fn unsupported(what: String) -> Untunnelled {
    Untunnelled::Unsupported { what }
}

/// Reads the head of a reply, to the empty line. Reads byte by byte, because the bytes after the head come from the API. Lines
/// may end without a carriage return, as curl accepts them. Gives up early what cannot be HTTP.
async fn head(stream: &mut Box<dyn Stream>) -> Result<Vec<u8>, Untunnelled> {
    let broken = |why: &str| Untunnelled::Broken { why: why.to_owned() };
    let mut head = Vec::new();
    while !(head.ends_with(b"\r\n\r\n") || head.ends_with(b"\n\n")) {
        if head.len() == HEAD_BYTES_MAX {
            return Err(Untunnelled::Broken { why: format!("its answer is longer than {HEAD_BYTES_MAX} bytes") });
        }
        if !head.starts_with(&HTTP[..HTTP.len().min(head.len())]) {
            return Err(broken("it does not speak HTTP"));
        }
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(error) if head.is_empty() && error.kind() == io::ErrorKind::UnexpectedEof => {
                return Err(broken("it closed the connection without an answer"));
            }
            Err(error) => return Err(Untunnelled::Broken { why: describe(&error) }),
        }
    }
    Ok(head)
}

/// Counts the header fields of a head, whose first and last line are none.
fn fields(head: &[u8]) -> usize {
    head.split(|byte| *byte == b'\n').count().saturating_sub(3)
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
    let ends = rest.get(5).is_none_or(u8::is_ascii_whitespace);
    (rest[1] == b' ' && ends && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| digits.parse().ok())?
}

/// How long to wait for a page after a 200. A longer wait would delay the test of every proxy.
const PAGE_MAX: Duration = Duration::from_millis(300);
const SCHEMES_MAX: usize = 8;
const SCHEME_BYTES_MAX: usize = 32;
/// Some proxies explain a refusal in long headers. curl accepts heads of 300 KiB.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// The HTTP library reads no more of an answer to `CONNECT`.
const LIBRARY_HEAD_BYTES_MAX: usize = 8 * 1024;
const LIBRARY_FIELDS_MAX: usize = 100;
/// The beginning of every answer.
const HTTP: &[u8] = b"HTTP/";
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
