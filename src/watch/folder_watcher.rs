//! Watches folders and gives a hint when something in them may have changed.

use std::{collections::BTreeSet, path::PathBuf, pin::Pin, sync::Arc, time::Duration};

use super::{queue::WatchQueue, watch_thread};
use crate::blocking;
use tokio::time::{Sleep, sleep};

/// Watches folders and their direct entries, not recursively. Uses one inotify instance for all folders: instances are
/// scarce (128 per user by default).
///
/// Invariant: no method blocks.
#[derive(Debug)]
pub struct FolderWatcher {
    queue: Arc<WatchQueue>,
    /// Whether the thread was started that serves the queue.
    is_served: bool,
    /// The delay of a pending hint. It is a field so that [`Self::hint`] can be dropped and called again.
    debounce: Option<Pin<Box<Sleep>>>,
}

impl FolderWatcher {
    /// Never fails. Without inotify or a thread it gives no hints, and is not [`Self::fully_armed`]. The thread is started
    /// again by [`Self::rearm`]. Must be called within a runtime.
    pub fn new() -> Self {
        let mut watcher = Self { queue: Arc::default(), is_served: false, debounce: None };
        watcher.serve();
        watcher
    }

    fn serve(&mut self) {
        if !self.is_served {
            let queue = Arc::clone(&self.queue);
            self.is_served = blocking::start_thread("watch", move || watch_thread::run(&queue));
        }
    }

    /// Sets the watched folders. Each newly armed folder causes a hint, because it may have changed before.
    pub fn follow(&mut self, folders: BTreeSet<PathBuf>) {
        self.queue.set_folders(folders);
    }

    /// Arms folders again that were missing, that could not be armed, or that are not the same any more (recreated, or
    /// reached through a link that was changed). Call it at each slow poll, before the files are inspected.
    pub fn rearm(&mut self) {
        self.serve();
        self.queue.request_pass();
    }

    /// Whether every folder is watched, as far as is known. While this is false, poll more often and call [`Self::rearm`].
    /// Arming takes a moment: after a [`Self::follow`] of new folders this is false until the hint that it causes.
    pub fn fully_armed(&self) -> bool {
        self.is_served && self.queue.fully_armed()
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
