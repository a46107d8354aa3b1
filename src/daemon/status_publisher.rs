//! Publishes the daemon's status: the status server, the status file, the service manager, and the counts that only
//! they show.

mod activity;
mod history;
mod service_manager;
mod status_file;
mod status_file_schedule;
mod status_server;
mod waiting_clients;

use std::{path::Path, sync::Arc, time::Duration};

pub(super) use self::{
    activity::Activity,
    service_manager::ServiceManager,
    status_file::{FileChange, StatusFile},
    status_file_schedule::HealthSummary,
    status_server::{ServerChange, SocketRestored, StatusServer},
    waiting_clients::WaitingClients,
};
use crate::{
    renewal::Moment,
    status::{Query, Report, Snapshot},
};

/// Everything that publishes the daemon's status.
#[derive(Debug, Default)]
pub(super) struct StatusPublisher {
    server: StatusServer,
    file: StatusFile,
    service_manager: ServiceManager,
    activity: Activity,
    waiting_clients: WaitingClients,
    /// The report that was handed out last, and when it was taken.
    snapshot: Option<(Moment, Arc<Snapshot>)>,
}

impl StatusPublisher {
    /// A publisher that reports readiness to the service manager only after [`ServiceManager::program_runs`].
    pub(super) fn awaiting_program() -> Self {
        Self { service_manager: ServiceManager::awaiting_program(), ..Self::default() }
    }

    /// Notes that the status file and the service manager are out of date.
    pub(super) fn note_change(&mut self) {
        self.file.note_change();
        self.service_manager.note_change();
    }

    /// Returns the next question of the status server; never without a server. Cancel-safe.
    pub(super) async fn question(&mut self) -> Query {
        self.server.question().await
    }

    /// Returns the snapshot of the last moments, if there is one: frequent questions cost little.
    pub(super) fn recent_snapshot(&self, now: Moment) -> Option<Arc<Snapshot>> {
        self.snapshot
            .as_ref()
            .filter(|(taken, _)| now < *taken + SNAPSHOT_LIFE)
            .map(|(_, snapshot)| Arc::clone(snapshot))
    }

    /// Forgets the last snapshot, so that the next question gets a report of its own.
    pub(super) fn forget_snapshot(&mut self) {
        self.snapshot = None;
    }

    /// Keeps a report for the next questions.
    pub(super) fn keep_snapshot(&mut self, now: Moment, report: Report) -> Arc<Snapshot> {
        let snapshot = Arc::new(Snapshot::new(report));
        self.snapshot = Some((now, Arc::clone(&snapshot)));
        snapshot
    }

    /// What changes the server.
    pub(super) fn server(&mut self) -> &mut StatusServer {
        &mut self.server
    }

    /// The clients that wait for a newer token.
    pub(super) fn waiting_clients(&mut self) -> &mut WaitingClients {
        &mut self.waiting_clients
    }

    /// The address of the server, such as `http://127.0.0.1:9465/`.
    pub(super) fn address(&self) -> Option<&str> {
        self.server.address()
    }

    /// The file of the server's Unix socket, if the server made one.
    pub(super) fn socket_file(&self) -> Option<&Path> {
        self.server.socket_file()
    }

    /// Why status is not served where the configuration says.
    pub(super) fn server_error(&self) -> Option<&str> {
        self.server.error()
    }

    /// When the server tries again to listen.
    pub(super) fn server_due(&self) -> Option<Moment> {
        self.server.retry_due()
    }

    /// The status file.
    pub(super) fn file(&mut self) -> &mut StatusFile {
        &mut self.file
    }

    /// When the status file may have to be written.
    pub(super) fn file_due(&self) -> Option<Moment> {
        self.file.due()
    }

    /// The service manager.
    pub(super) fn service_manager(&mut self) -> &mut ServiceManager {
        &mut self.service_manager
    }

    /// When the service manager expects a message.
    pub(super) fn service_manager_due(&self) -> Option<Moment> {
        self.service_manager.due()
    }

    /// What the daemon did.
    pub(super) fn activity(&self) -> &Activity {
        &self.activity
    }

    /// Counts what the daemon does.
    pub(super) fn activity_mut(&mut self) -> &mut Activity {
        &mut self.activity
    }
}

/// The age limit of a report that is handed out. Readiness is always computed at the moment of the question.
const SNAPSHOT_LIFE: Duration = Duration::from_millis(100);
