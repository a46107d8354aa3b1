//! Where the server listens: an address, a Unix socket, or a socket that the service manager passed.

use std::{fmt, io, net::SocketAddr, path::PathBuf};

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
