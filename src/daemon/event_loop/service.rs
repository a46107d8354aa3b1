//! Reports the state of the daemon to the service manager.

use tracing::{info, warn};

use super::Daemon;
use crate::{clock, daemon::reloader::Why, renewal::Moment, status};

impl Daemon {
    /// Reports to the service manager from here on, if there is one. A command that ends soon does not report.
    pub fn tell_service_manager(&mut self) {
        if let Err(error) = self.publisher.service_manager().connect(clock::now()) {
            warn!("cannot notify the service manager of `$NOTIFY_SOCKET`: {error}");
        }
    }

    /// Notes that the supervised program runs: from here on the process may be ready.
    pub fn program_runs(&mut self) {
        self.publisher.service_manager().program_runs();
    }

    /// Reports to the service manager once that this process is about to end.
    pub fn announce_stopping(&mut self) {
        self.publisher.service_manager().stop(clock::now());
    }

    /// Sends what is due.
    pub(super) fn inform_service_manager(&mut self) {
        if !self.publisher.service_manager().is_connected() {
            return;
        }
        let now = clock::now();
        self.publisher.service_manager().flush(now);
        if self.publisher.service_manager().awaits_ready() && self.is_first_ready(now) {
            let report = self.report();
            self.publisher.service_manager().started(now, &report);
        }
        if self.publisher.service_manager().becomes_slow(now)
            && let Some(awaited) = status::awaited_by_start(&self.report())
        {
            info!("still starting: waits for {awaited}; `systemctl status` in another terminal shows why");
        }
        self.publisher.service_manager().feed_watchdog(now);
        if self.publisher.service_manager().wants_update(now) {
            let report = self.report();
            self.publisher.service_manager().update(now, &report);
        }
    }

    /// The daemon begins to read the configuration. The first reading of all is part of the start.
    pub(super) fn announce_reloading(&mut self, why: Why) {
        if why != Why::Started {
            self.publisher.service_manager().reload_begins(clock::now(), clock::monotonic());
        }
    }

    /// The daemon has read the configuration, and goes on also if it is refused.
    pub(super) fn announce_reloaded(&mut self) {
        self.publisher.service_manager().reload_ended(clock::now());
    }

    /// Whether every required token is on disk. Without any credential there is no write that could show it.
    fn is_first_ready(&self, now: Moment) -> bool {
        self.inputs.has_scanned()
            && (self.event_log.is_ready_logged() || self.credentials.is_empty())
            && self.is_ready(now)
    }
}
