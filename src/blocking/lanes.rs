//! The lanes of a runtime, and the retry of threads that could not be started.

use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};

use tokio::{runtime::Handle, task, time};

use super::{
    access::{AccessBoard, Hang},
    job::{Job, JobHandle},
    lane::Lane,
    not_done::NotDone,
    shortage::{Shortage, ShortageMonitor},
    workers::{Submitted, Workers},
};
use crate::clock;

/// The lanes of one runtime.
#[derive(Clone)]
struct Lanes {
    workers: Arc<Workers>,
    board: Arc<AccessBoard>,
    shortage: Arc<ShortageMonitor>,
}

/// Closes the lanes when the thread of the runtime ends.
struct OwnLanes(Lanes);

thread_local! {
    static LANES: OwnLanes = OwnLanes(Lanes::new());
}

/// Starts blocking work. Must be called within a runtime.
pub fn submit<T: Send + 'static>(lane: Lane, work: impl FnOnce() -> T + Send + 'static) -> JobHandle<T> {
    let (job, handle) = Job::new(work);
    current().submit(lane, job);
    handle
}

/// Starts blocking work and waits for its result, but not longer than `timeout`.
pub async fn run_within<T: Send + 'static>(
    lane: Lane,
    timeout: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, NotDone> {
    let mut handle = submit(lane, work);
    match time::timeout(timeout, &mut handle).await {
        Ok(result) => result.ok_or(NotDone::Panicked),
        Err(_elapsed) => Err(match shortage().filter(|_| handle.is_waiting()) {
            Some(shortage) => NotDone::NoThread(shortage),
            None => NotDone::TooLong,
        }),
    }
}

/// Starts one thread, and keeps it for good. If it cannot be started now, it is started later. Must be called within a runtime.
pub fn keep_thread() {
    let lanes = current();
    if let Err(error) = lanes.workers.keep_one() {
        lanes.falls_short(&error);
    }
}

/// The shortage of threads, if there is one.
pub fn shortage() -> Option<Shortage> {
    current().shortage.current()
}

/// Returns when a shortage has begun or ended. Cancel-safe.
pub async fn shortage_changed() {
    let lanes = current();
    lanes.shortage.changed().await;
}

/// The shortage, if it leaves a lane without any thread.
pub fn starved(lane: Lane) -> Option<Shortage> {
    let lanes = current();
    lanes.shortage.current().filter(|_| lanes.workers.is_starved(lane))
}

/// Returns the accesses to files that hang, each with a number of its own.
pub fn hangs() -> BTreeMap<u64, Hang> {
    current().board.hangs(clock::monotonic())
}

/// Returns how long it takes until another access counts as hanging, if none ends.
pub fn next_hang_in() -> Option<Duration> {
    current().board.next_hang_in(clock::monotonic())
}

/// Returns when an access has ended that was returned as hanging. Cancel-safe.
pub async fn hang_ended() {
    let lanes = current();
    lanes.board.ended().await;
}

/// Whether a further read would probably hang at this file or in this folder: one has been at it, or at several other files of
/// the same folder, for `patience`.
pub fn is_out_of_reach(path: &Path, patience: Duration) -> bool {
    current().board.is_out_of_reach(path, patience, clock::monotonic())
}

/// How many reads have been at a file for `patience`.
pub(super) fn stuck_reads(patience: Duration) -> usize {
    current().board.stuck(Lane::Read, patience, clock::monotonic())
}

/// Waits until a lane has no work left.
pub async fn finish(lane: Lane) {
    let workers = current().workers;
    workers.finish(lane).await;
}

fn current() -> Lanes {
    LANES.with(|own| own.0.clone())
}

impl Lanes {
    fn new() -> Self {
        let board = Arc::default();
        Self { workers: Workers::new(&board), board, shortage: Arc::default() }
    }

    fn submit(&self, lane: Lane, job: Job) {
        match self.workers.submit(lane, job) {
            Ok(Submitted::Served) => {}
            Ok(Submitted::Waits) => self.oversee_soon(),
            Err(error) => self.falls_short(&error),
        }
    }

    /// Looks now and again whether the waiting work needs another thread, until none waits: the threads may hang.
    fn oversee_soon(&self) {
        let Ok(runtime) = Handle::try_current() else { return };
        let lanes = self.clone();
        runtime.spawn(async move {
            loop {
                time::sleep(OVERSEE_EVERY).await;
                match lanes.workers.oversee() {
                    Ok(true) => {}
                    Ok(false) => return,
                    Err(error) => return lanes.falls_short(&error),
                }
            }
        });
    }

    fn falls_short(&self, error: &std::io::Error) {
        if self.shortage.begin(clock::now(), error)
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn(self.clone().retry());
        }
        if self.shortage.lasts() {
            self.work_here();
        }
    }

    /// Tries again, ever more slowly, until every thread that is needed could be started, and one more.
    async fn retry(self) {
        let mut pause = RETRY_FIRST;
        loop {
            time::sleep(pause).await;
            pause = RETRY_MAX.min(pause * 2);
            if self.workers.top_up().and_then(|()| self.workers.probe()).is_ok() {
                return self.shortage.end();
            }
            self.shortage.go_on();
            self.work_here();
        }
    }

    /// Does the work of lanes without any thread on the thread of the runtime, piece by piece, if no thread comes for it. A disk or
    /// a name server that hangs stops the runtime then, but nothing would be done at all otherwise.
    fn work_here(&self) {
        let Ok(runtime) = Handle::try_current() else { return };
        let workers = Arc::clone(&self.workers);
        runtime.spawn(async move {
            while let Some(job) = workers.take_without_threads() {
                job.run();
                task::yield_now().await;
            }
        });
    }
}

impl Drop for OwnLanes {
    fn drop(&mut self) {
        self.0.workers.close();
    }
}

/// The pause before a thread is tried again, at first; it doubles up to [`RETRY_MAX`].
const RETRY_FIRST: Duration = Duration::from_secs(1);
const RETRY_MAX: Duration = Duration::from_secs(30);
/// How often the threads are looked at while work waits for them.
const OVERSEE_EVERY: Duration = Duration::from_millis(25);
