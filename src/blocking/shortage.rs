//! A shortage of threads: the system allows no more.

use std::{
    io,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::Notify;
use tracing::{debug, info, warn};

use crate::renewal::Moment;

/// Why no thread can be started: one line that names the limits to look at.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("no thread can be started: {error}; {LIMITS}")]
pub struct Shortage {
    error: String,
}

/// The shortage of a runtime's lanes, if there is one.
#[derive(Debug, Default)]
pub(super) struct ShortageMonitor {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    current: Option<Shortage>,
    /// When a shortage was last logged.
    logged_at: Option<Moment>,
    /// Whether the current one was.
    is_logged: bool,
    /// Whether it was there at a later attempt too.
    lasts: bool,
}

impl Shortage {
    pub(super) fn of(error: &io::Error) -> Self {
        Self { error: error.to_string().to_lowercase() }
    }
}

impl ShortageMonitor {
    pub(super) fn current(&self) -> Option<Shortage> {
        self.state().current.clone()
    }

    /// Notes that a thread could not be started. Logs it, if it is the first, and none was logged within [`LOG_SPACING`].
    /// Returns whether it is the first.
    pub(super) fn begin(&self, now: Moment, error: &io::Error) -> bool {
        let mut state = self.state();
        if state.current.is_some() {
            return false;
        }
        let shortage = Shortage::of(error);
        state.is_logged = state.logged_at.is_none_or(|at| now.since(at) >= LOG_SPACING);
        if state.is_logged {
            state.logged_at = Some(now);
            warn!(
                "{shortage}; work on files and names goes on with the threads that there are, and the start is tried again"
            );
        } else {
            debug!("{shortage}");
        }
        state.current = Some(shortage);
        self.changed.notify_one();
        true
    }

    /// Notes that a later attempt failed too.
    pub(super) fn go_on(&self) {
        self.state().lasts = true;
    }

    /// Whether a later attempt failed too.
    pub(super) fn lasts(&self) -> bool {
        self.state().lasts
    }

    /// Notes that threads can be started again. Logs it, if the shortage was logged.
    pub(super) fn end(&self) {
        let mut state = self.state();
        state.lasts = false;
        if state.current.take().is_some() {
            if state.is_logged {
                info!("threads can be started again");
            }
            self.changed.notify_one();
        }
    }

    /// Returns when a shortage has begun or ended. Cancel-safe.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A limit that is reached now and again is logged once within this time.
const LOG_SPACING: Duration = Duration::from_secs(600);

/// The limits that may be reached if the system refuses a thread or a process, as a remedy.
pub const LIMITS: &str = "raise the limit that is reached: RLIMIT_NPROC (`ulimit -u`), the cgroup's `pids.max`, `TasksMax=` \
                          of systemd, `podPidsLimit` of Kubernetes, or memory";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_that_is_reached_now_and_again_is_logged_once() {
        let monitor = ShortageMonitor::default();
        let error = io::Error::from_raw_os_error(11);
        let at = |seconds| Moment::since_boot(Duration::from_secs(seconds));
        let mut logged = 0;
        for second in 0..1200 {
            assert!(monitor.begin(at(second), &error) && !monitor.begin(at(second), &error));
            logged += u32::from(monitor.state().is_logged);
            monitor.end();
            assert_eq!(monitor.current(), None);
        }
        assert_eq!(logged, 2);
        assert!(
            Shortage::of(&error).to_string().starts_with("no thread can be started: resource temporarily unavailable")
        );
    }
}
