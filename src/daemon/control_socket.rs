//! The control socket of this process: where it is wanted, and why it is not served.

use std::{
    collections::BTreeSet,
    io,
    path::{Path, PathBuf},
};

use crate::status::{ClosedControl, ClosingConnections, ControlListener, ControlServer, Query};

/// The control socket, if this command serves one.
#[derive(Debug, Default)]
pub(super) struct ControlSocket {
    /// Whether this command serves it. A command that ends soon would only take it from the daemon.
    serves: bool,
    server: Option<(PathBuf, ControlServer)>,
    /// Whether something else removed the file of the server.
    is_removed: bool,
    /// The reasons that were returned since it was served last.
    reasons: BTreeSet<String>,
}

/// What an attempt to open the socket changed.
#[derive(Debug)]
pub(super) enum ControlChange {
    /// It is served. Holds the one before, to be dropped where that may block.
    Serving(Option<ClosedControl>),
    /// It cannot be served, for a new reason.
    Failed(String),
    /// It cannot be served, for a reason that was returned before.
    FailedAgain,
}

impl ControlSocket {
    /// This command serves the socket.
    pub(super) fn serve(&mut self) {
        self.serves = true;
    }

    /// Whether to open the socket at this path.
    pub(super) fn is_wanted_at(&self, path: &Path) -> bool {
        self.serves && (self.is_removed || self.server.as_ref().is_none_or(|(served, _)| served != path))
    }

    /// The file of the socket, if it was there when it was looked at last.
    pub(super) fn file(&self) -> Option<&Path> {
        self.server.as_ref().filter(|_| !self.is_removed).map(|(served, _)| served.as_path())
    }

    /// Notes that something else removed a file, and returns whether it is that of the socket. Until it is made again, no client can
    /// connect.
    pub(super) fn note_removed(&mut self, missing: &Path) -> bool {
        let is_ours = self.file() == Some(missing);
        self.is_removed |= is_ours;
        is_ours
    }

    /// Serves an opened socket in place of the one before. Must be called within a tokio runtime.
    pub(super) fn opened(&mut self, path: PathBuf, opened: io::Result<ControlListener>) -> ControlChange {
        match opened.and_then(ControlServer::new) {
            Ok(server) => {
                // The one before is still open, so its inode is not reused for the new file.
                let before = self.server.replace((path, server));
                self.is_removed = false;
                self.reasons.clear();
                ControlChange::Serving(before.map(|(_, server)| {
                    let (file, connections) = server.close();
                    connections.leave();
                    file
                }))
            }
            Err(why) => {
                let why = why.to_string();
                if self.reasons.insert(why.clone()) { ControlChange::Failed(why) } else { ControlChange::FailedAgain }
            }
        }
    }

    /// Returns the next request; never without a server. Cancel-safe.
    pub(super) async fn request(&mut self) -> Query {
        match &mut self.server {
            Some((_, server)) => server.next().await,
            None => std::future::pending().await,
        }
    }

    /// Closes the socket. Returns its file, to be dropped where that may block, and its connections.
    pub(super) fn close(&mut self) -> Option<(ClosedControl, ClosingConnections)> {
        self.serves = false;
        self.server.take().map(|(_, server)| server.close())
    }
}
