//! The status server: where it listens, and why it does not listen where the configuration says.

use std::{mem, path::Path};

use crate::status::{InheritedSocket, Listen, ListenError, Query, Server};

/// The status server of this process, if it serves status.
#[derive(Debug, Default)]
pub(in crate::daemon) struct StatusServer {
    /// Whether this command serves status at all. A command that ends soon would only take the port from the daemon.
    serves: bool,
    server: Option<Server>,
    inherited: InheritedSocket,
    /// Why status is not served where the configuration says.
    error: Option<String>,
    /// Whether the last attempt to restore the socket failed.
    socket_is_lost: bool,
}

/// What a new configuration changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::daemon) enum ServerChange {
    /// The server listens where it did, or still does not listen.
    None,
    /// Status is no longer served.
    Stopped,
    /// Status is served at this address.
    Serving(String),
    /// The server cannot listen there. It still listens at the old address, if there is one.
    Failed {
        /// Why, with the remedy.
        error: String,
        /// Where it listens.
        still_at: Option<String>,
    },
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
    pub(in crate::daemon) fn open(&mut self, listen: Option<&Listen>) -> Result<ServerChange, ListenError> {
        self.serves = true;
        let Some(listen) = listen else { return Ok(ServerChange::None) };
        let server = Server::open(listen, &mut self.inherited)?;
        Ok(self.take(server))
    }

    /// Listens where a new configuration says. If that fails, the server listens where it did.
    pub(in crate::daemon) fn move_to(&mut self, listen: Option<&Listen>) -> ServerChange {
        let before = self.server.as_ref().map(|server| server.listen().clone());
        let port = self.server.as_ref().and_then(Server::port);
        if !self.serves || before.as_ref() == listen {
            self.error = None;
            return ServerChange::None;
        }
        let Some(listen) = listen else {
            self.server = None;
            self.error = None;
            return ServerChange::Stopped;
        };
        let mut opened = Server::open(listen, &mut self.inherited);
        if let (Err(ListenError::InUse(_)), Some(before)) = (&opened, &before)
            && is_at_port(listen, port)
        {
            // The port may be the server's own, on another address.
            self.server = None;
            opened = Server::open(listen, &mut self.inherited);
            if opened.is_err() {
                self.server = Server::open(before, &mut self.inherited).ok();
            }
        }
        match opened {
            Ok(server) => self.take(server),
            Err(error) => {
                let error = error.to_string();
                self.error = Some(error.clone());
                ServerChange::Failed { error, still_at: self.address().map(str::to_owned) }
            }
        }
    }

    /// Makes the file of the Unix socket again, after something else removed it.
    pub(in crate::daemon) fn restore_socket(&mut self, missing: &Path) -> SocketRestored {
        let Some(server) = self.server.as_mut().filter(|server| server.socket_file() == Some(missing)) else {
            return SocketRestored::NotOurs;
        };
        match server.listen_again() {
            Ok(()) => {
                self.socket_is_lost = false;
                SocketRestored::Restored
            }
            Err(error) if mem::replace(&mut self.socket_is_lost, true) => {
                SocketRestored::FailedAgain(error.to_string())
            }
            Err(error) => SocketRestored::Failed(error.to_string()),
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
        self.error.as_deref()
    }

    fn take(&mut self, server: Server) -> ServerChange {
        let address = server.address().to_owned();
        self.server = Some(server);
        self.error = None;
        ServerChange::Serving(address)
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
    use super::*;

    #[tokio::test]
    async fn a_server_that_cannot_move_serves_where_it_did() {
        let folder = tempfile::tempdir().unwrap();
        let [first, second, taken] = ["first", "second", "taken"].map(|name| folder.path().join(name));
        std::fs::write(&taken, "not a socket").unwrap();
        let [first, second, taken] = [first, second, taken].map(Listen::Unix);

        let mut server = StatusServer::default();
        assert_eq!(server.move_to(Some(&first)), ServerChange::None, "a command that does not serve");
        assert_eq!(server.open(Some(&first)).unwrap(), ServerChange::Serving(first.to_string()));
        assert_eq!(server.move_to(Some(&first)), ServerChange::None);
        let ServerChange::Failed { error, still_at } = server.move_to(Some(&taken)) else { panic!("it moved") };
        assert_eq!((still_at, server.error()), (Some(first.to_string()), Some(error.as_str())));
        assert_eq!(server.move_to(Some(&second)), ServerChange::Serving(second.to_string()));
        assert_eq!((server.error(), server.address()), (None, Some(second.to_string().as_str())));
        assert_eq!(server.move_to(None), ServerChange::Stopped);
        assert_eq!(server.address(), None);
    }

    #[tokio::test]
    async fn a_socket_that_was_removed_is_made_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("status.sock");
        let mut server = StatusServer::default();
        server.open(Some(&Listen::Unix(path.clone()))).unwrap();
        assert_eq!(server.restore_socket(&folder.path().join("other")), SocketRestored::NotOurs);
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        assert!(matches!(server.restore_socket(&path), SocketRestored::Failed(_)));
        assert!(matches!(server.restore_socket(&path), SocketRestored::FailedAgain(_)));
        std::fs::remove_dir(&path).unwrap();
        assert_eq!(server.restore_socket(&path), SocketRestored::Restored);
        assert!(path.exists());
    }
}
