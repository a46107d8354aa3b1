//! Answers the status server's questions and writes the status file.

use std::{path::Path, path::PathBuf, sync::Arc, time::Duration};

use tokio::time;
use tracing::{debug, error, info, warn};

use super::Daemon;
use crate::{
    blocking::{self, Lane},
    clock,
    daemon::{
        status_publisher::{FileChange, HealthSummary, ServerChange, SocketRestored},
        tasks::{Done, Task},
    },
    renewal::Moment,
    status::{self, Query, Report, Snapshot, WriteError},
};

impl Daemon {
    /// Serves status as the configuration says, also after every reload. If that is not possible, it is logged and tried
    /// again while renewals go on. Must be called within a tokio runtime.
    pub fn serve_status(&mut self) {
        self.publisher.server().allow(&self.config.status_hosts);
        let change = self.publisher.server().open(self.config.status.as_ref(), clock::now());
        self.note_server_change(&change);
    }

    /// Where status is served, such as `http://127.0.0.1:9465/`.
    pub fn status_address(&self) -> Option<&str> {
        self.publisher.address()
    }

    /// Serves status where the new configuration says.
    pub(super) fn move_server(&mut self) {
        self.publisher.server().allow(&self.config.status_hosts);
        let change = self.publisher.server().move_to(self.config.status.as_ref(), clock::now());
        self.note_server_change(&change);
    }

    /// Tries again to listen, if it is time.
    pub(super) fn retry_server(&mut self, now: Moment) {
        let change = self.publisher.server().retry(now);
        self.note_server_change(&change);
    }

    fn note_server_change(&mut self, change: &ServerChange) {
        match change {
            ServerChange::None => return,
            ServerChange::Stopped => info!("status is no longer served"),
            ServerChange::Serving(address) => info!(address, "status is served"),
            ServerChange::Failed { error, still_at: Some(address) } => {
                error!("status stays served at {address}: {error}");
            }
            ServerChange::Failed { error, still_at: None } => {
                error!("status is not served, renewals go on: {error}");
            }
            ServerChange::FailedAgain(why) => debug!("{why}"),
        }
        self.note_change();
    }

    /// Makes the file of the Unix socket again, without which no client can connect.
    pub(super) fn restore_status_socket(&mut self, missing: &Path) {
        let path = missing.display();
        match self.publisher.server().restore_socket(missing) {
            SocketRestored::Restored => warn!("status socket `{path}` was removed by somebody else; it is made again"),
            SocketRestored::Failed(why) => warn!("status socket `{path}` was removed by somebody else: {why}"),
            SocketRestored::FailedAgain(why) => return debug!("{why}"),
            SocketRestored::NotOurs => return,
        }
        self.note_change();
    }

    pub(super) fn answer(&mut self, question: Query) {
        // A client that has gone needs no answer.
        match question {
            Query::Alive(answer) => drop(answer.send(())),
            Query::Report(answer) => drop(answer.send(self.snapshot())),
            Query::Ready(whose, answer) => self.look_whether_ready(whose, answer),
            Query::Token(question, answer) => self.answer_about_token(question, answer),
            Query::Control(request) => self.control(request),
        }
    }

    fn snapshot(&mut self) -> Arc<Snapshot> {
        let now = clock::now();
        if let Some(recent) = self.publisher.recent_snapshot(now) {
            return recent;
        }
        let report = self.report();
        self.publisher.keep_snapshot(now, report)
    }

    /// Notes that the status file and the service manager are out of date.
    pub(super) fn note_change(&mut self) {
        self.publisher.note_change();
    }

    /// When the status file may have to be written.
    pub(super) fn status_file_due(&self) -> Option<Moment> {
        self.publisher.file_due().filter(|_| !self.tasks.is_under_way(Task::StatusFile))
    }

    /// Writes the status file if it is due, off the loop.
    pub(super) fn keep_status_file(&mut self) {
        let now = clock::now();
        if self.status_file_due().is_none_or(|due| now < due) {
            return;
        }
        let summary = self.summary(now);
        if !self.publisher.file().begins(now, summary) {
            return;
        }
        let Some(path) = self.status_file() else { return };
        let report = self.report();
        self.tasks.start(Task::StatusFile, async move {
            blocking::submit(Lane::State, move || Done::StatusFile(status::write(&path, &report)))
                .await
                .unwrap_or(Done::Lost)
        });
    }

    fn summary(&self, now: Moment) -> HealthSummary {
        let states = self
            .credentials
            .active()
            .filter_map(|(id, _)| self.fleet.get(id).map(|renewal| self.health(now, id, renewal)));
        HealthSummary { ready: self.is_ready(now), states: states.collect() }
    }

    /// Logs it once if the file cannot be written, and once if it can be written again.
    pub(super) fn status_file_written(&mut self, written: Result<(), WriteError>) {
        let change = self.publisher.file().ended(written.is_ok());
        self.event_log.note_status_file(written.as_ref().err().map(ToString::to_string));
        match (change, written) {
            (FileChange::Failed, Err(why)) => {
                warn!("{why}; until it can be, only the status server shows the status");
            }
            (FileChange::FailedAgain, Err(why)) => debug!("{why}"),
            (FileChange::Recovered, _) => info!("the status file can be written again"),
            (FileChange::Failed | FileChange::FailedAgain | FileChange::Unchanged, _) => {}
        }
    }

    /// Writes the status file for the last time, with the time of the stop.
    pub(super) async fn leave_status_file(&mut self) {
        let leaving = async {
            while self.tasks.is_under_way(Task::StatusFile) {
                self.tasks.next().await;
            }
            let Some(path) = self.status_file() else { return };
            let report = Report { stopped_at: Some(clock::wall()), ..self.report() };
            if let Some(Err(why)) = blocking::submit(Lane::State, move || status::write(&path, &report)).await {
                debug!("{why}");
            }
        };
        if time::timeout(LAST_WRITE_MAX, leaving).await.is_err() {
            debug!("the disk takes too long to write the status file");
        }
    }

    /// The path of the status file; `None` if that is the path of a token, or without the right to use the state directory.
    fn status_file(&self) -> Option<PathBuf> {
        self.context.state.ledger()?;
        let path = status::path_in(&self.config.state_directory);
        let taken = self
            .credentials
            .all()
            .any(|(_, state)| state.credential().outputs.iter().any(|output| output.file() == Some(&path)));
        (!taken).then_some(path)
    }
}

/// How long the last write may take.
const LAST_WRITE_MAX: Duration = Duration::from_secs(2);
