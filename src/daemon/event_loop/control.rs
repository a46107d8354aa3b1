//! Requests by the control socket: to renew, and to read the configuration again.

use std::{
    io,
    path::{Path, PathBuf},
};

use tracing::{debug, info, warn};

use super::Daemon;
use crate::{
    blocking::{self, Lane},
    clock,
    daemon::{
        control_socket::ControlChange,
        reloader::Why,
        tasks::{Done, Task},
    },
    renewal::{Event, Id},
    status::{self, ControlClient, ControlListener, ControlRequest, RenewalAnswer},
};

impl Daemon {
    /// Serves the control socket in the state directory, by which `tokenwell renew` and `tokenwell reload` ask. If that is not
    /// possible, it is tried again after each scan. Must be called within a tokio runtime.
    pub fn serve_control(&mut self) {
        self.control.serve();
        self.open_control();
    }

    /// Opens the control socket if it is not served where it is wanted and this process has the state directory.
    pub(super) fn open_control(&mut self) {
        let state = &self.context.state;
        if state.ledger().is_none() {
            // Another process uses the directory, or it was not claimed yet.
            return;
        }
        let path = status::control_socket(state.directory());
        if !self.control.is_wanted_at(&path) || self.tasks.is_under_way(Task::ControlSocket) {
            return;
        }
        self.tasks.start(Task::ControlSocket, async move {
            let opened = blocking::submit(Lane::Read, move || {
                let opened = ControlListener::open(&path);
                (path, opened)
            });
            opened.await.map_or(Done::Lost, |(path, opened)| Done::ControlSocket(path, opened))
        });
    }

    /// Makes the file of the control socket again, without which no client can connect.
    pub(super) fn restore_control_socket(&mut self, missing: &Path) {
        if self.control.note_removed(missing) {
            warn!("control socket `{}` was removed by somebody else; it is made again", missing.display());
            self.open_control();
        }
    }

    /// Serves the socket that was opened.
    pub(super) fn control_opened(&mut self, path: PathBuf, opened: io::Result<ControlListener>) {
        let shown = path.display().to_string();
        match self.control.opened(path, opened) {
            ControlChange::Serving(before) => {
                debug!("`tokenwell renew` and `tokenwell reload` are answered at `{shown}`");
                drop(blocking::submit(Lane::State, move || drop(before)));
            }
            ControlChange::Failed(why) => {
                info!(
                    "`tokenwell renew` and `tokenwell reload` use signals, because `{shown}` cannot be served: {why}"
                );
            }
            ControlChange::FailedAgain => {}
        }
    }

    /// Does what a client requests by the control socket.
    pub(super) fn control(&mut self, request: ControlRequest) {
        // A client that has gone needs no answer.
        match request {
            ControlRequest::Renew(names, client, answer) => drop(answer.send(self.renew(&names, client))),
            ControlRequest::Reload(client, answer) => {
                self.event_log.reload_requested(clock::now(), &client.to_string());
                self.reloader.await_outcome(answer);
                self.load(Why::Requested);
                self.scan_disk();
            }
        }
    }

    /// Requests the renewal of these credentials, or of all if none is named.
    fn renew(&mut self, names: &[String], client: ControlClient) -> RenewalAnswer {
        let all: Vec<(Id, String)> =
            self.credentials.active().map(|(id, state)| (id, state.name().to_owned())).collect();
        let unknown: Vec<_> =
            names.iter().filter(|name| !all.iter().any(|(_, known)| known == *name)).cloned().collect();
        if !unknown.is_empty() {
            return RenewalAnswer::Unknown { known: all.into_iter().map(|(_, name)| name).collect(), unknown };
        }
        let is_wanted = |name: &String| names.is_empty() || names.contains(name);
        let wanted: Vec<_> = all.iter().filter(|(_, name)| is_wanted(name)).map(|(id, _)| *id).collect();
        let now = clock::now();
        if names.is_empty() {
            self.event_log.renewal_requested(now, &client.to_string(), wanted.len());
        } else {
            self.event_log.renewal_of_some_requested(now, &client.to_string(), names);
        }
        let mut report = self.report();
        report.credentials.retain(|credential| is_wanted(&credential.name));
        for id in wanted {
            self.fleet.handle(now, id, Event::RenewRequested);
        }
        self.note_change();
        // The client looks for the results from now on.
        self.publisher.forget_snapshot();
        RenewalAnswer::Requested(Box::new(report))
    }
}
