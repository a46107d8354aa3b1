//! The process that a command runs in.

use std::{io, time::Duration};

use rustix::process::{DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit};
use tracing::debug;

use super::Failure;
use crate::daemon::BLOCKING_THREADS_MAX;

/// Keeps secrets out of core dumps and away from debuggers of the same user. Where the kernel refuses, the program runs all
/// the same.
pub(super) fn harden() {
    limit_core(Rlimit { current: Some(0), maximum: Some(0) });
    forbid_dumps();
}

/// The same for a process that starts programs which are to have the limit that it was itself started with.
pub(super) fn harden_with_programs() -> CoreLimit {
    let limit = CoreLimit(getrlimit(Resource::Core));
    forbid_dumps();
    limit.put_down();
    limit
}

/// The limit on core dumps that this process was started with. A hard limit cannot be raised again, so it is left.
#[derive(Clone, Debug)]
pub(super) struct CoreLimit(Rlimit);

impl CoreLimit {
    /// Starts a program while the limit is as it was. This process is not dumpable all the while, and the program has the
    /// limit from its first moment on.
    pub(super) fn lifted<T>(&self, start: impl FnOnce() -> T) -> T {
        limit_core(self.0);
        let started = start();
        self.put_down();
        started
    }

    fn put_down(&self) {
        limit_core(Rlimit { current: Some(0), maximum: self.0.maximum });
    }
}

fn limit_core(limit: Rlimit) {
    if let Err(error) = setrlimit(Resource::Core, limit) {
        debug!("cannot set the limit on core dumps: {error}");
    }
}

fn forbid_dumps() {
    if let Err(error) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
        debug!("cannot forbid core dumps: {error}");
    }
}

/// Runs a command's loop on one thread. Threads that hang in a name look-up or on a disk are left behind at the end.
pub(super) fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(BLOCKING_THREADS_MAX)
        .thread_keep_alive(THREAD_KEEP_ALIVE)
        .build()
        .map_err(|error: io::Error| Failure::at_run_time(error))?;
    let result = runtime.block_on(work);
    runtime.shutdown_background();
    result
}

/// Threads for files come and go: an idle daemon has none of them.
const THREAD_KEEP_ALIVE: Duration = Duration::from_secs(1);
