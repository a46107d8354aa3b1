//! Serves one connection.

use std::{convert::Infallible, pin::pin};

use http::Request;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time,
};
use tracing::debug;

use super::{
    bounds::{CONNECTION_GRACE, CONNECTION_LIFE, HEAD_BYTES_MAX, HEAD_TIMEOUT},
    control::ControlRouter,
    progress::{Progress, TrackedStream},
    reply::Reply,
    routes::Router,
};

/// What answers the requests of a connection.
pub(super) enum Routes {
    /// The status server.
    Status(Router),
    /// The control socket.
    Control(ControlRouter),
}

impl Routes {
    async fn answer(&self, request: Request<Incoming>) -> Reply {
        match self {
            Self::Status(router) => router.answer(&request).await,
            Self::Control(router) => router.answer(request).await,
        }
    }
}

/// Answers requests until the client disconnects or its time is over. The unread rest of a response is then dropped.
pub(super) async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin + Send, routes: Routes, progress: Progress) {
    let stream = TrackedStream { stream, progress: progress.clone() };
    let (routes, progress) = (&routes, &progress);
    let service = service_fn(move |request| {
        progress.request_received();
        async move {
            let reply = routes.answer(request).await;
            progress.response_ready();
            Ok::<_, Infallible>(reply)
        }
    });
    let mut http = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIMEOUT)
            .max_header_size(HEAD_BYTES_MAX)
            .max_headers(HEADERS_MAX)
            .max_buf_size(BUFFER_BYTES_MAX)
            .serve_connection(TokioIo::new(stream), service)
    );
    let ended = tokio::select! {
        ended = &mut http => ended,
        () = time::sleep(CONNECTION_LIFE) => {
            http.as_mut().graceful_shutdown();
            match time::timeout(CONNECTION_GRACE, http).await {
                Ok(ended) => ended,
                Err(_) => return debug!("closing a connection to the status server: the client reads too slowly"),
            }
        }
    };
    if let Err(error) = ended {
        debug!("a connection to the status server failed: {error}");
    }
}

const HEADERS_MAX: usize = 64;

/// More than a head, so that the bound on the head applies first.
const BUFFER_BYTES_MAX: usize = 2 * HEAD_BYTES_MAX;
