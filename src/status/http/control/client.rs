//! The client of the control socket.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use http::{Method, Request, StatusCode, header::HOST};
use http_body_util::Full;
use hyper::body::Bytes;
use serde::de::DeserializeOwned;
use tokio::{net::UnixStream, time};

use super::{
    request::{ReloadOutcome, RenewalAnswer, RenewalBody, UnknownNames},
    routes::{RELOAD, RENEW, STATUS},
    socket::ShortPath,
};
use crate::status::{
    http::{
        bounds::RELOAD_TIMEOUT,
        client::{RequestError, answer},
    },
    report::Report,
};

/// Why a daemon does not do what was requested by its control socket.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// There is no socket, or no process serves it.
    #[error("no daemon listens at `{}`", .0.display())]
    NoDaemon(PathBuf),
    /// This user may not use it.
    #[error(
        "only the user that the daemon runs as and root may do this: `{}` is not accessible; run this as that user, for example with \
         `sudo`",
        .0.display()
    )]
    Forbidden(PathBuf),
    /// The socket cannot be reached.
    #[error("cannot connect to `{path}`: {source}", path = path.display())]
    Unreachable {
        /// The socket.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The daemon does not answer as expected.
    #[error("the daemon at `{path}` does not do it: {source}", path = path.display())]
    Failed {
        /// The socket.
        path: PathBuf,
        /// What went wrong.
        source: RequestError,
    },
}

/// Returns the path of the control socket in a state directory.
pub fn control_socket(state_directory: &Path) -> PathBuf {
    state_directory.join("control.sock")
}

/// Requests the report of the daemon at a control socket. Must be called within a runtime.
pub async fn control_report(path: &Path) -> Result<Report, ControlError> {
    let (status, body) = request(path, Method::GET, STATUS, Bytes::new(), TIMEOUT).await?;
    parse(path, status, &body)
}

/// Requests renewals of these credentials, or of all if none is named. Must be called within a runtime.
pub async fn request_renewal(path: &Path, credentials: Vec<String>) -> Result<RenewalAnswer, ControlError> {
    // Plain data: it always has a JSON form.
    let body = serde_json::to_vec(&RenewalBody { credentials }).unwrap_or_default();
    let (status, body) = request(path, Method::POST, RENEW, body.into(), TIMEOUT).await?;
    if status == StatusCode::NOT_FOUND {
        let UnknownNames { known, unknown } = parse(path, StatusCode::OK, &body)?;
        return Ok(RenewalAnswer::Unknown { known, unknown });
    }
    parse(path, status, &body).map(|report| RenewalAnswer::Requested(Box::new(report)))
}

/// Requests that the daemon reads its configuration again. Must be called within a runtime.
pub async fn request_reload(path: &Path) -> Result<ReloadOutcome, ControlError> {
    let (status, body) = request(path, Method::POST, RELOAD, Bytes::new(), RELOAD_TIMEOUT + TIMEOUT).await?;
    parse(path, status, &body)
}

async fn request(
    path: &Path,
    method: Method,
    target: &'static str,
    body: Bytes,
    timeout: Duration,
) -> Result<(StatusCode, Bytes), ControlError> {
    let failed = |source| ControlError::Failed { path: path.to_owned(), source };
    let request = Request::builder().method(method).uri(target).header(HOST, "localhost").body(Full::new(body));
    let request = request.map_err(|_| failed(RequestError::Foreign))?;
    let requested = async {
        let short = ShortPath::of(path).map_err(|source| not_connected(path, source))?;
        let stream = UnixStream::connect(short.as_path()).await.map_err(|source| not_connected(path, source))?;
        answer(stream, request).await.map_err(failed)
    };
    match time::timeout(timeout, requested).await {
        Ok(Ok((StatusCode::FORBIDDEN, _))) => Err(ControlError::Forbidden(path.to_owned())),
        Ok(answered) => answered,
        Err(_elapsed) => Err(failed(RequestError::Timeout)),
    }
}

fn not_connected(path: &Path, source: io::Error) -> ControlError {
    let path = path.to_owned();
    match source.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused | io::ErrorKind::NotADirectory => {
            ControlError::NoDaemon(path)
        }
        io::ErrorKind::PermissionDenied => ControlError::Forbidden(path),
        _ => ControlError::Unreachable { path, source },
    }
}

fn parse<T: DeserializeOwned>(path: &Path, status: StatusCode, body: &[u8]) -> Result<T, ControlError> {
    let failed = |source| ControlError::Failed { path: path.to_owned(), source };
    if status != StatusCode::OK {
        return Err(failed(RequestError::ErrorStatus(status)));
    }
    serde_json::from_slice(body).map_err(|_| failed(RequestError::Foreign))
}

const TIMEOUT: Duration = Duration::from_secs(5);
