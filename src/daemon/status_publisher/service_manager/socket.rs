//! The socket of the service manager: one datagram per message, as `sd_notify(3)` describes.
//!
//! The crate `sd-notify` does not support abstract sockets, and it blocks while the manager does not read, which would
//! stop the loop.

use std::{
    env,
    ffi::OsStr,
    io,
    os::{
        linux::net::SocketAddrExt as _,
        unix::{
            ffi::OsStrExt as _,
            net::{SocketAddr, UnixDatagram},
        },
    },
    process,
    time::Duration,
};

/// The service manager's address, and the socket to send from. It is not connected, because the manager may be
/// replaced.
#[derive(Debug)]
pub(super) struct Socket {
    ours: UnixDatagram,
    manager: SocketAddr,
}

impl Socket {
    /// Returns the socket of `$NOTIFY_SOCKET`; `None` without a service manager. The variable stays set, but is not
    /// passed on to hooks and programs.
    pub(super) fn of_environment() -> io::Result<Option<Self>> {
        let name = env::var_os("NOTIFY_SOCKET").filter(|name| !name.is_empty());
        name.map(|name| Self::to(&name)).transpose()
    }

    /// Returns a socket to this address, written as in `$NOTIFY_SOCKET`.
    pub(super) fn to(name: &OsStr) -> io::Result<Self> {
        let (ours, manager) = (UnixDatagram::unbound()?, address(name)?);
        ours.set_nonblocking(true)?;
        Ok(Self { ours, manager })
    }

    /// Sends a message. `WouldBlock` means that the manager has not read the earlier ones.
    pub(super) fn send(&self, message: &str) -> io::Result<()> {
        self.ours.send_to_addr(message.as_bytes(), &self.manager).map(drop)
    }
}

/// How long this process may be silent before the service manager kills it; `None` without a watchdog, or if the
/// watchdog is for another process (`sd_watchdog_enabled(3)`).
pub(super) fn watchdog_timeout() -> Option<Duration> {
    let number = |name: &str| env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let is_ours = env::var_os("WATCHDOG_PID").is_none() || number("WATCHDOG_PID") == Some(process::id().into());
    number("WATCHDOG_USEC").filter(|micros| is_ours && *micros > 0).map(Duration::from_micros)
}

fn address(name: &OsStr) -> io::Result<SocketAddr> {
    match name.as_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name),
        [b'/', ..] => SocketAddr::from_pathname(name),
        _ => Err(io::Error::new(io::ErrorKind::Unsupported, "it is neither a path nor an abstract socket")),
    }
}
