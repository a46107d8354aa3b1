//! Requests that come by signal, and their senders.

use std::{
    io,
    sync::{Arc, atomic::AtomicBool},
};

use futures_util::StreamExt;
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1},
    flag,
    iterator::exfiltrator::{WithOrigin, origin::Origin},
};
use signal_hook_tokio::SignalsInfo;

/// A request made by signal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Request {
    /// TERM or INT.
    Stop,
    /// HUP.
    Reload,
    /// USR1.
    RenewAll,
}

/// The stream of signals.
pub(super) struct Signals(Option<SignalsInfo<WithOrigin>>);

impl Signals {
    /// Handles signals from now on. A second TERM or INT ends the process at once, whatever the loop does.
    pub(super) fn listen() -> io::Result<Self> {
        let stopping = Arc::new(AtomicBool::new(false));
        for signal in [SIGTERM, SIGINT] {
            flag::register_conditional_shutdown(signal, 0, Arc::clone(&stopping))?;
        }
        for signal in [SIGTERM, SIGINT] {
            flag::register(signal, Arc::clone(&stopping))?;
        }
        let stream = SignalsInfo::with_exfiltrator([SIGTERM, SIGINT, SIGHUP, SIGUSR1], WithOrigin::default())?;
        Ok(Self(Some(stream)))
    }

    /// A stream without signals: a supervisor handles them.
    pub(super) fn of_somebody_else() -> Self {
        Self(None)
    }

    /// Returns the next request and its sender. Cancel-safe.
    pub(super) async fn next(&mut self) -> (Request, String) {
        let Some(stream) = &mut self.0 else { std::future::pending().await };
        loop {
            let Some(origin) = stream.next().await else { std::future::pending().await };
            let request = match origin.signal {
                SIGHUP => Request::Reload,
                SIGUSR1 => Request::RenewAll,
                SIGTERM | SIGINT => Request::Stop,
                _ => continue,
            };
            return (request, sender(&origin));
        }
    }
}

fn sender(origin: &Origin) -> String {
    let name = signal_hook::low_level::signal_name(origin.signal).unwrap_or("a signal");
    match &origin.process {
        Some(process) => format!("{name} from process {} of user {}", process.pid, process.uid),
        None => name.to_owned(),
    }
}
