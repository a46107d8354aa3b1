//! The threads of one lane, and its queue.

use std::{
    collections::VecDeque,
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
};

/// The threads of one lane.
pub(super) struct Workers {
    lane: Lane,
    board: Arc<AccessBoard>,
    state: Mutex<State>,
    /// Work has come, or the lane is closed.
    wake: Condvar,
    /// The last work has ended.
    quiet: Notify,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Job>,
    threads: usize,
    /// Threads that wait for work. One that was woken counts until it takes the work.
    idle: usize,
    /// Threads that are never ended for idleness.
    kept: usize,
    is_closed: bool,
}

impl Workers {
    pub(super) fn new(lane: Lane, board: &Arc<AccessBoard>) -> Arc<Self> {
        Arc::new(Self {
            lane,
            board: Arc::clone(board),
            state: Mutex::default(),
            wake: Condvar::new(),
            quiet: Notify::new(),
        })
    }

    /// Queues work, and starts a thread for it if none is idle and the lane may have more. An error says that no thread could
    /// be started; the work stays queued.
    pub(super) fn submit(self: &Arc<Self>, job: Job) -> io::Result<()> {
        let mut state = self.state();
        if self.lane.skips_abandoned() && state.queue.len() >= PRUNE_FROM {
            state.queue.retain(|job| !job.is_abandoned());
        }
        state.queue.push_back(job);
        self.wake.notify_one();
        self.serve(&mut state)
    }

    /// Starts the threads that the queue needs, and those that are kept.
    pub(super) fn top_up(self: &Arc<Self>) -> io::Result<()> {
        let mut state = self.state();
        while state.threads < state.kept {
            self.start(&mut state)?;
        }
        self.serve(&mut state)
    }

    /// Keeps one thread from here on, and starts it.
    pub(super) fn keep_one(self: &Arc<Self>) -> io::Result<()> {
        self.state().kept = 1;
        self.top_up()
    }

    /// Starts a thread even if no work waits for it, to see whether the system allows it.
    pub(super) fn probe(self: &Arc<Self>) -> io::Result<()> {
        let mut state = self.state();
        if state.threads < self.lane.threads_max() { self.start(&mut state) } else { Ok(()) }
    }

    /// Whether work waits and there is no thread at all.
    pub(super) fn is_starved(&self) -> bool {
        let state = self.state();
        state.threads == 0 && (state.kept > 0 || !state.queue.is_empty())
    }

    /// Takes the next work, if the lane has no thread for it.
    pub(super) fn take_without_threads(&self) -> Option<Job> {
        let mut state = self.state();
        if state.threads > 0 {
            return None;
        }
        if self.lane.skips_abandoned() {
            state.queue.retain(|job| !job.is_abandoned());
        }
        let job = state.queue.pop_front();
        if state.queue.is_empty() {
            self.quiet.notify_waiters();
        }
        job
    }

    /// Waits until no work waits or runs.
    pub(super) async fn finish(&self) {
        loop {
            let quiet = self.quiet.notified();
            let is_quiet = {
                let state = self.state();
                state.queue.is_empty() && state.idle == state.threads
            };
            if is_quiet {
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

    fn serve(self: &Arc<Self>, state: &mut State) -> io::Result<()> {
        if state.idle < state.queue.len() && state.threads < self.lane.threads_max() {
            self.start(state)
        } else {
            Ok(())
        }
    }

    fn start(self: &Arc<Self>, state: &mut State) -> io::Result<()> {
        let workers = Arc::clone(self);
        thread::Builder::new().name(self.lane.thread_name().to_owned()).spawn(move || workers.work())?;
        state.threads += 1;
        Ok(())
    }

    /// The life of a thread.
    fn work(&self) {
        enter_on(&self.board, self.lane);
        let mut state = self.state();
        loop {
            if let Some(job) = state.queue.pop_front() {
                drop(state);
                if self.lane.skips_abandoned() && job.is_abandoned() {
                    drop(job);
                } else {
                    job.run();
                    leave_file();
                }
                state = self.state();
                continue;
            }
            if state.is_closed {
                break;
            }
            state.idle += 1;
            if state.idle == state.threads {
                self.quiet.notify_waiters();
            }
            let is_kept = state.threads <= state.kept;
            let has_none = |state: &mut State| state.queue.is_empty() && !state.is_closed;
            if is_kept {
                state = self.wake.wait_while(state, has_none).unwrap_or_else(PoisonError::into_inner);
            } else {
                let waited = self.wake.wait_timeout_while(state, IDLE_MAX, has_none);
                state = waited.unwrap_or_else(PoisonError::into_inner).0;
            }
            state.idle -= 1;
            if state.queue.is_empty() && state.threads > state.kept {
                break;
            }
        }
        state.threads -= 1;
        if state.idle == state.threads {
            self.quiet.notify_waiters();
        }
    }

    /// No code panics while it holds the lock, so a poisoned lock is safe to use.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long a thread that is not kept waits for more work.
const IDLE_MAX: Duration = Duration::from_secs(1);
/// From this length on, a queue drops the work that no one waits for.
const PRUNE_FROM: usize = 64;
