//! The status server, the status file's schedule, and what was said of them.

use std::sync::Arc;

use super::status_file_schedule::StatusFileSchedule;
use crate::{
    renewal::Moment,
    status::{InheritedSocket, Question, Server, Snapshot},
};

/// The faces that the loop itself keeps.
#[derive(Debug, Default)]
pub(super) struct StatusPublisher {
    /// Whether this command serves status at all: one that ends soon would only take the port from the daemon.
    pub(super) serves: bool,
    pub(super) server: Option<Server>,
    pub(super) passed: InheritedSocket,
    /// Why status is not served where the configuration says.
    pub(super) trouble: Option<String>,
    /// Whether it was said that the file of the Unix socket cannot be made again.
    pub(super) socket_trouble_said: bool,
    /// The last report that was handed out.
    pub(super) snapshot: Option<(Moment, Arc<Snapshot>)>,
    /// What the status file is to tell.
    pub(super) schedule: StatusFileSchedule,
    /// Why the status file cannot be written.
    pub(super) file_trouble: Option<String>,
}

impl StatusPublisher {
    /// The next question of the server; never, if there is none. Cancel-safe.
    pub(super) async fn question(&mut self) -> Question {
        match &mut self.server {
            Some(server) => server.next().await,
            None => std::future::pending().await,
        }
    }
}
