//! Watches folders and gives a hint when something in them may have changed.

use std::{collections::BTreeSet, path::PathBuf, pin::Pin, sync::Arc, thread, time::Duration};

use tokio::time::{Sleep, sleep};
use tracing::warn;

use super::{queue::WatchQueue, watch_thread};

/// Watches folders and their direct entries, not recursively. Uses one inotify instance for all folders: instances are
/// scarce (128 per user by default).
///
/// Invariant: no method blocks.
#[derive(Debug)]
pub struct FolderWatcher {
    queue: Arc<WatchQueue>,
    /// The delay of a pending hint. It is a field so that [`Self::hint`] can be dropped and called again.
    debounce: Option<Pin<Box<Sleep>>>,
}

impl FolderWatcher {
    /// Never fails. Without inotify or a thread it gives no hints, is never [`Self::fully_armed`], and logs the reason.
    pub fn new() -> Self {
        let queue = Arc::new(WatchQueue::default());
        let thread_queue = Arc::clone(&queue);
        let started = thread::Builder::new().name("watch".to_owned()).spawn(move || watch_thread::run(&thread_queue));
        if let Err(error) = started {
            warn!("cannot start a thread to watch folders: {error}; changes are found by polling every few seconds");
        }
        Self { queue, debounce: None }
    }

    /// Sets the watched folders. Each newly armed folder causes a hint, because it may have changed before.
    pub fn follow(&mut self, folders: BTreeSet<PathBuf>) {
        self.queue.set_folders(folders);
    }

    /// Arms folders again that were missing, that could not be armed, or that are not the same any more (recreated, or
    /// reached through a link that was changed). Call it at each slow poll, before the files are inspected.
    pub fn rearm(&mut self) {
        self.queue.request_pass();
    }

    /// Whether every folder is watched, as far as is known. While this is false, poll more often and call [`Self::rearm`].
    /// Arming takes a moment: after a [`Self::follow`] of new folders this is false until the hint that it causes.
    pub fn fully_armed(&self) -> bool {
        self.queue.fully_armed()
    }

    /// Waits until something may have changed. All changes within 100 ms are one hint, so continuous changes cause exactly
    /// ten hints per second. Cancel-safe.
    pub async fn hint(&mut self) {
        if self.debounce.is_none() {
            self.queue.hint.notified().await;
        }
        self.debounce.get_or_insert_with(|| Box::pin(sleep(DEBOUNCE))).await;
        self.debounce = None;
        self.queue.take_hint();
    }
}

impl Default for FolderWatcher {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for FolderWatcher {
    /// The threads end by themselves soon after. They are not waited for, because they may hang on a file system.
    fn drop(&mut self) {
        self.queue.close();
    }
}

/// How long changes are collected into one hint, counted from the first.
const DEBOUNCE: Duration = Duration::from_millis(100);
