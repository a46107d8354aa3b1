//! A piece of blocking work, and the future of its result.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    task::{Context, Poll},
};

use tokio::sync::oneshot;

/// A piece of work in a queue.
pub(super) struct Job {
    work: Box<dyn FnOnce() + Send>,
    stage: Arc<AtomicU8>,
}

/// The result of blocking work, to be awaited. The work may go on after this is dropped.
#[derive(Debug)]
pub struct JobHandle<T> {
    result: oneshot::Receiver<T>,
    stage: Arc<AtomicU8>,
}

impl Job {
    /// Packs work. Returns it with the future of its result.
    pub(super) fn new<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> (Self, JobHandle<T>) {
        let (sender, result) = oneshot::channel();
        let stage = Arc::new(AtomicU8::new(WAITS));
        let work = Box::new(move || {
            // A caller that has gone needs no result.
            let _ = sender.send(work());
        });
        (Self { work, stage: Arc::clone(&stage) }, JobHandle { result, stage })
    }

    /// Whether its future was dropped before the work began.
    pub(super) fn is_abandoned(&self) -> bool {
        self.stage.load(Ordering::Relaxed) == ABANDONED
    }

    /// Does the work. If it panics, its future returns `None`, and the thread goes on.
    pub(super) fn run(self) {
        self.stage.store(RUNS, Ordering::Relaxed);
        // The panic hook has logged it.
        let _ = catch_unwind(AssertUnwindSafe(self.work));
    }
}

impl<T> JobHandle<T> {
    /// Whether the work still waits for a thread.
    pub(super) fn is_waiting(&self) -> bool {
        self.stage.load(Ordering::Relaxed) == WAITS
    }
}

impl<T> Future for JobHandle<T> {
    /// `None` if the work panicked.
    type Output = Option<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<T>> {
        Pin::new(&mut self.result).poll(context).map(Result::ok)
    }
}

impl<T> Drop for JobHandle<T> {
    fn drop(&mut self) {
        let _ = self.stage.compare_exchange(WAITS, ABANDONED, Ordering::Relaxed, Ordering::Relaxed);
    }
}

const WAITS: u8 = 0;
const RUNS: u8 = 1;
const ABANDONED: u8 = 2;
