//! The client: requests the report from a daemon on this machine, as `tokenwell status` does, with bounds on everything.

use std::{
    fmt, io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use http::{Request, StatusCode, header::HOST};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::{body::Bytes, client::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, UnixStream},
    time,
};

use super::listen::Listen;
use crate::status::{
    file::FILE_BYTES_MAX,
    report::{REPORT_VERSION, Report},
    token_report::TokenReport,
};

/// The address of a daemon's status server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Address {
    /// A TCP address.
    Tcp(SocketAddr),
    /// The path of a Unix socket.
    Unix(PathBuf),
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// No server can be reached there.
    #[error("{0}")]
    Unreachable(io::Error),
    /// It accepts the connection and does not answer in time.
    #[error("no answer within {} s", TIMEOUT.as_secs())]
    Timeout,
    /// It answers with an error status, as a daemon whose loop is stuck does.
    #[error("it answers HTTP {}", .0.as_u16())]
    ErrorStatus(StatusCode),
    /// It closes the connection before the answer is complete: it stops or is overloaded.
    #[error("it closes the connection without an answer; try again")]
    Closed,
    /// The answer is not a report of this version.
    #[error("the program that answers there is not tokenwell of this version")]
    Foreign,
}

impl Address {
    /// Returns the address at which a server with this configuration is reached from its own machine. Returns `None` if only
    /// the daemon knows it, because the kernel chose the port or the service manager the socket.
    pub fn of(listen: &Listen) -> Option<Self> {
        match listen {
            Listen::Address(address) if address.port() == 0 => None,
            Listen::Address(address) => Some(Self::Tcp(loopback_if_unspecified(*address))),
            Listen::Unix(path) => Some(Self::Unix(path.clone())),
            Listen::Systemd => None,
        }
    }

    /// Parses the address in a report: `http://127.0.0.1:9465/` or `unix:/run/tokenwell/status.sock`.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(path) = text.strip_prefix("unix:") {
            return path.starts_with('/').then(|| Self::Unix(path.into()));
        }
        let address = text.strip_prefix("http://")?.trim_end_matches('/').parse().ok()?;
        Some(Self::Tcp(loopback_if_unspecified(address)))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => write!(f, "http://{address}/status"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// Requests the report, for at most [`TIMEOUT`]. Must be called within a runtime.
pub async fn fetch_report(address: &Address) -> Result<Report, RequestError> {
    let (status, body) = fetch(address, "/status").await?;
    if status != StatusCode::OK {
        return Err(RequestError::ErrorStatus(status));
    }
    let report: Report = serde_json::from_slice(&body).map_err(|_| RequestError::Foreign)?;
    if report.version == REPORT_VERSION { Ok(report) } else { Err(RequestError::Foreign) }
}

/// Why not every required token is on disk and valid.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Unready {
    /// One line for each reason; none if they all are.
    pub lines: Vec<String>,
    /// How many tokens the daemon did not list.
    pub left_out: usize,
}

impl Unready {
    fn read(body: &[u8]) -> Self {
        let mut unready = Self::default();
        for line in String::from_utf8_lossy(body).lines() {
            match line.strip_prefix("and ").and_then(|rest| rest.strip_suffix(" more")?.parse().ok()) {
                Some(left_out) => unready.left_out = left_out,
                None => unready.lines.push(line.replace(char::is_control, " ")),
            }
        }
        unready
    }
}

/// Asks whether every required token is on disk and valid, for at most [`TIMEOUT`]. Must be called within a runtime.
pub async fn fetch_unready(address: &Address) -> Result<Unready, RequestError> {
    let (status, body) = fetch(address, "/readyz").await?;
    match status {
        StatusCode::OK => Ok(Unready::default()),
        StatusCode::SERVICE_UNAVAILABLE => Ok(Unready::read(&body)),
        status => Err(RequestError::ErrorStatus(status)),
    }
}

