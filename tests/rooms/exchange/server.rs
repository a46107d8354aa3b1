//! A server of raw bytes. It reads complete requests and sends the replies of the test, valid or not.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::Notify,
};
use tokio_rustls::TlsAcceptor;

/// Reaction to one request.
pub(crate) enum Answer {
    /// Sends these bytes and keeps the connection open.
    Bytes(String),
    /// Sends these bytes and closes the connection.
    ThenClose(String),
    /// Sends these bytes and resets the connection.
    ThenReset(String),
    /// Sends these bytes, and then one byte at a time forever.
    ThenTrickle(String),
    /// Sends nothing, and keeps the connection open forever.
    Silence,
}

impl Answer {
    /// Returns an ordinary reply.
    pub(crate) fn reply(status: &str, body: &str) -> Self {
        Self::Bytes(format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{body}", body.len()))
    }
}

/// A running server. It stops with the runtime of the test.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    answers: Mutex<VecDeque<Answer>>,
    requests: Mutex<Vec<String>>,
    connections: AtomicUsize,
    arrived: Notify,
}

impl Server {
    /// Starts a server in plain text.
    pub(crate) async fn start(answers: impl IntoIterator<Item = Answer>) -> Self {
        Self::start_with(answers, None).await
    }

    /// Starts a server, with TLS if there is an acceptor.
    pub(crate) async fn start_with(answers: impl IntoIterator<Item = Answer>, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State { answers: Mutex::new(answers.into_iter().collect()), ..State::default() });
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                shared.connections.fetch_add(1, Ordering::SeqCst);
                let (state, tls) = (Arc::clone(&shared), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        // Resets are possible on plain TCP only.
                        None => serve(stream, &state, |stream: &TcpStream| stream.set_zero_linger().unwrap()).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                serve(stream, &state, |_| unreachable!("no resets in TLS")).await;
                            }
                        }
                    }
                });
            }
        });
        Self { address, state }
    }

    /// Returns every complete request so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.state.requests.lock().unwrap().clone()
    }

    pub(crate) fn connections(&self) -> usize {
        self.state.connections.load(Ordering::SeqCst)
    }

    /// Waits until this number of requests has arrived.
    pub(crate) async fn has_requests(&self, count: usize) {
        while self.requests().len() < count {
            self.state.arrived.notified().await;
        }
    }

    pub(crate) fn answer(&self, answer: Answer) {
        self.state.answers.lock().unwrap().push_back(answer);
    }
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, state: &State, reset: impl Fn(&S)) {
    while let Some(request) = read_request(&mut stream).await {
        state.requests.lock().unwrap().push(request);
        state.arrived.notify_one();
        let answer = state.answers.lock().unwrap().pop_front().unwrap_or(Answer::Silence);
        match answer {
            Answer::Bytes(bytes) => write(&mut stream, &bytes).await,
            Answer::ThenClose(bytes) => {
                write(&mut stream, &bytes).await;
                let _ = stream.shutdown().await;
                return;
            }
            Answer::ThenReset(bytes) => {
                write(&mut stream, &bytes).await;
                return reset(&stream);
            }
            Answer::ThenTrickle(bytes) => {
                write(&mut stream, &bytes).await;
                while stream.write_all(b"x").await.is_ok() && stream.flush().await.is_ok() {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
                return;
            }
            Answer::Silence => std::future::pending().await,
        }
    }
}

async fn write(stream: &mut (impl AsyncWrite + Unpin), bytes: &str) {
    let _ = stream.write_all(bytes.as_bytes()).await;
    let _ = stream.flush().await;
}

/// Reads the headers and the announced length of the body. Returns `None` if the client has closed the connection.
async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length =
                head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return Some(text);
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}
