//! Settings of the process that a command runs in.

use std::io;

use rustix::process::{DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit};
use tracing::debug;

use super::failure::Failure;

/// Keeps secrets out of core dumps and away from debuggers of the same user. If the kernel refuses, the program runs
/// anyway.
pub(super) fn harden() {
    limit_core(Rlimit { current: Some(0), maximum: Some(0) });
    forbid_dumps();
}

/// Does the same for a process that starts programs with the core limit that it inherited.
pub(super) fn harden_with_programs() -> CoreLimit {
    let limit = CoreLimit(getrlimit(Resource::Core));
    forbid_dumps();
    limit.lower();
    limit
}

/// The core limit that this process inherited. The hard limit is unchanged, because it could not be raised again.
#[derive(Clone, Debug)]
pub(super) struct CoreLimit(Rlimit);

impl CoreLimit {
    /// Starts a program with the inherited limit from its first moment. This process stays non-dumpable all the time.
    pub(super) fn with_inherited<T>(&self, start: impl FnOnce() -> T) -> T {
        limit_core(self.0);
        let started = start();
        self.lower();
        started
    }

    fn lower(&self) {
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

/// Runs a command's loop on one thread. At the end, threads that hang in a name lookup or on a disk are abandoned.
pub(super) fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        // Not used: see `blocking/`.
        .max_blocking_threads(1)
        .build()
        .map_err(|error: io::Error| Failure::at_run_time(error))?;
    let result = runtime.block_on(work);
    runtime.shutdown_background();
    result
}
