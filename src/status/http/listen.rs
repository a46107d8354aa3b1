//! Where the server listens: an address, a Unix socket, or a socket inherited from the service manager.

use std::{fmt, io, net::SocketAddr, path::PathBuf};

use rustix::io::Errno;

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
    /// The system has no IPv6.
    #[error("cannot serve status at `{0}`: this machine has no IPv6; write an IPv4 address such as `0.0.0.0:9465`")]
    NoIpv6(Listen),
    /// The port is for privileged programs.
    #[error(
        "cannot serve status at `{0}`: its port needs the capability CAP_NET_BIND_SERVICE; change `status.listen` to a \
         port from 1024 on, or grant it"
    )]
    Privileged(Listen),
    /// The process, or the system, has no free file descriptor.
    #[error("cannot serve status at `{0}`: no file descriptor is free; raise the limit (`ulimit -n`, `LimitNOFILE=`)")]
    NoDescriptor(Listen),
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

impl ListenError {
    /// Whether a later attempt of this process can succeed without a new configuration.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::InUse(_)
            | Self::NotHere(_)
            | Self::NoIpv6(_)
            | Self::Privileged(_)
            | Self::NoDescriptor(_)
            | Self::NoSocket(_)
            | Self::Io { .. } => true,
            // The variables and descriptors of a process are set before it starts.
            Self::NotPassed(_) => false,
        }
    }
}

impl Listen {
    pub(super) fn refused(&self, source: io::Error) -> ListenError {
        let listen = self.clone();
        match (Errno::from_io_error(&source), self) {
            (Some(Errno::ADDRINUSE), _) => ListenError::InUse(listen),
            // With IPv6 switched off, even the unspecified address is not there.
            (Some(Errno::ADDRNOTAVAIL), Self::Address(SocketAddr::V6(address))) if address.ip().is_unspecified() => {
                ListenError::NoIpv6(listen)
            }
            (Some(Errno::AFNOSUPPORT), Self::Address(SocketAddr::V6(_))) => ListenError::NoIpv6(listen),
            (Some(Errno::ADDRNOTAVAIL), _) => ListenError::NotHere(listen),
            (Some(Errno::ACCESS), Self::Address(_)) => ListenError::Privileged(listen),
            (Some(Errno::MFILE | Errno::NFILE), _) => ListenError::NoDescriptor(listen),
            _ => ListenError::Io { listen, source },
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
