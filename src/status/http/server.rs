//! The server: accepts connections and passes their queries to the loop.

use std::{io, path::Path, time::Duration};

use tokio::{
    sync::{mpsc, watch},
    time::{self, Interval},
};
use tracing::warn;

use super::{
    bounds::CONNECTIONS_MAX,
    connection::{Routes, serve},
    connection_pool::{ClosingConnections, ConnectionPool},
    host_pattern::AllowedHosts,
    listen::{Listen, ListenError},
    listener::{InheritedSocket, Listener, Stream},
    port_holder::SocketId,
    query::{LoopHandle, Query},
    routes::{HostCheck, Router},
};

/// A listening server. Dropping it cuts off every connection and removes its Unix socket.
#[derive(Debug)]
pub struct Server {
    listener: Listener,
    loop_handle: LoopHandle,
    hosts: watch::Receiver<AllowedHosts>,
    queries: mpsc::Receiver<Query>,
    connections: ConnectionPool,
    /// The pace of accepts while the connection pool is full.
    pace: Interval,
    accept_failure_logged: bool,
}

impl Server {
    /// Listens. By loopback, requests under the newest `hosts` are answered in full. Must be called within a tokio runtime.
    pub fn open(
        listen: &Listen,
        inherited: &mut InheritedSocket,
        hosts: watch::Receiver<AllowedHosts>,
    ) -> Result<Self, ListenError> {
        let listener = Listener::open(listen, inherited)?;
        let (sender, queries) = mpsc::channel(QUERIES_MAX);
        let loop_handle = LoopHandle::new(sender);
        let pace = time::interval(FULL_ACCEPT_INTERVAL);
        Ok(Self {
            listener,
            loop_handle,
            hosts,
            queries,
            connections: ConnectionPool::default(),
            pace,
            accept_failure_logged: false,
        })
    }

    /// Returns the configured address.
    pub fn listen(&self) -> &Listen {
        self.listener.listen()
    }

    /// Returns the actual address, such as `http://127.0.0.1:9465/`.
    pub fn address(&self) -> &str {
        self.listener.address()
    }

    /// Returns the port that it opened: `None` for a Unix socket or an inherited socket.
    pub fn port(&self) -> Option<u16> {
        self.listener.port()
    }

    /// Returns the identity of the socket that it opened at an address.
    pub fn socket(&self) -> Option<SocketId> {
        self.listener.id()
    }

    /// Returns the file of its Unix socket, if it created one.
    pub fn socket_file(&self) -> Option<&Path> {
        self.listener.file()
    }

    /// Listens again at the same place, after the file of its Unix socket was removed. Connections stay open.
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

    /// Stops listening, and closes the connections whose requests have been answered. Removes its Unix socket.
    pub fn close(self) -> ClosingConnections {
        self.connections.close()
    }

    fn take(&mut self, stream: Stream) {
        self.accept_failure_logged = false;
        self.pace.reset();
        let loop_handle = self.loop_handle.clone();
        match stream {
            Stream::Tcp(stream) => {
                // Only a browser on this machine can be tricked into a request to loopback under a foreign name.
                let on_loopback = stream.local_addr().is_ok_and(|address| address.ip().to_canonical().is_loopback());
                let hosts = if on_loopback { HostCheck::Loopback(self.hosts.clone()) } else { HostCheck::Any };
                // Without it a response may be delayed by an acknowledgement, which does no harm.
                let _ = stream.set_nodelay(true);
                let routes = Routes::Status(Router { loop_handle, hosts });
                self.connections.admit(|progress, closing| serve(stream, routes, progress, closing));
            }
            Stream::Unix(stream) => {
                let routes = Routes::Status(Router { loop_handle, hosts: HostCheck::Any });
                self.connections.admit(|progress, closing| serve(stream, routes, progress, closing));
            }
        }
    }

    /// Logs the error once and pauses. The cause is most likely a lack of descriptors, so a retry would fail at once.
    async fn cannot_accept(&mut self, error: &io::Error) {
        if !std::mem::replace(&mut self.accept_failure_logged, true) {
            warn!("the status server cannot accept a connection: {error}");
        }
        time::sleep(ACCEPT_PAUSE).await;
    }
}

/// Accepts the next connection. When full, accepts are paced so a new connection has time to send its request before it is
/// evicted. Cancel-safe.
async fn accept_paced(listener: &Listener, pace: &mut Interval, is_full: bool) -> io::Result<Stream> {
    if is_full {
        pace.tick().await;
    }
    listener.accept().await
}

/// A connection has one query at a time.
const QUERIES_MAX: usize = CONNECTIONS_MAX;

/// The time between two accepts while the pool is full. [`CONNECTIONS_MAX`] times this is the minimum time that a
/// connection has to send its request, however many others are opened.
const FULL_ACCEPT_INTERVAL: Duration = Duration::from_millis(1);

const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
