//! The status server: where it listens, and why it does not listen where the configuration says.
//!
//! An address that cannot be listened on costs no renewal: the daemon runs without the server, and tries again by
//! `retry_schedule.rs` and after every reload.

mod retry_schedule;

use std::{collections::BTreeSet, mem, path::Path};

use tokio::sync::watch;

use self::retry_schedule::RetrySchedule;
use crate::{
    renewal::Moment,
    status::{self, AllowedHosts, ClosingConnections, InheritedSocket, Listen, ListenError, Query, Server},
};

/// The status server of this process, if it serves status.
#[derive(Debug, Default)]
pub(in crate::daemon) struct StatusServer {
    /// Whether this command serves status at all. A command that ends soon would only take the port from the daemon.
    serves: bool,
    /// Where the configuration says to listen.
    wanted: Option<Listen>,
    /// The names under which it answers by loopback; connections that are open learn of a change.
    hosts: watch::Sender<AllowedHosts>,
    server: Option<Server>,
    inherited: InheritedSocket,
    /// Why status is not served there.
    error: Option<String>,
    /// The reasons that were returned since the server last listened there.
    reasons: BTreeSet<String>,
    retries: RetrySchedule,
    /// Why the file of its Unix socket, which something else removed, cannot be made again.
    socket_error: Option<String>,
}

/// What a new configuration or another attempt changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::daemon) enum ServerChange {
    /// The server listens where it did, or still does not listen.
    None,
    /// Status is no longer served.
    Stopped,
    /// Status is served at this address.
    Serving(String),
    /// The server cannot listen there, for a new reason. It still listens at the old address, if there is one.
    Failed {
        /// Why, with the remedy.
        error: String,
        /// Where it listens.
        still_at: Option<String>,
    },
    /// The server cannot listen there, for a reason that was returned before.
    FailedAgain(String),
}

/// The result of restoring the file of a Unix socket.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::daemon) enum SocketRestored {
    /// The server made the file again.
    Restored,
    /// The first attempt failed.
    Failed(String),
    /// Another attempt failed.
    FailedAgain(String),
    /// The server does not listen there.
    NotOurs,
}

impl StatusServer {
    /// Begins to serve status, if the configuration says where. Must be called within a tokio runtime.
    pub(in crate::daemon) fn open(&mut self, listen: Option<&Listen>, now: Moment) -> ServerChange {
        self.serves = true;
        self.move_to(listen, now)
    }

    /// Listens where a new configuration says. If that fails, the server listens where it did.
    pub(in crate::daemon) fn move_to(&mut self, listen: Option<&Listen>, now: Moment) -> ServerChange {
        if !self.serves {
            return ServerChange::None;
        }
        if mem::replace(&mut self.wanted, listen.cloned()).as_ref() != listen {
            self.settle();
        }
        if self.server.as_ref().map(Server::listen) == listen {
            self.settle();
            return ServerChange::None;
        }
        if listen.is_none() {
            self.leave_server();
            self.socket_error = None;
            self.settle();
            return ServerChange::Stopped;
        }
        self.attempt(now)
    }

    /// Answers by loopback under these names too.
    pub(in crate::daemon) fn allow(&mut self, hosts: &AllowedHosts) {
        self.hosts.send_if_modified(|before| {
            let is_new = before != hosts;
            before.clone_from(hosts);
            is_new
        });
    }

    /// When to try again to listen; `None` if the server listens where the configuration says.
    pub(in crate::daemon) fn retry_due(&self) -> Option<Moment> {
        self.retries.due()
    }

    /// Tries again to listen, if it is time.
    pub(in crate::daemon) fn retry(&mut self, now: Moment) -> ServerChange {
        if self.retries.due().is_none_or(|due| now < due) {
            return ServerChange::None;
        }
        self.attempt(now)
    }

    /// Makes the file of the Unix socket again, after something else removed it.
    pub(in crate::daemon) fn restore_socket(&mut self, missing: &Path) -> SocketRestored {
        let Some(server) = self.server.as_mut().filter(|server| server.socket_file() == Some(missing)) else {
            return SocketRestored::NotOurs;
        };
        match server.listen_again() {
            Ok(()) => {
                self.socket_error = None;
                SocketRestored::Restored
            }
            Err(error) => {
                let error = error.to_string();
                match self.socket_error.replace(error.clone()) {
                    Some(_) => SocketRestored::FailedAgain(error),
                    None => SocketRestored::Failed(error),
                }
            }
        }
    }

