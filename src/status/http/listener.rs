//! A listening socket.

use std::{io, net, os::unix, path::Path};

use listenfd::ListenFd;
use rustix::{fs::fstat, net::listen};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};

use super::{
    listen::{Listen, ListenError, NotPassed},
    port_holder::SocketId,
    unix_socket::{SocketFile, at_path},
};

/// A listening socket with its description.
#[derive(Debug)]
pub(super) struct Listener {
    listen: Listen,
    address: String,
    socket: Socket,
    /// The file of a Unix socket, which is removed on drop unless it was replaced.
    file: Option<SocketFile>,
}

#[derive(Debug)]
enum Socket {
    Tcp(TcpListener),
    Unix(UnixListener),
}

/// The socket that was inherited from the service manager, kept after its first use: it is passed only once, and a later
/// configuration may use it again.
#[derive(Debug, Default)]
pub struct InheritedSocket(Option<InheritedListener>);

#[derive(Debug)]
pub(super) enum InheritedListener {
    Tcp(net::TcpListener),
    Unix(unix::net::UnixListener),
}

/// An accepted connection.
pub(super) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Listener {
    pub(super) fn open(wanted: &Listen, inherited: &mut InheritedSocket) -> Result<Self, ListenError> {
        let refused = |source| wanted.refused(source);
        let (address, socket, file) = match wanted {
            Listen::Address(address) => {
                let socket = net::TcpListener::bind(address).map_err(refused)?;
                listen(&socket, BACKLOG).map_err(|errno| refused(errno.into()))?;
                let socket = tcp(socket).map_err(refused)?;
                (url(&socket), Socket::Tcp(socket), None)
            }
            Listen::Unix(path) => {
                let (socket, file) = at_path(wanted, path)?;
                (wanted.to_string(), Socket::Unix(unix(socket).map_err(refused)?), Some(file))
            }
            Listen::Systemd => match inherited.socket()? {
                InheritedListener::Tcp(socket) => {
                    let socket = socket.try_clone().and_then(tcp).map_err(refused)?;
                    (url(&socket), Socket::Tcp(socket), None)
                }
                InheritedListener::Unix(socket) => {
                    let path = socket.local_addr().ok().and_then(|at| at.as_pathname().map(Path::to_path_buf));
                    let socket = socket.try_clone().and_then(unix).map_err(refused)?;
                    (Listen::Unix(path.unwrap_or_default()).to_string(), Socket::Unix(socket), None)
                }
            },
        };
        Ok(Self { listen: wanted.clone(), address, socket, file })
    }

    pub(super) fn listen(&self) -> &Listen {
        &self.listen
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// Returns the actual port, which the kernel chooses if the configured port is 0.
    pub(super) fn port(&self) -> Option<u16> {
        match (&self.listen, &self.socket) {
            (Listen::Address(_), Socket::Tcp(socket)) => socket.local_addr().ok().map(|address| address.port()),
            (_, Socket::Tcp(_) | Socket::Unix(_)) => None,
        }
    }

    /// Returns the identity of a TCP socket.
    pub(super) fn id(&self) -> Option<SocketId> {
        match &self.socket {
            Socket::Tcp(socket) => fstat(socket).ok().map(|found| SocketId(found.st_ino)),
            Socket::Unix(_) => None,
        }
    }

    pub(super) fn file(&self) -> Option<&Path> {
        self.file.as_ref().map(|file| file.path.as_path())
    }

    /// Listens again at the same place. Until this one is dropped, its inode cannot be reused.
    pub(super) fn again(&self) -> Result<Self, ListenError> {
        Self::open(&self.listen, &mut InheritedSocket::default())
    }

    /// Accepts the next connection. Cancel-safe.
    pub(super) async fn accept(&self) -> io::Result<Stream> {
        match &self.socket {
            Socket::Tcp(socket) => socket.accept().await.map(|(stream, _)| Stream::Tcp(stream)),
            Socket::Unix(socket) => socket.accept().await.map(|(stream, _)| Stream::Unix(stream)),
        }
    }
}

impl InheritedSocket {
    pub(super) fn socket(&mut self) -> Result<&InheritedListener, ListenError> {
        let socket = match self.0.take() {
            Some(socket) => socket,
            None => InheritedListener::take().map_err(ListenError::NotPassed)?,
        };
        Ok(self.0.insert(socket))
    }
}

impl InheritedListener {
    fn take() -> Result<Self, NotPassed> {
        let mut passed = ListenFd::from_env();
        if passed.len() == 0 {
            return Err(NotPassed::Unset);
        }
        if let Ok(Some(socket)) = passed.take_tcp_listener(0) {
            return Ok(Self::Tcp(socket));
        }
        match passed.take_unix_listener(0) {
            Ok(Some(socket)) => Ok(Self::Unix(socket)),
            Ok(None) => Err(NotPassed::Taken),
            Err(_) => Err(NotPassed::NotAStream),
        }
    }
}

fn tcp(socket: net::TcpListener) -> io::Result<TcpListener> {
    socket.set_nonblocking(true)?;
    TcpListener::from_std(socket)
}

fn unix(socket: unix::net::UnixListener) -> io::Result<UnixListener> {
    socket.set_nonblocking(true)?;
    UnixListener::from_std(socket)
}

fn url(socket: &TcpListener) -> String {
    socket.local_addr().map(|address| format!("http://{address}/")).unwrap_or_default()
}

/// The limit on connections that wait to be accepted. Beyond it, the client's kernel retries a second later.
const BACKLOG: i32 = 1024;
