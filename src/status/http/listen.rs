//! Where the server listens: an address, a Unix socket, or a socket inherited from the service manager.

use std::{fmt, io, net::SocketAddr, path::PathBuf};

/// Where to listen, as configured.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Listen {
    /// An address and a port.
    Address(SocketAddr),
    /// A Unix socket at this path, for its owner and group.
    Unix(PathBuf),
    /// The first socket that the service manager passes (`LISTEN_FDS`).
    Systemd,
}

/// Why the service manager's socket cannot be taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotPassed {
    /// The service manager passed nothing.
    #[error("`LISTEN_FDS` and `LISTEN_PID` are not set for this process")]
    Unset,
    /// It is used elsewhere in this process.
    #[error("the first descriptor is taken")]
    Taken,
    /// It is of another kind.
    #[error("the first descriptor is not a stream socket")]
    NotAStream,
}

/// Why the server cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Another program listens there, or another tokenwell.
    #[error("cannot serve status at `{0}`: another program listens there; stop it, or change `status.listen`")]
    InUse(Listen),
    /// The address belongs to another machine.
    #[error("cannot serve status at `{0}`: this machine does not have that address; change `status.listen`")]
    NotHere(Listen),
    /// A file that is not a socket is at the path of a Unix socket.
    #[error("cannot serve status at `{0}`: a file that is not a socket is there; move it, or change `status.listen`")]
    NoSocket(Listen),
    /// No listening socket was passed.
    #[error(
        "cannot serve status on the service manager's socket: none was passed ({0}); start tokenwell from a unit with a \
         `.socket` of the same name, or change `status.listen`"
    )]
    NotPassed(NotPassed),
    /// The system refused for another reason.
    #[error("cannot serve status at `{listen}`: {source}; change `status.listen`")]
    Io {
        /// Where to listen.
        listen: Listen,
        /// The system's error.
        source: io::Error,
    },
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
