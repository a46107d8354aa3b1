//! When to scan the files that steer the daemon: at each hint of inotify, and at a slow poll.

use std::{collections::BTreeSet, path::PathBuf, time::Duration};

use super::single_flight::SingleFlight;
use crate::{renewal::Moment, watch::FolderWatcher};

/// The scans of key files, key folders and the configuration file.
pub(super) struct InputMonitor {
    watcher: FolderWatcher,
    scan: SingleFlight,
    /// Whether a scan has ended.
    scanned: bool,
    poll_at: Moment,
}

impl InputMonitor {
    pub(super) fn new() -> Self {
        Self {
            watcher: FolderWatcher::default(),
            scan: SingleFlight::default(),
            scanned: false,
            poll_at: Moment::default(),
        }
    }

    /// Watches these folders, and no others.
    pub(super) fn follow(&mut self, folders: BTreeSet<PathBuf>) {
        self.watcher.follow(folders);
    }

    /// Returns when something may have changed. Cancel-safe.
    pub(super) async fn hint(&mut self) {
        self.watcher.hint().await;
    }

    /// Whether to begin a scan now. If not, [`Self::ended`] asks for another one.
    pub(super) fn begins(&mut self) -> bool {
        self.scan.begin()
    }

    /// Notes the end of a scan, and plans the next poll. `outputs_watched` says whether every folder of outputs is
    /// watched. Returns whether another scan is wanted at once.
    pub(super) fn ended(&mut self, now: Moment, is_lost: bool, outputs_watched: bool) -> bool {
        let again = self.scan.end();
        self.poll_at = now + if self.watcher.fully_armed() && outputs_watched { POLL } else { POLL_WITHOUT_HINTS };
        self.watcher.rearm();
        self.scanned |= !is_lost;
        again
    }

    /// Polls soon, because a file may change without a hint, or because another process may release an output.
    pub(super) fn poll_soon(&mut self, now: Moment) {
        self.poll_at = self.poll_at.min(now + POLL_WITHOUT_HINTS);
    }

    /// Whether no scan is in flight.
    pub(super) fn is_idle(&self) -> bool {
        self.scan.is_idle()
    }

    /// Whether a scan has ended since the start.
    pub(super) fn has_scanned(&self) -> bool {
        self.scanned
    }

    /// When the next poll is due; `None` while a scan is in flight.
    pub(super) fn due(&self) -> Option<Moment> {
        self.scan.is_idle().then_some(self.poll_at)
    }
}

/// The interval of the poll, which catches what inotify misses.
const POLL: Duration = Duration::from_secs(30);

/// The interval while some folder cannot be watched, or some key file may change without a hint.
const POLL_WITHOUT_HINTS: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Moment {
        Moment::since_boot(Duration::from_secs(seconds))
    }

    #[test]
    fn the_poll_is_fast_without_hints_and_waits_for_the_scan() {
        let mut inputs = InputMonitor::new();
        assert_eq!((inputs.due(), inputs.has_scanned()), (Some(Moment::default()), false));
        assert!(inputs.begins() && !inputs.begins());
        assert_eq!(inputs.due(), None);
        assert!(inputs.ended(at(100), true, true), "it was wanted again");
        assert!(!inputs.has_scanned(), "that scan was lost");
        assert!(inputs.begins());
        assert!(!inputs.ended(at(200), false, false));
        assert_eq!((inputs.due(), inputs.has_scanned()), (Some(at(201)), true));
        inputs.poll_soon(at(500));
        assert_eq!(inputs.due(), Some(at(201)), "never later");
        inputs.poll_soon(at(100));
        assert_eq!(inputs.due(), Some(at(101)));
    }
}
