//! The status server: reads GET and HEAD, knows nothing by itself, and asks the loop.
//!
//! ```text
//!   Server::next ── accept ──> connection ── route ──> Query ──> the loop
//!        ^                                                            │
//!        └──────────────── the query, in the loop's turn <─────────┘
//! ```
//!
//! It has no task of its own: it is driven by the loop that it asks, on the one thread there is. A loop that is stuck
//! accepts nobody, which is what a probe should find. Each connection is a task that can only wait for itself.
//!
//! `client.rs` is the other side: how a command asks a daemon.
//!
//! Bounds: [`CONNECTIONS_MAX`] connections, of which a accept_paced replaces the oldest that asks nothing (`connection_pool.rs`);
//! [`HEAD_BYTES_MAX`] of a request's head, and [`HEAD_TIMEOUT`] for it to arrive; [`CONNECTION_LIFE`] for a connection as a
//! whole, however slowly it reads.

mod client;
mod connection;
mod connection_pool;
mod host_header;
mod listen;
mod listen_probe;
mod negotiation;
mod progress;
mod query;
mod reply;
mod routes;

use std::{io, path::Path, time::Duration};

use tokio::{
    sync::mpsc,
    time::{self, Interval},
};
use tracing::warn;

use self::{
    connection::serve,
    connection_pool::ConnectionPool,
    listen::{Listener, Stream},
    query::LoopHandle,
};

pub use self::{
    client::{Address, RequestError, fetch_report},
    listen::{InheritedSocket, Listen, ListenError},
    listen_probe::{ListenProbe, listen_probe},
    query::{Query, Readiness, Snapshot},
};

/// A server that listens. Dropping it closes every connection, and removes its Unix socket.
#[derive(Debug)]
pub struct Server {
    listener: Listener,
    loop_handle: LoopHandle,
    queries: mpsc::Receiver<Query>,
    connections: ConnectionPool,
    /// Of newcomers where each costs another one its place.
    pace: Interval,
    accept_failure_logged: bool,
}

impl Server {
    /// Listens. Must be called within a tokio runtime.
    pub fn open(listen: &Listen, inherited: &mut InheritedSocket) -> Result<Self, ListenError> {
        let listener = Listener::open(listen, inherited)?;
        let (sender, queries) = mpsc::channel(QUERIES_MAX);
        let loop_handle = LoopHandle::new(sender);
        let pace = time::interval(FULL_ACCEPT_INTERVAL);
        Ok(Self {
            listener,
            loop_handle,
            queries,
            connections: ConnectionPool::default(),
            pace,
            accept_failure_logged: false,
        })
    }

    /// What it was told to listen on.
    pub fn listen(&self) -> &Listen {
        self.listener.listen()
    }

    /// Where it can be reached, such as `http://127.0.0.1:9465/`.
    pub fn address(&self) -> &str {
        self.listener.address()
    }

    /// The port that it has by itself: none on a Unix socket, nor on a socket that was passed.
    pub fn port(&self) -> Option<u16> {
        self.listener.port()
    }

    /// The file of its Unix socket, if it made one.
    pub fn socket_file(&self) -> Option<&Path> {
        self.listener.file()
    }

    /// Listens anew where it did, for the file of its Unix socket is gone. The connections stay.
    pub fn listen_again(&mut self) -> Result<(), ListenError> {
        self.listener = self.listener.again()?;
        Ok(())
    }

    /// Serves until a connection has a query for the loop. Cancel-safe.
    pub async fn next(&mut self) -> Query {
        loop {
            let accepted = accept_paced(&self.listener, &mut self.pace, self.connections.is_full());
            tokio::select! {
                accepted = accepted, if !self.connections.is_overfull() => match accepted {
                    Ok(stream) => self.take(stream),
                    Err(error) => self.cannot_accept(&error).await,
                },
                Some(query) = self.queries.recv() => return query,
                () = self.connections.finished() => {}
            }
        }
    }

    fn take(&mut self, stream: Stream) {
        self.accept_failure_logged = false;
        self.pace.reset();
        let loop_handle = self.loop_handle.clone();
        match stream {
            Stream::Tcp(stream) => {
                // Only a browser on this machine can be made to ask loopback under a name of somebody else's.
                let on_loopback = stream.local_addr().is_ok_and(|address| address.ip().to_canonical().is_loopback());
                // Without it an answer may wait for an acknowledgement; it is an answer all the same.
                let _ = stream.set_nodelay(true);
                self.connections.admit(|progress| serve(stream, loop_handle, on_loopback, progress));
            }
            Stream::Unix(stream) => self.connections.admit(|progress| serve(stream, loop_handle, false, progress)),
        }
    }

    /// Out of descriptors, most likely: it would fail again at once.
    async fn cannot_accept(&mut self, error: &io::Error) {
        if !std::mem::replace(&mut self.accept_failure_logged, true) {
            warn!("the status server cannot accept a connection: {error}");
        }
        time::sleep(ACCEPT_PAUSE).await;
    }
}

/// The next connection. Who came last has a while for his request before somebody takes his place. Cancel-safe.
async fn accept_paced(listener: &Listener, pace: &mut Interval, is_full: bool) -> io::Result<Stream> {
    if is_full {
        pace.tick().await;
    }
    listener.accept().await
}

/// Connections at once.
const CONNECTIONS_MAX: usize = 64;

/// A connection has one query at a time.
const QUERIES_MAX: usize = CONNECTIONS_MAX;

/// Of a request's first line and headers.
const HEAD_BYTES_MAX: usize = 8 * 1024;

/// For a request's first line and headers to arrive, and between two requests.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a connection is kept; clients come back with the next.
const CONNECTION_LIFE: Duration = Duration::from_secs(30);

/// What an answer has left then.
const CONNECTION_GRACE: Duration = Duration::from_secs(5);

/// How long the loop may take to answer before it counts as stuck.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a look at the outputs may take before it counts as not ready.
const READINESS_TIMEOUT: Duration = Duration::from_secs(2);

/// Between two newcomers where each costs another one its place: [`CONNECTIONS_MAX`] of it is the least time for a request to
/// arrive, however many come.
const FULL_ACCEPT_INTERVAL: Duration = Duration::from_millis(1);

const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
