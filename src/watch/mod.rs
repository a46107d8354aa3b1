//! Hints that something in a set of folders may have changed. A hint is never more than that: whoever gets one looks
//! for himself, and looks now and then without one, because inotify sees no change on some file systems.
//!
//! A thread of this room, `thread`, does all that touches the disk, so that a hanging network file system cannot hold up
//! the caller. Caller, thread and inotify meet at `queue`.

mod change_watcher;
mod queue;
mod watch_thread;

use std::{collections::BTreeSet, path::PathBuf, pin::Pin, sync::Arc, thread, time::Duration};

use tokio::time::{Sleep, sleep};
use tracing::warn;

pub use change_watcher::{Armed, ChangeWatcher, Touched, WatchArmer};
use queue::WatchQueue;

/// Watches folders, not what is below their own entries. One inotify instance, however many folders: instances are few
/// (128 a user by default).
///
/// Invariant: no method blocks.
#[derive(Debug)]
pub struct Watch {
    queue: Arc<WatchQueue>,
    /// A hint that is being gathered. It stands here so that [`Self::hint`] can be dropped and called again.
    gathering: Option<Pin<Box<Sleep>>>,
}

impl Watch {
    /// Never fails. Without inotify or a thread it gives no hints and is not [`Self::fully_armed`], and a log line says why.
    pub fn new() -> Self {
        let queue = Arc::new(WatchQueue::default());
        let theirs = Arc::clone(&queue);
        let started = thread::Builder::new().name("watch".to_owned()).spawn(move || watch_thread::serve(&theirs));
        if let Err(error) = started {
            warn!("cannot start a thread to watch folders: {error}; changes are found by looking every few seconds");
        }
        Self { queue, gathering: None }
    }

    /// Watches exactly these folders. Each that gets armed causes a hint, because it may have changed before.
    pub fn follow(&mut self, folders: BTreeSet<PathBuf>) {
        self.queue.want(folders);
    }

    /// To be called at each slow poll, before looking: arms folders that were missing, that could not be armed, or that
    /// are not those they were (removed and made anew, or reached through a link that was turned).
    pub fn rearm(&mut self) {
        self.queue.ask();
    }

    /// Whether every folder is watched, as far as is known. While this is false, look more often and [`Self::rearm`].
    /// Arming takes a moment: it is false after a [`Self::follow`] of new folders until the hint that this causes.
    pub fn fully_armed(&self) -> bool {
        self.queue.fully_armed()
    }

    /// Waits until something may have changed. Whatever happens within 100 ms is one hint, so a storm of changes gives
    /// ten hints a second and no more, and never none. Dropping the future loses nothing.
    pub async fn hint(&mut self) {
        if self.gathering.is_none() {
            self.queue.hint.notified().await;
        }
        self.gathering.get_or_insert_with(|| Box::pin(sleep(GATHERING))).await;
        self.gathering = None;
        self.queue.take_hint();
    }
}

impl Default for Watch {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Watch {
    /// The threads end by themselves soon after; waiting for them could mean to wait for a hanging file system.
    fn drop(&mut self) {
        self.queue.close();
    }
}

/// How long changes are gathered into one hint, counted from the first.
const GATHERING: Duration = Duration::from_millis(100);
