//! Where the server listens: an address, a Unix socket, or a socket that the service manager passed.

use std::{
    fmt, fs, io,
    net::{self, SocketAddr},
    os::unix::{
        self,
        fs::{DirBuilderExt as _, FileTypeExt as _, PermissionsExt as _},
    },
    path::{Path, PathBuf},
};

use listenfd::ListenFd;
use rustix::{
    io::Errno,
    net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, listen, socket_with},
};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};

use crate::file_id::FileId;

/// Where to listen, as the configuration says it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Listen {
    /// An address and a port.
    Address(SocketAddr),
    /// A Unix socket at this path, for its owner and group.
    Unix(PathBuf),
    /// The first socket that the service manager passes (`LISTEN_FDS`).
    Systemd,
}

/// Why nothing listens.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Another program listens there, or another tokenwell.
    #[error("cannot serve status at `{0}`: another program listens there; stop it, or change `status.listen`")]
    InUse(Listen),
    /// The address is of another machine.
    #[error("cannot serve status at `{0}`: this machine does not have that address; change `status.listen`")]
    NotHere(Listen),
    /// The path of a Unix socket holds something else.
    #[error("cannot serve status at `{0}`: there is a file that is no socket; move it away, or change `status.listen`")]
    NoSocket(Listen),
    /// Nothing was passed, or nothing to listen on.
    #[error(
        "cannot serve status on the service manager's socket: none was passed ({0}); start tokenwell from a unit with a \
         `.socket` of the same name, or change `status.listen`"
    )]
    NotPassed(String),
    /// The system refused otherwise.
    #[error("cannot serve status at `{listen}`: {source}; change `status.listen`")]
    Io {
        /// Where.
        listen: Listen,
        /// What the system said.
        source: io::Error,
    },
}

/// A socket that listens.
#[derive(Debug)]
pub(super) struct Listener {
    listen: Listen,
    address: String,
    socket: Socket,
    /// The file of a Unix socket, to be removed if it still is ours.
    file: Option<SocketFile>,
}

#[derive(Debug)]
enum Socket {
    Tcp(TcpListener),
    Unix(UnixListener),
}

/// The socket that the service manager passed, from the first time it is used: it is passed once, and a configuration may
/// come back to it.
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

    /// The kernel's, where the configuration leaves it the choice.
    pub(super) fn port(&self) -> Option<u16> {
        match (&self.listen, &self.socket) {
            (Listen::Address(_), Socket::Tcp(socket)) => socket.local_addr().ok().map(|address| address.port()),
            (_, Socket::Tcp(_) | Socket::Unix(_)) => None,
        }
    }

    pub(super) fn file(&self) -> Option<&Path> {
        self.file.as_ref().map(|file| file.path.as_path())
    }

    /// Another one at the same place. While this one lives, the system gives the number of its file to no other.
    pub(super) fn again(&self) -> Result<Self, ListenError> {
        Self::open(&self.listen, &mut InheritedSocket::default())
    }

    /// The next connection. Cancel-safe.
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
    fn take() -> Result<Self, String> {
        let mut passed = ListenFd::from_env();
        if passed.len() == 0 {
            return Err("`LISTEN_FDS` and `LISTEN_PID` are not set for this process".to_owned());
        }
        if let Ok(Some(socket)) = passed.take_tcp_listener(0) {
            return Ok(Self::Tcp(socket));
        }
        match passed.take_unix_listener(0) {
            Ok(Some(socket)) => Ok(Self::Unix(socket)),
            Ok(None) => Err("the first descriptor is taken".to_owned()),
            Err(_) => Err("the first descriptor is no socket of streams".to_owned()),
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

/// A socket at a path. One that a dead process left is replaced.
fn at_path(listen: &Listen, path: &Path) -> Result<(unix::net::UnixListener, SocketFile), ListenError> {
    let refused = |source| listen.refused(source);
    if let Some(folder) = path.parent() {
        fs::DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(folder).map_err(refused)?;
    }
    match fs::symlink_metadata(path) {
        Ok(found) if !found.file_type().is_socket() => return Err(ListenError::NoSocket(listen.clone())),
        Ok(_) if is_served(path).map_err(refused)? => return Err(ListenError::InUse(listen.clone())),
        Ok(_) => fs::remove_file(path).map_err(refused)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(refused(error)),
    }
    let socket = unix::net::UnixListener::bind(path).map_err(refused)?;
    fs::set_permissions(path, fs::Permissions::from_mode(SOCKET_MODE)).map_err(refused)?;
    let file = SocketFile::at(path).map_err(refused)?;
    Ok((socket, file))
}

/// Whether somebody listens at a socket's path; never waits for him.
pub(super) fn is_served(path: &Path) -> io::Result<bool> {
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    match connect(&socket, &SocketAddrUnix::new(path)?) {
        Ok(()) | Err(Errno::AGAIN) => Ok(true),
        Err(Errno::CONNREFUSED | Errno::NOENT) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// The file of a Unix socket.
#[derive(Debug)]
struct SocketFile {
    path: PathBuf,
    id: FileId,
}

impl SocketFile {
    fn at(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.to_owned(), id: FileId::of_name(path)? })
    }
}

impl Drop for SocketFile {
    /// Somebody else's socket at the same path stays.
    fn drop(&mut self) {
        if FileId::of_name(&self.path).is_ok_and(|found| found == self.id) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

impl Listen {
    pub(super) fn refused(&self, source: io::Error) -> ListenError {
        match source.kind() {
            io::ErrorKind::AddrInUse => ListenError::InUse(self.clone()),
            io::ErrorKind::AddrNotAvailable => ListenError::NotHere(self.clone()),
            _ => ListenError::Io { listen: self.clone(), source },
        }
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Systemd => f.write_str("systemd"),
        }
    }
}

/// Connections that wait to be accepted. Those beyond it come a second later, when the client's kernel asks again.
const BACKLOG: i32 = 1024;

const SOCKET_MODE: u32 = 0o660;
const FOLDER_MODE: u32 = 0o750;
