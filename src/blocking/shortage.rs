//! A shortage of threads: the system allows no more.

use std::{
    io,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;
use tracing::{info, warn};

/// Why no thread can be started: one line that names the limits to look at.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("no thread can be started: {error}; {LIMITS}")]
pub struct Shortage {
    error: String,
}

/// The shortage of a runtime's lanes, if there is one.
#[derive(Debug, Default)]
pub(super) struct ShortageMonitor {
    current: Mutex<Option<Shortage>>,
    changed: Notify,
}

impl Shortage {
    pub(super) fn of(error: &io::Error) -> Self {
        Self { error: error.to_string().to_lowercase() }
    }
}

impl ShortageMonitor {
    pub(super) fn current(&self) -> Option<Shortage> {
        self.state().clone()
    }

    /// Notes that a thread could not be started, and logs the first of them. Returns whether it is the first.
    pub(super) fn begin(&self, error: &io::Error) -> bool {
        let mut current = self.state();
        if current.is_some() {
            return false;
        }
        let shortage = Shortage::of(error);
        warn!("{shortage}; work on files and names waits for the threads that there are, and the start is tried again");
        *current = Some(shortage);
        self.changed.notify_one();
        true
    }

    /// Notes that threads can be started again, and logs it.
    pub(super) fn end(&self) {
        if self.state().take().is_some() {
            info!("threads can be started again");
            self.changed.notify_one();
        }
    }

    /// Returns when a shortage has begun or ended. Cancel-safe.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    fn state(&self) -> MutexGuard<'_, Option<Shortage>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The limits that may be reached if the system refuses a thread or a process, as a remedy.
pub const LIMITS: &str = "raise the limit that is reached: RLIMIT_NPROC (`ulimit -u`), the cgroup's `pids.max`, `TasksMax=` \
                          of systemd, `podPidsLimit` of Kubernetes, or memory";
