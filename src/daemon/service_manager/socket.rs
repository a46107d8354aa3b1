//! The service manager's socket: one datagram a message, as `sd_notify(3)` describes it.
//!
//! The crate `sd-notify` does not know abstract sockets, and waits where the manager does not read, which would stop the
//! loop.

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

/// Where the service manager listens. It is asked for anew with each message, for it may have been replaced.
#[derive(Debug)]
pub(in crate::daemon) struct Socket {
    ours: UnixDatagram,
    manager: SocketAddr,
}

impl Socket {
    /// The one that `$NOTIFY_SOCKET` names; `None` where nobody wants to know. The variable stays as it is: what this
    /// process starts does without it.
    pub(in crate::daemon) fn of_environment() -> io::Result<Option<Self>> {
        let Some(name) = env::var_os("NOTIFY_SOCKET").filter(|name| !name.is_empty()) else { return Ok(None) };
        let (ours, manager) = (UnixDatagram::unbound()?, address(&name)?);
        ours.set_nonblocking(true)?;
        Ok(Some(Self { ours, manager }))
    }

    /// Sends a message. `WouldBlock` means that the manager has not read what it was told before.
    pub(in crate::daemon) fn say(&self, message: &str) -> io::Result<()> {
        self.ours.send_to_addr(message.as_bytes(), &self.manager).map(drop)
    }
}

/// How long this process may be silent before the service manager takes it for stuck; `None` if it does not mind, or minds
/// another process (`sd_watchdog_enabled(3)`).
pub(in crate::daemon) fn silence_max() -> Option<Duration> {
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
