//! The threads of a runtime, and the work that waits for them.

use std::{
    io,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use tokio::sync::Notify;

use super::{
    access::{AccessBoard, enter_on, leave_file},
    job::Job,
    lane::Lane,
    queue::{Progress, WorkQueue},
};
use crate::clock;

/// The threads of a runtime.
pub(super) struct Workers {
    board: Arc<AccessBoard>,
    state: Mutex<State>,
    /// Work has come, or the threads are to end.
    wake: Condvar,
    /// The last work of a lane has ended.
    quiet: Notify,
}

#[derive(Default)]
struct State {
    queue: WorkQueue<Job>,
    threads: usize,
    /// Threads that wait for work. One that was woken counts until it takes the work.
    idle: usize,
    /// Threads that are never ended for idleness.
    kept: usize,
    is_overseen: bool,
    is_closed: bool,
}

/// What becomes of submitted work.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Submitted {
    /// A thread takes it, or is looked for already.
    Served,
    /// It waits for a thread. The caller is to look again after a while, by [`Workers::oversee`].
    Waits,
}

impl State {
    /// Whether more work waits than idle threads take.
    fn exceeds_idle(&self) -> bool {
        self.queue.takeable() > self.idle
    }
}

impl Workers {
    pub(super) fn new(board: &Arc<AccessBoard>) -> Arc<Self> {
        Arc::new(Self { board: Arc::clone(board), state: Mutex::default(), wake: Condvar::new(), quiet: Notify::new() })
    }

    /// Queues work, and starts a thread for it if it needs one now. An error says that no thread could be started; the work stays
    /// queued.
    pub(super) fn submit(self: &Arc<Self>, lane: Lane, job: Job) -> io::Result<Submitted> {
        let now = clock::monotonic();
        let mut state = self.state();
        state.queue.push(now, lane, job, |job| !job.is_abandoned());
        if state.idle > 0 {
            self.wake.notify_one();
        }
        self.grow(&mut state, now)?;
        let is_new = state.exceeds_idle() && !state.is_overseen;
        state.is_overseen |= is_new;
        Ok(if is_new { Submitted::Waits } else { Submitted::Served })
    }

    /// Starts a thread if the waiting work needs one. Returns whether to look again after a while: work waits.
    pub(super) fn oversee(self: &Arc<Self>) -> io::Result<bool> {
        let mut state = self.state();
        let grown = self.grow(&mut state, clock::monotonic());
        state.is_overseen = grown.is_ok() && state.exceeds_idle();
        grown.map(|()| state.is_overseen)
    }

    /// Starts the threads that the queue needs, and those that are kept.
    pub(super) fn top_up(self: &Arc<Self>) -> io::Result<()> {
        let mut state = self.state();
        while state.threads < state.kept {
            self.start(&mut state)?;
        }
        self.grow(&mut state, clock::monotonic())
    }

    /// Keeps one thread from here on, and starts it.
    pub(super) fn keep_one(self: &Arc<Self>) -> io::Result<()> {
        self.state().kept = 1;
        self.top_up()
    }

    /// Starts a thread even if no work waits for it, to see whether the system allows it.
    pub(super) fn probe(self: &Arc<Self>) -> io::Result<()> {
        self.start(&mut self.state())
    }

    /// Whether the work of a lane waits and no thread comes for it.
    pub(super) fn is_starved(&self, lane: Lane) -> bool {
        let state = self.state();
        let lacks_kept = state.threads == 0 && state.kept > 0;
        lacks_kept || state.queue.is_starved(clock::monotonic(), lane, state.threads)
    }

    /// Takes the next work that is not skipped, if no thread comes for it.
    pub(super) fn take_without_threads(&self) -> Option<Job> {
        let mut state = self.state();
        let threads = state.threads;
        loop {
            let (lane, job) = state.queue.take_without_threads(clock::monotonic(), threads)?;
            if state.queue.is_quiet(lane) {
                self.quiet.notify_waiters();
            }
            if !(lane.skips_abandoned() && job.is_abandoned()) {
                return Some(job);
            }
        }
    }

    /// Waits until no work of a lane waits or runs.
    pub(super) async fn finish(&self, lane: Lane) {
        loop {
            let quiet = self.quiet.notified();
            if self.state().queue.is_quiet(lane) {
                return;
            }
            quiet.await;
        }
    }

    /// Ends the threads once the queue is empty.
    pub(super) fn close(&self) {
        self.state().is_closed = true;
        self.wake.notify_all();
    }

    /// Starts a thread if the waiting work needs one. Those that are idle were woken and take work first.
    fn grow(self: &Arc<Self>, state: &mut State, now: Duration) -> io::Result<()> {
        if state.exceeds_idle() && state.queue.needs_thread(now, state.threads) { self.start(state) } else { Ok(()) }
    }

    fn start(self: &Arc<Self>, state: &mut State) -> io::Result<()> {
        let workers = Arc::clone(self);
        thread::Builder::new().name(THREAD_NAME.to_owned()).spawn(move || workers.work())?;
        state.threads += 1;
        Ok(())
    }

    /// The life of a thread.
    fn work(self: &Arc<Self>) {
        let progress = Arc::<Progress>::default();
        let mut state = self.state();
        loop {
            let now = clock::monotonic();
            if let Some((lane, job)) = state.queue.take(now, &progress) {
                // If that fails, the work waits for the threads that there are.
                let _ = self.grow(&mut state, now);
                drop(state);
                if lane.skips_abandoned() && job.is_abandoned() {
                    drop(job);
                } else {
                    enter_on(&self.board, lane, &progress);
                    job.run();
                    leave_file();
                }
                state = self.state();
                state.queue.end(&progress);
                if state.queue.is_quiet(lane) {
                    self.quiet.notify_waiters();
                }
                continue;
            }
            if state.is_closed {
                break;
            }
            state.idle += 1;
            let is_kept = state.threads <= state.kept;
            let has_none = |state: &mut State| state.queue.takeable() == 0 && !state.is_closed;
            if is_kept {
                state = self.wake.wait_while(state, has_none).unwrap_or_else(PoisonError::into_inner);
            } else {
                let waited = self.wake.wait_timeout_while(state, IDLE_MAX, has_none);
                state = waited.unwrap_or_else(PoisonError::into_inner).0;
            }
            state.idle -= 1;
            if state.queue.takeable() == 0 && state.threads > state.kept {
                break;
            }
        }
        state.threads -= 1;
    }

    /// No code panics while it holds the lock, so a poisoned lock is safe to use.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The name of the threads, as in `/proc`.
const THREAD_NAME: &str = "worker";
/// How long a thread that is not kept waits for more work.
const IDLE_MAX: Duration = Duration::from_secs(1);
