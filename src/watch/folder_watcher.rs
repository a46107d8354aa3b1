//! Watches folders and gives a hint when something in them may have changed.

use std::{collections::BTreeSet, path::PathBuf, pin::Pin, sync::Arc, thread, time::Duration};

use tokio::time::{Sleep, sleep};
use tracing::warn;

use super::{queue::WatchQueue, watch_thread};

/// Watches folders, not what is below their own entries. One inotify instance, however many folders: instances are few
/// (128 a user by default).
///
/// Invariant: no method blocks.
#[derive(Debug)]
pub struct FolderWatcher {
    queue: Arc<WatchQueue>,
    /// A hint that is being gathered. It stands here so that [`Self::hint`] can be dropped and called again.
    debounce: Option<Pin<Box<Sleep>>>,
}

impl FolderWatcher {
    /// Never fails. Without inotify or a thread it gives no hints and is not [`Self::fully_armed`], and a log line says why.
    pub fn new() -> Self {
        let queue = Arc::new(WatchQueue::default());
        let thread_queue = Arc::clone(&queue);
        let started = thread::Builder::new().name("watch".to_owned()).spawn(move || watch_thread::run(&thread_queue));
        if let Err(error) = started {
            warn!("cannot start a thread to watch folders: {error}; changes are found by looking every few seconds");
        }
        Self { queue, debounce: None }
    }

    /// Watches exactly these folders. Each that gets armed causes a hint, because it may have changed before.
    pub fn follow(&mut self, folders: BTreeSet<PathBuf>) {
        self.queue.set_folders(folders);
    }

    /// To be called at each slow poll, before looking: arms folders that were missing, that could not be armed, or that
    /// are not those they were (removed and made anew, or reached through a link that was turned).
    pub fn rearm(&mut self) {
        self.queue.request_pass();
    }

    /// Whether every folder is watched, as far as is known. While this is false, look more often and [`Self::rearm`].
    /// Arming takes a moment: it is false after a [`Self::follow`] of new folders until the hint that this causes.
    pub fn fully_armed(&self) -> bool {
        self.queue.fully_armed()
    }

    /// Waits until something may have changed. Whatever happens within 100 ms is one hint, so a storm of changes gives
    /// ten hints a second and no more, and never none. Dropping the future loses nothing.
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
    /// The threads end by themselves soon after; waiting for them could mean to wait for a hanging file system.
    fn drop(&mut self) {
        self.queue.close();
    }
}

/// How long changes are gathered into one hint, counted from the first.
const DEBOUNCE: Duration = Duration::from_millis(100);
