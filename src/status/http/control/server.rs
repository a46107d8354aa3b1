//! The server of the control socket.

use std::{
    fs, io,
    os::unix::{
        fs::{FileTypeExt as _, PermissionsExt as _},
        net::UnixListener as StdListener,
    },
    path::Path,
    time::Duration,
};

use rustix::process::geteuid;
use tokio::{
    net::{UnixListener, UnixStream},
    sync::mpsc,
    time,
};
use tracing::debug;

use super::{request::ControlClient, routes::ControlRouter, socket::ShortPath};
use crate::status::http::{
    bounds::CONNECTIONS_MAX,
    connection::{Routes, serve},
    connection_pool::{ClosingConnections, ConnectionPool},
    query::{LoopHandle, Query},
    unix_socket::{SocketFile, is_served},
};

/// A control socket that is not served yet. Dropping it removes its file.
#[derive(Debug)]
pub struct ControlListener {
    socket: StdListener,
    file: SocketFile,
}

impl ControlListener {
    /// Creates the socket, in place of one that an ended process left. Another file is not replaced, nor a socket that a
    /// process serves. Blocks on the disk.
    pub fn open(path: &Path) -> io::Result<Self> {
        let short = ShortPath::of(path)?;
        match fs::symlink_metadata(path) {
            Ok(found) if !found.file_type().is_socket() => {
                return Err(io::Error::other("a file that is not a socket is there"));
            }
            Ok(_) if is_served(short.as_path())? => return Err(io::ErrorKind::AddrInUse.into()),
            Ok(_) => fs::remove_file(path)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let socket = StdListener::bind(short.as_path())?;
        // A client of another user that connects before is refused by its user.
        fs::set_permissions(path, fs::Permissions::from_mode(MODE))?;
        socket.set_nonblocking(true)?;
        Ok(Self { socket, file: SocketFile::at(path)? })
    }
}

/// The file of a closed control socket. Dropping it removes the file, which blocks on the disk.
#[derive(Debug)]
pub struct ClosedControl {
    _file: SocketFile,
}

/// The server of a control socket.
#[derive(Debug)]
pub struct ControlServer {
    listener: UnixListener,
    file: SocketFile,
    loop_handle: LoopHandle,
    queries: mpsc::Receiver<Query>,
    connections: ConnectionPool,
}

impl ControlServer {
    /// Serves a socket. Must be called within a tokio runtime.
    pub fn new(listener: ControlListener) -> io::Result<Self> {
        let ControlListener { socket, file } = listener;
        let (sender, queries) = mpsc::channel(CONNECTIONS_MAX);
        let loop_handle = LoopHandle::new(sender);
        let listener = UnixListener::from_std(socket)?;
        Ok(Self { listener, file, loop_handle, queries, connections: ConnectionPool::default() })
    }

    /// Closes the socket and the connections whose requests have been answered, but leaves its file.
    pub fn close(self) -> (ClosedControl, ClosingConnections) {
        (ClosedControl { _file: self.file }, self.connections.close())
    }

    /// Serves until a connection has a query for the loop. Cancel-safe.
    pub async fn next(&mut self) -> Query {
        loop {
            tokio::select! {
                accepted = self.listener.accept(), if !self.connections.is_full() => match accepted {
                    Ok((stream, _)) => self.take(stream),
                    Err(error) => {
                        debug!("the control socket cannot accept a connection: {error}");
                        time::sleep(ACCEPT_PAUSE).await;
                    }
                },
                Some(query) = self.queries.recv() => return query,
                () = self.connections.finished() => {}
            }
        }
    }

    fn take(&mut self, stream: UnixStream) {
        let Ok(peer) = stream.peer_cred() else { return };
        let client = ControlClient { user: peer.uid(), process: peer.pid().filter(|process| *process > 0) };
        let is_allowed = client.user == 0 || client.user == geteuid().as_raw();
        let routes = Routes::Control(ControlRouter { loop_handle: self.loop_handle.clone(), client, is_allowed });
        self.connections.admit(|progress, closing| serve(stream, routes, progress, closing));
    }
}

/// For the daemon's user only; root may use it in any case.
const MODE: u32 = 0o600;
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