/// Requests the newest token of a credential. With a wait, returns when another generation than `after` is on disk, or when the time
/// is over; the report shows which. Takes at most [`TIMEOUT`] longer. Must be called within a runtime.
pub async fn fetch_token(
    address: &Address,
    credential: &str,
    after: Option<u64>,
    wait: Duration,
) -> Result<TokenReport, RequestError> {
    let after = after.map(|after| format!("after={after}&")).unwrap_or_default();
    let path = format!("/v1/credentials/{credential}?{after}wait={}ms", wait.as_millis());
    let (status, body) = fetch_within(wait + TIMEOUT, address, &path).await?;
    match status {
        StatusCode::OK => serde_json::from_slice(&body).map_err(|_| RequestError::Foreign),
        status => Err(RequestError::ErrorStatus(status)),
    }
}

async fn fetch(address: &Address, path: &str) -> Result<(StatusCode, Bytes), RequestError> {
    fetch_within(TIMEOUT, address, path).await
}

async fn fetch_within(limit: Duration, address: &Address, path: &str) -> Result<(StatusCode, Bytes), RequestError> {
    let requested = async {
        match address {
            Address::Tcp(at) => {
                let stream = TcpStream::connect(at).await.map_err(RequestError::Unreachable)?;
                answer(stream, get(&at.to_string(), path)?).await
            }
            Address::Unix(socket) => {
                let stream = UnixStream::connect(socket).await.map_err(RequestError::Unreachable)?;
                answer(stream, get("localhost", path)?).await
            }
        }
    };
    time::timeout(limit, requested).await.unwrap_or(Err(RequestError::Timeout))
}

fn get(host: &str, path: &str) -> Result<Request<Full<Bytes>>, RequestError> {
    Request::get(path).header(HOST, host).body(Full::default()).map_err(|_| RequestError::Foreign)
}

/// Sends a request, and returns status and body of the answer.
pub(super) async fn answer(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    request: Request<Full<Bytes>>,
) -> Result<(StatusCode, Bytes), RequestError> {
    let failed = |error: hyper::Error| if error.is_parse() { RequestError::Foreign } else { RequestError::Closed };
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(BUFFER_BYTES_MAX)
        .handshake::<_, Full<Bytes>>(TokioIo::new(stream))
        .await
        .map_err(failed)?;
    let answer = async {
        let answer = sender.send_request(request).await.map_err(failed)?;
        let status = answer.status();
        let bound = usize::try_from(FILE_BYTES_MAX).unwrap_or(usize::MAX);
        let body = Limited::new(answer.into_body(), bound).collect().await.map_err(|error| {
            // A body that is too long is not a report.
            if error.is::<LengthLimitError>() { RequestError::Foreign } else { RequestError::Closed }
        })?;
        Ok((status, body.to_bytes()))
    };
    // The connection must be polled for the answer to arrive. If it ends early, the answer reports the error.
    let drive = async {
        let _ = connection.await;
        std::future::pending::<Result<(StatusCode, Bytes), RequestError>>().await
    };
    tokio::select! {
        answer = answer => answer,
        never = drive => never,
    }
}

/// Replaces the unspecified address by loopback.
fn loopback_if_unspecified(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// The time limit for the whole request; a person waits for it.
const TIMEOUT: Duration = Duration::from_secs(2);

/// The size of the read buffer, the response head included.
const BUFFER_BYTES_MAX: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unspecified_address_is_replaced_by_loopback() {
        let of = |text: &str| Address::of(&Listen::Address(text.parse().unwrap())).map(|address| address.to_string());
        assert_eq!(of("0.0.0.0:9465").unwrap(), "http://127.0.0.1:9465/status");
        assert_eq!(of("[::]:9465").unwrap(), "http://[::1]:9465/status");
        assert_eq!(of("192.0.2.7:9465").unwrap(), "http://192.0.2.7:9465/status");
        assert_eq!(of("127.0.0.1:0"), None, "only the daemon knows its port");
    }

    #[test]
    fn the_address_in_a_report_is_parsed() {
        let parsed = |text: &str| Address::parse(text).map(|address| address.to_string());
        assert_eq!(parsed("http://0.0.0.0:9465/").unwrap(), "http://127.0.0.1:9465/status");
        assert_eq!(parsed("unix:/run/s.sock").unwrap(), "unix:/run/s.sock");
        for nothing in ["", "unix:", "unix:s.sock", "http://example.com/", "https://127.0.0.1:1/"] {
            assert_eq!(parsed(nothing), None, "{nothing}");
        }
    }
}