    /// Returns the next question; never without a server. Cancel-safe.
    pub(in crate::daemon) async fn question(&mut self) -> Query {
        match &mut self.server {
            Some(server) => server.next().await,
            None => std::future::pending().await,
        }
    }

    /// Where status is served, such as `http://127.0.0.1:9465/`.
    pub(in crate::daemon) fn address(&self) -> Option<&str> {
        self.server.as_ref().map(Server::address)
    }

    /// The file of the Unix socket, if the server made one.
    pub(in crate::daemon) fn socket_file(&self) -> Option<&Path> {
        self.server.as_ref().and_then(Server::socket_file)
    }

    /// Why status is not served where the configuration says.
    pub(in crate::daemon) fn error(&self) -> Option<&str> {
        self.error.as_deref().or(self.socket_error.as_deref())
    }

    /// Stops serving status. Returns the connections, whose requests must still be answered.
    pub(in crate::daemon) fn close(&mut self) -> Option<ClosingConnections> {
        self.serves = false;
        self.server.take().map(Server::close)
    }

    /// Stops listening where the server did. Its clients still get their answers.
    fn leave_server(&mut self) {
        if let Some(before) = self.server.take() {
            before.close().leave();
        }
    }

    fn attempt(&mut self, now: Moment) -> ServerChange {
        let Some(listen) = self.wanted.clone() else { return ServerChange::None };
        match self.listen_at(&listen) {
            Ok(server) => {
                let address = server.address().to_owned();
                self.leave_server();
                self.server = Some(server);
                self.socket_error = None;
                self.settle();
                ServerChange::Serving(address)
            }
            Err(error) => self.note_failure(&listen, &error, now),
        }
    }

    fn listen_at(&mut self, listen: &Listen) -> Result<Server, ListenError> {
        let opened = Server::open(listen, &mut self.inherited, self.hosts.subscribe());
        let Err(error @ ListenError::InUse(_)) = opened else { return opened };
        let Some(before) = self.server.take_if(|server| is_at_port(listen, server.port())) else { return Err(error) };
        if status::port_holder(listen, before.socket()).is_some() {
            self.server = Some(before);
            return Err(error);
        }
        // The port is the server's own, on another address.
        let listen_before = before.listen().clone();
        before.close().leave();
        let opened = Server::open(listen, &mut self.inherited, self.hosts.subscribe());
        if opened.is_err() {
            self.server = Server::open(&listen_before, &mut self.inherited, self.hosts.subscribe()).ok();
        }
        opened
    }

    fn note_failure(&mut self, listen: &Listen, error: &ListenError, now: Moment) -> ServerChange {
        self.retries = if error.may_pass() { self.retries.after_failure(now) } else { RetrySchedule::default() };
        let reason = error.to_string();
        if !self.reasons.insert(reason.clone()) {
            return ServerChange::FailedAgain(reason);
        }
        // The search reads the descriptors of other processes, so it is made once for each reason.
        let own = self.server.as_ref().and_then(Server::socket);
        let holder = matches!(error, ListenError::InUse(_)).then(|| status::port_holder(listen, own)).flatten();
        let error = holder.map_or(reason.clone(), |holder| format!("{reason}; {holder}"));
        self.error = Some(error.clone());
        ServerChange::Failed { error, still_at: self.address().map(str::to_owned) }
    }

    /// Forgets the failures of an address that is served, or no longer wanted.
    fn settle(&mut self) {
        self.error = None;
        self.reasons.clear();
        self.retries = RetrySchedule::default();
    }
}

fn is_at_port(listen: &Listen, port: Option<u16>) -> bool {
    match listen {
        Listen::Address(address) => Some(address.port()) == port,
        Listen::Unix(_) | Listen::Systemd => false,
    }
}

#[cfg(test)]
mod tests {
    use std::{net::TcpListener, time::Duration};

    use super::*;

    fn at(seconds: u64) -> Moment {
        Moment::default() + Duration::from_secs(seconds)
    }

