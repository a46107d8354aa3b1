//! Asks a daemon of this machine for its report, as `tokenwell status` does. One request, and bounds on all of it.

use std::{
    fmt, io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use http::{Request, StatusCode, header::HOST};
use http_body_util::{BodyExt as _, Empty, LengthLimitError, Limited};
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
};

/// Where a daemon can be requested.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Address {
    /// By TCP.
    Tcp(SocketAddr),
    /// By a Unix socket.
    Unix(PathBuf),
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// Nobody can be reached there.
    #[error("{0}")]
    Unreachable(io::Error),
    /// It accepts and then says nothing, or too slowly.
    #[error("no answer within {} s", TIMEOUT.as_secs())]
    Timeout,
    /// It says that it cannot, as one does whose loop is stuck.
    #[error("it answers HTTP {}", .0.as_u16())]
    ErrorStatus(StatusCode),
    /// It goes without a whole answer: it stops, or has more to do than it can.
    #[error("it closes the connection without an answer; ask again")]
    Closed,
    /// It speaks of something else.
    #[error("what answers there is no tokenwell of this version")]
    Foreign,
}

impl Address {
    /// Where one that listens so can be requested from its own machine. `None` if only the daemon knows: it chose the port, or
    /// the service manager the socket.
    pub fn of(listen: &Listen) -> Option<Self> {
        match listen {
            Listen::Address(address) if address.port() == 0 => None,
            Listen::Address(address) => Some(Self::Tcp(loopback_if_unspecified(*address))),
            Listen::Unix(path) => Some(Self::Unix(path.clone())),
            Listen::Systemd => None,
        }
    }

    /// The same as a report tells it: `http://127.0.0.1:9465/` or `unix:/run/tokenwell/status.sock`.
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

/// Asks, for at most [`TIMEOUT`]. Must be called within a runtime.
pub async fn fetch_report(address: &Address) -> Result<Report, RequestError> {
    let requested = async {
        match address {
            Address::Tcp(at) => {
                let stream = TcpStream::connect(at).await.map_err(RequestError::Unreachable)?;
                report(stream, &at.to_string()).await
            }
            Address::Unix(path) => {
                let stream = UnixStream::connect(path).await.map_err(RequestError::Unreachable)?;
                report(stream, "localhost").await
            }
        }
    };
    time::timeout(TIMEOUT, requested).await.unwrap_or(Err(RequestError::Timeout))
}

async fn report(stream: impl AsyncRead + AsyncWrite + Unpin, host: &str) -> Result<Report, RequestError> {
    let failed = |error: hyper::Error| if error.is_parse() { RequestError::Foreign } else { RequestError::Closed };
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(BUFFER_BYTES_MAX)
        .handshake::<_, Empty<Bytes>>(TokioIo::new(stream))
        .await
        .map_err(failed)?;
    let request = Request::get("/status").header(HOST, host).body(Empty::new()).map_err(|_| RequestError::Foreign)?;
    let answer = async {
        let answer = sender.send_request(request).await.map_err(failed)?;
        if answer.status() != StatusCode::OK {
            return Err(RequestError::ErrorStatus(answer.status()));
        }
        let bound = usize::try_from(FILE_BYTES_MAX).unwrap_or(usize::MAX);
        let body = Limited::new(answer.into_body(), bound).collect().await.map_err(|error| {
            // A body that is too long is none of ours.
            if error.is::<LengthLimitError>() { RequestError::Foreign } else { RequestError::Closed }
        })?;
        let report: Report = serde_json::from_slice(&body.to_bytes()).map_err(|_| RequestError::Foreign)?;
        if report.version == REPORT_VERSION { Ok(report) } else { Err(RequestError::Foreign) }
    };
    // The connection carries the answer as long as somebody drives it; its own end is told by the answer.
    let drive = async {
        let _ = connection.await;
        std::future::pending::<Result<Report, RequestError>>().await
    };
    tokio::select! {
        answer = answer => answer,
        never = drive => never,
    }
}

/// Who listens on every address of the machine is requested by loopback.
fn loopback_if_unspecified(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// From the first byte sent to the last one read: a person waits.
const TIMEOUT: Duration = Duration::from_secs(2);

/// What is read ahead of an answer, its head included.
const BUFFER_BYTES_MAX: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_of_the_machine_is_asked_by_loopback() {
        let of = |text: &str| Address::of(&Listen::Address(text.parse().unwrap())).map(|address| address.to_string());
        assert_eq!(of("0.0.0.0:9465").unwrap(), "http://127.0.0.1:9465/status");
        assert_eq!(of("[::]:9465").unwrap(), "http://[::1]:9465/status");
        assert_eq!(of("192.0.2.7:9465").unwrap(), "http://192.0.2.7:9465/status");
        assert_eq!(of("127.0.0.1:0"), None, "only the daemon knows its port");
    }

    #[test]
    fn what_a_report_tells_can_be_asked() {
        let told = |text: &str| Address::parse(text).map(|address| address.to_string());
        assert_eq!(told("http://0.0.0.0:9465/").unwrap(), "http://127.0.0.1:9465/status");
        assert_eq!(told("unix:/run/s.sock").unwrap(), "unix:/run/s.sock");
        for nothing in ["", "unix:", "unix:s.sock", "http://example.com/", "https://127.0.0.1:1/"] {
            assert_eq!(told(nothing), None, "{nothing}");
        }
    }
}
