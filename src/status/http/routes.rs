//! Maps paths to responses.

use std::sync::Arc;

use http::{HeaderMap, Method, Request, StatusCode, header::ACCEPT};
use hyper::body::{Bytes, Incoming};
use tokio::sync::watch;

use super::{
    bounds::{ANSWER_TIMEOUT, READINESS_TIMEOUT},
    host_header::is_for_this_machine,
    host_pattern::AllowedHosts,
    negotiation,
    progress::Progress,
    query::{LoopHandle, Query, Readiness, Snapshot, Unanswered},
    reply::{self, Reply, stuck, text, unanswered},
    tokens,
};
use crate::status::{metrics::metrics, page::PageFile, process::Process};

/// Answers the requests of one connection.
pub(super) struct Router {
    pub(super) loop_handle: LoopHandle,
    /// The `Host` headers that are answered in full.
    pub(super) hosts: HostCheck,
}

/// Which requests of a connection are answered in full.
pub(super) enum HostCheck {
    /// All: no browser can be tricked into a request by this way.
    Any,
    /// Those under a name of this machine, or one of the configuration: the client connected by loopback.
    Loopback(watch::Receiver<AllowedHosts>),
}

impl HostCheck {
    fn accepts(&self, headers: &HeaderMap) -> bool {
        match self {
            Self::Any => true,
            Self::Loopback(allowed) => is_for_this_machine(headers, &allowed.borrow()),
        }
    }
}

impl Router {
    pub(super) async fn answer(&self, request: &Request<Incoming>, progress: &Progress) -> Reply {
        let path = request.uri().path();
        let is_accepted = self.hosts.accepts(request.headers());
        if !is_accepted && !is_for_probes(path) {
            return text(StatusCode::MISDIRECTED_REQUEST, MISDIRECTED);
        }
        if request.method() != Method::GET && request.method() != Method::HEAD {
            return reply::only("GET, HEAD", "only GET and HEAD are allowed\n");
        }
        match path {
            "/livez" => self.livez().await,
            "/readyz" => self.readyz(None, is_accepted).await,
            "/status" => self.status().await,
            "/metrics" => self.metrics(request).await,
            path => {
                if let Some(name) = path.strip_prefix(READYZ_OF) {
                    self.readyz(Some(name), is_accepted).await
                } else if let Some(name) = path.strip_prefix(CREDENTIAL) {
                    tokens::answer(&self.loop_handle, progress, name, request).await
                } else if let Some(file) = PageFile::at(path) {
                    reply::of(file.content_type(), Bytes::from_static(file.text().as_bytes()))
                } else {
                    text(StatusCode::NOT_FOUND, PATHS)
                }
            }
        }
    }

    async fn livez(&self) -> Reply {
        match self.loop_handle.ask(ANSWER_TIMEOUT, Query::Alive).await {
            Ok(()) => text(StatusCode::OK, "ok\n"),
            Err(why) => stuck(why),
        }
    }

    /// Answers whether tokens are valid. Reasons contain paths and addresses, so only accepted hosts get them.
    async fn readyz(&self, name: Option<&str>, shows_reasons: bool) -> Reply {
        let query = |answer| Query::Ready(name.map(str::to_owned), answer);
        match self.loop_handle.ask(READINESS_TIMEOUT, query).await {
            Ok(Readiness::Ready) => text(StatusCode::OK, "ready\n"),
            Ok(Readiness::Unready(_)) if !shows_reasons => text(StatusCode::SERVICE_UNAVAILABLE, UNREADY),
            Ok(Readiness::Unready(culprits)) => text(StatusCode::SERVICE_UNAVAILABLE, culprits.join("\n") + "\n"),
            Ok(Readiness::Unknown) => text(StatusCode::NOT_FOUND, "no required credential has this name\n"),
            Err(why) => {
                let seconds = READINESS_TIMEOUT.as_secs();
                unanswered(why, format!("the outputs could not be inspected within {seconds} s; does the disk hang?\n"))
            }
        }
    }

    async fn status(&self) -> Reply {
        match self.snapshot().await {
            Ok(snapshot) => reply::of("application/json", snapshot.json()),
            Err(why) => stuck(why),
        }
    }

    async fn metrics(&self, request: &Request<Incoming>) -> Reply {
        let accepted = request.headers().get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let format = negotiation::metrics_format(&accepted.collect::<Vec<_>>().join(","));
        match self.snapshot().await {
            Ok(snapshot) => {
                let text = metrics(Arc::clone(&snapshot.report), Process::inspect(), format);
                reply::of(format.content_type(), text.into())
            }
            Err(why) => stuck(why),
        }
    }

    async fn snapshot(&self) -> Result<Arc<Snapshot>, Unanswered> {
        self.loop_handle.ask(ANSWER_TIMEOUT, Query::Report).await
    }
}

/// Whether probes and scrapers ask for a path, through a proxy under any name. None of these answers shows more than the
/// names of credentials, times and counts.
fn is_for_probes(path: &str) -> bool {
    matches!(path, "/livez" | "/readyz" | "/metrics") || path.starts_with(READYZ_OF)
}

const READYZ_OF: &str = "/readyz/";
const CREDENTIAL: &str = "/v1/credentials/";
const UNREADY: &str = "not ready; the reasons are shown under 127.0.0.1, localhost and the names in `status.hosts`\n";
const MISDIRECTED: &str = "use 127.0.0.1, localhost or the name of this machine, or add this host to `status.hosts`: loopback \
                           has no other name; /livez, /readyz and /metrics answer under every name\n";
const PATHS: &str =
    "not found; the paths are /, /status, /metrics, /readyz, /readyz/NAME, /livez and /v1/credentials/NAME\n";