    #[tokio::test]
    async fn a_server_that_cannot_move_serves_where_it_did() {
        let folder = tempfile::tempdir().unwrap();
        let [first, second, taken] = ["first", "second", "taken"].map(|name| folder.path().join(name));
        std::fs::write(&taken, "not a socket").unwrap();
        let [first, second, taken] = [first, second, taken].map(Listen::Unix);

        let mut server = StatusServer::default();
        assert_eq!(server.move_to(Some(&first), at(0)), ServerChange::None, "a command that does not serve");
        assert_eq!(server.open(Some(&first), at(0)), ServerChange::Serving(first.to_string()));
        assert_eq!(server.move_to(Some(&first), at(0)), ServerChange::None);
        let ServerChange::Failed { error, still_at } = server.move_to(Some(&taken), at(0)) else { panic!("it moved") };
        assert_eq!((still_at, server.error()), (Some(first.to_string()), Some(error.as_str())));
        assert!(server.retry_due().is_some());
        assert_eq!(server.move_to(Some(&second), at(0)), ServerChange::Serving(second.to_string()));
        assert_eq!((server.error(), server.address()), (None, Some(second.to_string().as_str())));
        assert_eq!(server.retry_due(), None);
        assert_eq!(server.move_to(None, at(0)), ServerChange::Stopped);
        assert_eq!(server.address(), None);
    }

    #[tokio::test]
    async fn an_address_that_becomes_free_is_listened_on() {
        let other = TcpListener::bind("127.0.0.1:0").unwrap();
        let listen = Listen::Address(other.local_addr().unwrap());
        let mut server = StatusServer::default();
        let opened = server.open(Some(&listen), at(0));
        assert!(matches!(opened, ServerChange::Failed { still_at: None, .. }), "{opened:?}");
        assert_eq!(server.retry(at(0)), ServerChange::None, "it is not time yet");
        assert_eq!(server.retry_due(), Some(at(1)));
        assert!(matches!(server.retry(at(1)), ServerChange::FailedAgain(_)));
        assert!(matches!(server.move_to(Some(&listen), at(1)), ServerChange::FailedAgain(_)), "a reload tries at once");
        assert!(server.error().is_some_and(|error| error.contains("another program listens there")));
        drop(other);
        let due = server.retry_due().unwrap();
        assert!(matches!(server.retry(due), ServerChange::Serving(_)));
        assert_eq!((server.error(), server.retry_due()), (None, None));
    }

    #[tokio::test]
    async fn an_address_that_is_no_longer_wanted_is_not_retried() {
        let other = TcpListener::bind("127.0.0.1:0").unwrap();
        let listen = Listen::Address(other.local_addr().unwrap());
        let mut server = StatusServer::default();
        server.open(Some(&listen), at(0));
        assert_eq!(server.move_to(None, at(0)), ServerChange::None, "nothing was served");
        assert_eq!((server.error(), server.retry_due()), (None, None));
    }

    #[tokio::test]
    async fn a_socket_that_was_not_passed_never_will_be() {
        let mut server = StatusServer::default();
        assert!(matches!(server.open(Some(&Listen::Systemd), at(0)), ServerChange::Failed { .. }));
        assert_eq!(server.retry_due(), None);
        assert!(server.error().is_some());
    }

    #[tokio::test]
    async fn a_foreign_listener_does_not_cost_the_present_one() {
        let mut server = StatusServer::default();
        let ServerChange::Serving(address) = server.open(Some(&listen("127.0.0.1:0")), at(0)) else { panic!() };
        let port = server.server.as_ref().and_then(Server::port).unwrap();
        let other = TcpListener::bind(("127.0.0.2", port)).unwrap();
        let socket = server.server.as_ref().and_then(Server::socket);
        let everywhere = listen(&format!("0.0.0.0:{port}"));
        let ServerChange::Failed { still_at, .. } = server.move_to(Some(&everywhere), at(0)) else { panic!() };
        assert_eq!(still_at, Some(address));
        assert_eq!(server.server.as_ref().and_then(Server::socket), socket, "its socket stayed open");
        drop(other);
        let due = server.retry_due().unwrap();
        assert_eq!(server.retry(due), ServerChange::Serving(format!("http://0.0.0.0:{port}/")));
    }

    #[tokio::test]
    async fn a_socket_that_was_removed_is_made_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("status.sock");
        let mut server = StatusServer::default();
        server.open(Some(&Listen::Unix(path.clone())), at(0));
        assert_eq!(server.restore_socket(&folder.path().join("other")), SocketRestored::NotOurs);
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        assert!(matches!(server.restore_socket(&path), SocketRestored::Failed(_)));
        assert!(matches!(server.restore_socket(&path), SocketRestored::FailedAgain(_)));
        assert!(server.error().is_some_and(|error| error.contains("a file that is not a socket is there")));
        std::fs::remove_dir(&path).unwrap();
        assert_eq!((server.restore_socket(&path), server.error()), (SocketRestored::Restored, None));
        assert!(path.exists());
    }

    fn listen(text: &str) -> Listen {
        Listen::Address(text.parse().unwrap())
    }
}
