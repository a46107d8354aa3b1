//! Log lines about the whole daemon: each is written once when something changes, or at most every few seconds.

mod ended_sessions;
mod log_throttle;
mod skew_monitor;
mod state_file_errors;

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

use tracing::{debug, error, info, warn};

use self::{
    ended_sessions::{EndedLine, EndedSessions},
    log_throttle::{Emit, LogThrottle},
    skew_monitor::{SkewChange, SkewMonitor},
    state_file_errors::{StateFileChange, StateFileErrors},
};
use super::{record_store::NotRecorded, reloader::ConfigRefused};
use crate::{
    attributes::Imposed,
    exchange::Skew,
    renewal::{Id, Moment},
};

/// What was logged about the whole daemon.
#[derive(Debug, Default)]
pub(super) struct EventLog {
    skew: SkewMonitor,
    state_files: StateFileErrors,
    /// The newest error of a state file, while there is one.
    state_file_error: Option<String>,
    /// Why the status file cannot be written.
    status_file_error: Option<String>,
    /// Why the public keys cannot be cached.
    cached_keys_error: Option<String>,
    ended_sessions: EndedSessions,
    renew_requests: LogThrottle,
    reload_requests: LogThrottle,
    reload_results: LogThrottle,
    /// What was logged of file systems that keep no modes, for each folder.
    imposed: HashSet<(PathBuf, Imposed)>,
    /// Whether it was logged that every required token is on disk.
    is_ready_logged: bool,
}

impl EventLog {
    /// Clock skew from the latest `Date` header.
    pub(super) fn skew(&self) -> Option<Skew> {
        self.skew.newest()
    }

    /// Logs a skew that becomes large, and one that is large no more.
    pub(super) fn note_skew(&mut self, skew: Skew) {
        match self.skew.note(skew) {
            SkewChange::BecameLarge => warn!(
                "the server's clock is {} this machine's: renewals are not affected, but a program that checks tokens \
                 by this machine's clock may reject them; find out which clock is wrong",
                skew.words()
            ),
            SkewChange::BecameSmall => info!("the server's clock and this machine's agree again"),
            SkewChange::None => {}
        }
    }

    /// Forgets the skew of another host.
    pub(super) fn forget_skew(&mut self) {
        self.skew = SkewMonitor::default();
    }

    /// Logs the first state file that cannot be written, and the end of all such errors.
    pub(super) fn note_state_file(&mut self, id: Id, stored: Result<(), NotRecorded>) {
        let change = self.state_files.note(id, stored.is_ok());
        if let Err(why) = &stored {
            self.state_file_error = Some(why.to_string());
        } else if change == StateFileChange::AllRecovered {
            self.state_file_error = None;
        }
        match (change, stored) {
            (StateFileChange::FirstFailed, Err(why)) => {
                warn!("{why}; until it can be, a restart requests new sessions: see `stateDirectory`");
            }
            (StateFileChange::AnotherFailed, Err(why)) => debug!("{why}"),
            (StateFileChange::AllRecovered, _) => info!("every state file can be written again"),
            (StateFileChange::FirstFailed | StateFileChange::AnotherFailed | StateFileChange::None, _) => {}
        }
    }

    /// Notes whether the status file can be written.
    pub(super) fn note_status_file(&mut self, error: Option<String>) {
        self.status_file_error = error;
    }

    /// Notes whether the public keys can be cached, and logs it once if not.
    pub(super) fn note_cached_keys(&mut self, error: Option<String>) {
        if let Some(why) = error.as_ref().filter(|_| error != self.cached_keys_error) {
            warn!("{why}; until they can be, the next start fetches them again");
        }
        self.cached_keys_error = error;
    }

    /// Returns the errors of the files of the state directory, for the status.
    pub(super) fn state_errors(&self) -> impl Iterator<Item = String> {
        [&self.state_file_error, &self.status_file_error, &self.cached_keys_error].into_iter().flatten().cloned()
    }

    /// Notes what the file system of a folder imposed on an output in it. Returns whether that is news.
    pub(super) fn note_imposed(&mut self, folder: &Path, imposed: Imposed) -> bool {
        self.imposed.insert((folder.to_owned(), imposed))
    }

    /// Forgets a credential that was removed.
    pub(super) fn forget(&mut self, id: Id) {
        self.state_files.forget(id);
    }

    /// Notes that the session on disk of a credential has ended, for the next [`Self::log_ended_sessions`].
    pub(super) fn session_ended(&mut self, credential: &str) {
        self.ended_sessions.note(credential);
    }

    /// Logs the sessions that have ended since the last call, in one line.
    pub(super) fn log_ended_sessions(&mut self) {
        match self.ended_sessions.take() {
            None => {}
            Some(EndedLine::One(credential)) => {
                error!(credential, "the token on disk has expired; it stays there, as `onExpiry` says");
            }
            Some(EndedLine::Many(count, credentials)) => {
                error!(count, credentials, "{count} tokens on disk have expired; they stay there, as `onExpiry` says");
            }
        }
    }

    /// Logs a request to renew every session.
    pub(super) fn renewal_requested(&mut self, now: Moment, sender: &str, credentials: usize) {
        let message = "asked to renew every session";
        match self.renew_requests.note(now, message) {
            Emit::Now(suppressed) => info!(sender, credentials, suppressed, "{message}"),
            Emit::Suppress => debug!(sender, credentials, "{message}"),
        }
    }

    /// Logs a request to renew some sessions.
    pub(super) fn renewal_of_some_requested(&mut self, now: Moment, sender: &str, credentials: &[String]) {
        let message = "asked to renew sessions";
        let credentials = credentials.join(" ");
        match self.renew_requests.note(now, message) {
            Emit::Now(suppressed) => info!(sender, credentials, suppressed, "{message}"),
            Emit::Suppress => debug!(sender, credentials, "{message}"),
        }
    }

    /// Logs a request to read the configuration again.
    pub(super) fn reload_requested(&mut self, now: Moment, sender: &str) {
        let message = "asked to read the configuration again";
        match self.reload_requests.note(now, message) {
            Emit::Now(suppressed) => info!(sender, suppressed, "{message}"),
            Emit::Suppress => debug!(sender, "{message}"),
        }
    }

    /// Logs a reload that found no change.
    pub(super) fn configuration_is_unchanged(&mut self, now: Moment) {
        let message = "the configuration is unchanged";
        match self.reload_results.note(now, message) {
            Emit::Now(suppressed) => info!(suppressed, "{message}"),
            Emit::Suppress => debug!("{message}"),
        }
    }

    /// Logs a refused configuration.
    pub(super) fn configuration_is_refused(&mut self, now: Moment, why: &ConfigRefused) {
        let message = format!("the configuration is refused, the old one stays in force: {why}");
        match self.reload_results.note(now, &message) {
            Emit::Now(suppressed) => error!(suppressed, "{message}"),
            Emit::Suppress => debug!("{message}"),
        }
    }

    /// Logs a new configuration.
    pub(super) fn configuration_is_applied(&mut self) {
        let suppressed = self.reload_results.reset();
        info!(suppressed, "the new configuration is in force");
    }

    /// Whether every required token was on disk at some check.
    pub(super) fn is_ready_logged(&self) -> bool {
        self.is_ready_logged
    }

    /// Notes whether a required token is missing; logs it once if none is.
    pub(super) fn note_missing(&mut self, is_missing: bool) {
        if !is_missing && !self.is_ready_logged {
            self.is_ready_logged = true;
            info!("ready: every required token is on disk");
        }
    }
}
