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
    connection_pool::Closing,
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
    async fn answer(&self, request: Request<Incoming>, progress: &Progress) -> Reply {
        match self {
            Self::Status(router) => router.answer(&request, progress).await,
            Self::Control(router) => router.answer(request).await,
        }
    }
}

/// Answers requests until the client disconnects, its time is over or the server closes. The unread rest of a response is then
/// dropped.
pub(super) async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send,
    routes: Routes,
    progress: Progress,
    mut closing: Closing,
) {
    let stream = TrackedStream { stream, progress: progress.clone() };
    let (routes, progress) = (&routes, &progress);
    let service = service_fn(move |request| {
        progress.request_received();
        async move {
            let reply = routes.answer(request, progress).await;
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
    let time_is_over = async {
        tokio::select! {
            () = time::sleep(CONNECTION_LIFE) => {}
            () = closing.requested() => {}
        }
    };
    let ended = tokio::select! {
        ended = &mut http => ended,
        () = time_is_over => {
            http.as_mut().graceful_shutdown();
            loop {
                // The answer to a client that waits has a whole grace period.
                let waits = progress.is_waiting();
                match time::timeout(CONNECTION_GRACE, &mut http).await {
                    Ok(ended) => break ended,
                    Err(_) if waits => {}
                    Err(_) => return debug!("closing a connection to the status server: the client reads too slowly"),
                }
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

#[cfg(test)]
mod tests {

    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream},
        sync::{mpsc, watch},
    };

    use super::*;
    use crate::status::http::{
        bounds::WAIT_MAX,
        connection_pool::ConnectionPool,
        query::{LoopHandle, Query, TokenAnswer},
        routes::HostCheck,
    };

    fn connect() -> (DuplexStream, mpsc::Receiver<Query>, ConnectionPool) {
        let (client, server) = tokio::io::duplex(64 * 1024);
        let (sender, queries) = mpsc::channel(1);
        let (_, hosts) = watch::channel(crate::status::AllowedHosts::default());
        let router = Router { loop_handle: LoopHandle::new(sender), hosts: HostCheck::Loopback(hosts) };
        let mut pool = ConnectionPool::default();
        pool.admit(|progress, closing| serve(server, Routes::Status(router), progress, closing));
        (client, queries, pool)
    }

    const WAITS: &[u8] = b"GET /v1/credentials/a?after=1&wait=5m HTTP/1.1\r\nHost: localhost\r\n\r\n";

    #[tokio::test(start_paused = true)]
    async fn a_client_that_waits_outlives_the_usual_connection() {
        let (mut client, mut queries, _pool) = connect();
        client.write_all(WAITS).await.unwrap();
        let Some(Query::Token(_, answer)) = queries.recv().await else { panic!("a question") };
        time::sleep(WAIT_MAX / 10 * 9).await;
        answer.send(TokenAnswer::Unknown(Vec::new())).unwrap();
        let mut reply = String::new();
        client.read_to_string(&mut reply).await.unwrap();
        assert!(reply.starts_with("HTTP/1.1 404 ") && reply.ends_with("\r\n\r\nthere is no credential\n"), "{reply}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_whose_time_is_over_is_answered() {
        let (mut client, mut queries, _pool) = connect();
        client.write_all(WAITS).await.unwrap();
        let Some(Query::Token(_, waiting)) = queries.recv().await else { panic!("a question") };
        let Some(Query::Token(newest, answer)) = queries.recv().await else { panic!("a second question") };
        assert!(waiting.is_closed() && newest.wanted.is_answered_by(None));
        answer.send(TokenAnswer::Starting).unwrap();
        let mut reply = String::new();
        client.read_to_string(&mut reply).await.unwrap();
        assert!(reply.starts_with("HTTP/1.1 503 ") && reply.contains("\r\nretry-after: 1\r\n"), "{reply}");
    }

    #[tokio::test]
    async fn a_server_that_closes_still_answers_those_who_asked() {
        let (mut client, mut queries, pool) = connect();
        client.write_all(WAITS).await.unwrap();
        let Some(Query::Token(_, answer)) = queries.recv().await else { panic!("a question") };
        let (mut idle, _queries, of_idle) = connect();
        let (closing, of_idle) = (pool.close(), of_idle.close());
        of_idle.answered().await;
        assert_eq!(idle.read(&mut [0]).await.unwrap(), 0, "a connection without a request ends at once");
        answer.send(TokenAnswer::Stopping).unwrap();
        closing.answered().await;
        let mut reply = String::new();
        client.read_to_string(&mut reply).await.unwrap();
        assert!(reply.starts_with("HTTP/1.1 503 ") && reply.ends_with("\r\n\r\nthe daemon stops\n"), "{reply}");
    }

    #[tokio::test]
    async fn a_question_that_nobody_takes_any_more_is_answered() {
        for path in ["/livez", "/readyz", "/status", "/metrics", "/v1/credentials/a", "/v1/credentials/a?wait=5m"] {
            let (mut client, queries, pool) = connect();
            drop(queries);
            client.write_all(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes()).await.unwrap();
            let mut head = [0; "HTTP/1.1 503 ".len()];
            client.read_exact(&mut head).await.unwrap();
            pool.close().answered().await;
            let mut reply = String::new();
            client.read_to_string(&mut reply).await.unwrap();
            assert_eq!(&head, b"HTTP/1.1 503 ", "{path}");
            let is_later =
                reply.contains("\r\nretry-after: 1\r\n") && reply.ends_with("stops, or serves elsewhere now\n");
            assert!(is_later, "{path}: {reply}");
        }
    }

    #[tokio::test]
    async fn a_client_that_disconnects_drops_its_question() {
        let (mut client, mut queries, _pool) = connect();
        client.write_all(WAITS).await.unwrap();
        let Some(Query::Token(_, mut answer)) = queries.recv().await else { panic!("a question") };
        drop(client);
        answer.closed().await;
    }
}
