//! Maps paths to responses.

use std::sync::Arc;

use http::{Method, Request, StatusCode, header::ACCEPT};
use hyper::body::{Bytes, Incoming};

use super::{
    bounds::{ANSWER_TIMEOUT, READINESS_TIMEOUT},
    host_header::is_for_this_machine,
    negotiation,
    query::{LoopHandle, Query, Readiness, Snapshot},
    reply::{self, Reply, text},
};
use crate::status::{metrics::metrics, page, process::Process};

/// Answers the requests of one connection.
pub(super) struct Router {
    pub(super) loop_handle: LoopHandle,
    /// Whether the client connected by loopback.
    pub(super) on_loopback: bool,
}

impl Router {
    pub(super) async fn answer(&self, request: &Request<Incoming>) -> Reply {
        if self.on_loopback && !is_for_this_machine(request.headers()) {
            return text(
                StatusCode::MISDIRECTED_REQUEST,
                "use 127.0.0.1, localhost or the name of this machine: loopback has no other name\n",
            );
        }
        if request.method() != Method::GET && request.method() != Method::HEAD {
            return reply::only("GET, HEAD", "only GET and HEAD are allowed\n");
        }
        match request.uri().path() {
            "/livez" => self.livez().await,
            "/readyz" => self.readyz(None).await,
            "/status" => self.status().await,
            "/metrics" => self.metrics(request).await,
            "/" => asset("text/html; charset=utf-8", page::HTML),
            "/page.css" => asset("text/css; charset=utf-8", page::CSS),
            "/page.js" => asset("text/javascript; charset=utf-8", page::JS),
            "/icon.svg" => asset("image/svg+xml", page::ICON),
            path => match path.strip_prefix("/readyz/") {
                Some(name) => self.readyz(Some(name)).await,
                None => text(StatusCode::NOT_FOUND, PATHS),
            },
        }
    }

    async fn livez(&self) -> Reply {
        match self.loop_handle.ask(ANSWER_TIMEOUT, Query::Alive).await {
            Some(()) => text(StatusCode::OK, "ok\n"),
            None => stuck(),
        }
    }

    async fn readyz(&self, name: Option<&str>) -> Reply {
        let query = |answer| Query::Ready(name.map(str::to_owned), answer);
        match self.loop_handle.ask(READINESS_TIMEOUT, query).await {
            Some(Readiness::Ready) => text(StatusCode::OK, "ready\n"),
            Some(Readiness::Unready(culprits)) => text(StatusCode::SERVICE_UNAVAILABLE, culprits.join("\n") + "\n"),
            Some(Readiness::Unknown) => text(StatusCode::NOT_FOUND, "no required credential has this name\n"),
            None => {
                let seconds = READINESS_TIMEOUT.as_secs();
                text(
                    StatusCode::SERVICE_UNAVAILABLE,
                    format!("the outputs could not be inspected within {seconds} s; does the disk hang?\n"),
                )
            }
        }
    }

    async fn status(&self) -> Reply {
        match self.snapshot().await {
            Some(snapshot) => reply::of("application/json", snapshot.json()),
            None => stuck(),
        }
    }

    async fn metrics(&self, request: &Request<Incoming>) -> Reply {
        let accepted = request.headers().get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let format = negotiation::metrics_format(&accepted.collect::<Vec<_>>().join(","));
        match self.snapshot().await {
            Some(snapshot) => {
                let text = metrics(Arc::clone(&snapshot.report), Process::inspect(), format);
                reply::of(format.content_type(), text.into())
            }
            None => stuck(),
        }
    }

    async fn snapshot(&self) -> Option<Arc<Snapshot>> {
        self.loop_handle.ask(ANSWER_TIMEOUT, Query::Report).await
    }
}

fn asset(content_type: &'static str, text: &'static str) -> Reply {
    reply::of(content_type, Bytes::from_static(text.as_bytes()))
}

fn stuck() -> Reply {
    let seconds = ANSWER_TIMEOUT.as_secs();
    text(StatusCode::SERVICE_UNAVAILABLE, format!("the daemon's loop has not answered for {seconds} s\n"))
}

const PATHS: &str = "not found; the paths are /, /status, /metrics, /readyz, /readyz/NAME and /livez\n";
