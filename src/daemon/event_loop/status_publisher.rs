//! What others see of the daemon: the status server's questions answered, and the status file kept.

use std::{
    mem,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use tokio::{task, time};
use tracing::{debug, error, info, warn};

use super::Daemon;
use crate::{
    clock,
    daemon::{
        status_file_schedule::HealthSummary,
        tasks::{Done, Task},
    },
    renewal::Moment,
    status::{self, Listen, ListenError, Question, Report, Server, Snapshot},
};

impl Daemon {
    /// Serves status as the configuration says, and goes on to after every reload. Must be called within a tokio runtime.
    pub fn serve_status(&mut self) -> Result<(), ListenError> {
        self.publisher.serves = true;
        let Some(listen) = self.config.status.clone() else { return Ok(()) };
        let server = Server::open(&listen, &mut self.publisher.passed)?;
        self.take_server(server);
        Ok(())
    }

    /// Where status is served, such as `http://127.0.0.1:9465/`.
    pub fn status_address(&self) -> Option<&str> {
        self.publisher.server.as_ref().map(Server::address)
    }

    /// Serves status where the configuration says by now. Where that fails, it is served where it was.
    pub(super) fn move_server(&mut self) {
        let before = self.publisher.server.as_ref().map(|server| server.listen().clone());
        let port = self.publisher.server.as_ref().and_then(Server::port);
        if !self.publisher.serves || before == self.config.status {
            self.publisher.trouble = None;
            return;
        }
        let Some(listen) = self.config.status.clone() else {
            self.publisher.server = None;
            self.publisher.trouble = None;
            info!("status is served no more");
            return;
        };
        let mut opened = Server::open(&listen, &mut self.publisher.passed);
        if let (Err(ListenError::InUse(_)), Some(before)) = (&opened, &before)
            && is_at_port(&listen, port)
        {
            // It may be in its own way.
            self.publisher.server = None;
            opened = Server::open(&listen, &mut self.publisher.passed);
            if opened.is_err() {
                self.publisher.server = Server::open(before, &mut self.publisher.passed).ok();
            }
        }
        match opened {
            Ok(server) => self.take_server(server),
            Err(why) => {
                if let Some(address) = self.status_address() {
                    error!("status stays served at {address}: {why}");
                } else {
                    error!("status is not served: {why}");
                }
                self.publisher.trouble = Some(why.to_string());
            }
        }
    }

    /// The file of its Unix socket, if the server made one.
    pub(super) fn status_socket(&self) -> Option<PathBuf> {
        self.publisher.server.as_ref().and_then(Server::socket_file).map(Path::to_owned)
    }

    /// Somebody took the file of the Unix socket away, so nobody can come: it is made again.
    pub(super) fn restore_status_socket(&mut self, missing: &Path) {
        let Some(server) = self.publisher.server.as_mut().filter(|server| server.socket_file() == Some(missing)) else {
            return;
        };
        match server.listen_again() {
            Ok(()) => {
                self.publisher.socket_trouble_said = false;
                warn!("status socket `{}` was removed by somebody else; it is made again", missing.display());
            }
            Err(why) if !mem::replace(&mut self.publisher.socket_trouble_said, true) => {
                warn!("status socket `{}` was removed by somebody else: {why}", missing.display());
            }
            Err(why) => debug!("{why}"),
        }
    }

    fn take_server(&mut self, server: Server) {
        let address = server.address().to_owned();
        self.publisher.server = Some(server);
        self.publisher.trouble = None;
        info!(address, "status is served");
    }

    pub(super) fn answer(&mut self, question: Question) {
        // Who has gone meanwhile needs no answer.
        match question {
            Question::Alive(answer) => drop(answer.send(())),
            Question::Report(answer) => drop(answer.send(self.snapshot())),
            Question::Ready(whose, answer) => self.look_whether_ready(whose, answer),
        }
    }

    /// How everything is, or was a moment ago: whoever asks without end costs little.
    fn snapshot(&mut self) -> Arc<Snapshot> {
        let now = clock::now();
        match &self.publisher.snapshot {
            Some((taken, snapshot)) if now < *taken + SNAPSHOT_LIFE => Arc::clone(snapshot),
            Some(_) | None => {
                let snapshot = Arc::new(Snapshot::new(self.report()));
                self.publisher.snapshot = Some((now, Arc::clone(&snapshot)));
                snapshot
            }
        }
    }

    /// Something is to be told that the status file and the service manager are not told yet.
    pub(super) fn note_change(&mut self) {
        self.publisher.schedule.note();
        self.service.note_change();
    }

    /// When the status file is to be written, or to be thought about.
    pub(super) fn status_file_due(&self) -> Option<Moment> {
        self.publisher.schedule.due().filter(|_| !self.tasks.is_under_way(Task::StatusFile))
    }

    /// Writes the status file if it is due, off the loop.
    pub(super) fn keep_status_file(&mut self) {
        let now = clock::now();
        if self.status_file_due().is_none_or(|due| now < due) {
            return;
        }
        let summary = self.summary(now);
        if !self.publisher.schedule.is_to_be_written(now, summary) {
            return;
        }
        let Some(path) = self.status_file() else { return };
        let report = self.report();
        self.tasks.start(Task::StatusFile, async move {
            task::spawn_blocking(move || Done::StatusFile(write(&path, &report))).await.unwrap_or(Done::Lost)
        });
    }

    fn summary(&self, now: Moment) -> HealthSummary {
        let states = self.members().filter_map(|(id, _)| self.fleet.get(id).map(|renewal| renewal.health(now)));
        HealthSummary { ready: self.is_ready(now), states: states.collect() }
    }

    /// Says it once if the file cannot be written, and once if it can be again.
    pub(super) fn status_file_written(&mut self, written: Result<(), String>) {
        let before = mem::replace(&mut self.publisher.file_trouble, written.clone().err());
        match (written, before) {
            (Err(why), None) => warn!("{why}; until it can be, only the status server tells how it is"),
            (Err(why), Some(_)) => debug!("{why}"),
            (Ok(()), Some(_)) => info!("the status file can be written again"),
            (Ok(()), None) => {}
        }
    }

    /// The last word of this process: that it has stopped.
    pub(super) async fn leave_status_file(&mut self) {
        let leaving = async {
            while self.tasks.is_under_way(Task::StatusFile) {
                self.tasks.next().await;
            }
            let Some(path) = self.status_file() else { return };
            let report = Report { stopped_at: Some(clock::wall()), ..self.report() };
            if let Ok(Err(why)) = task::spawn_blocking(move || write(&path, &report)).await {
                debug!("{why}");
            }
        };
        if time::timeout(LAST_WRITE_MAX, leaving).await.is_err() {
            debug!("the disk takes too long to write the status file");
        }
    }

    /// Where it is; `None` where a token has its place.
    fn status_file(&self) -> Option<PathBuf> {
        let path = status::path_in(&self.config.state_directory);
        let taken = self.kept.values().any(|kept| kept.credential.outputs.iter().any(|output| output.path == path));
        (!taken).then_some(path)
    }
}

fn write(path: &Path, report: &Report) -> Result<(), String> {
    status::write(path, report).map_err(|why| why.to_string())
}

fn is_at_port(listen: &Listen, port: Option<u16>) -> bool {
    match listen {
        Listen::Address(address) => Some(address.port()) == port,
        Listen::Unix(_) | Listen::Systemd => false,
    }
}

/// How old a report may be that is handed out. Readiness is always of the moment of asking.
const SNAPSHOT_LIFE: Duration = Duration::from_millis(100);

/// How long the last write may take.
const LAST_WRITE_MAX: Duration = Duration::from_secs(2);
