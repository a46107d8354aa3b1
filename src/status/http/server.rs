//! The server: accepts connections and passes their queries to the loop.

use std::{io, path::Path, time::Duration};

use tokio::{
    sync::mpsc,
    time::{self, Interval},
};
use tracing::warn;

use super::{
    bounds::CONNECTIONS_MAX,
    connection::serve,
    connection_pool::ConnectionPool,
    listen::{Listen, ListenError},
    listener::{InheritedSocket, Listener, Stream},
    query::{LoopHandle, Query},
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

/// A connection has one query at a time.
const QUERIES_MAX: usize = CONNECTIONS_MAX;

/// Between two newcomers where each costs another one its place: [`CONNECTIONS_MAX`] of it is the least time for a request to
/// arrive, however many come.
const FULL_ACCEPT_INTERVAL: Duration = Duration::from_millis(1);

const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
