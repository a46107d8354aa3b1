//! The process that a command runs in.

use std::{io, time::Duration};

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
use tracing::debug;

use super::Failure;
use crate::daemon::BLOCKING_THREADS_MAX;

/// Keeps secrets out of core dumps and away from debuggers of the same user. Where the kernel refuses, the program runs all
/// the same.
pub(super) fn harden() {
    let no_core = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    let not_dumpable = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    if let Err(error) = no_core.and(not_dumpable) {
        debug!("cannot switch core dumps off: {error}");
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
