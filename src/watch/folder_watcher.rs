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
    /// It is a field so that [`Self::hint`] can be dropped and called again.
    gathering: Gathering,
}

/// How hints are gathered.
#[derive(Debug)]
enum Gathering {
    /// Nothing has changed for a while: the next change that leaves a whole file is a hint at once.
    Quiet,
    /// A file may be half written. Until this moment a change that leaves it whole is waited for.
    Incomplete(Pin<Box<Sleep>>),
    /// A hint was given a moment ago. What changes until this moment is one more hint.
    Following(Pin<Box<Sleep>>),
}

impl FolderWatcher {
    /// Never fails. Without inotify or a thread it gives no hints, and is not [`Self::fully_armed`]. The thread is started
    /// again by [`Self::rearm`]. Must be called within a runtime.
    pub fn new() -> Self {
        let mut watcher = Self { queue: Arc::default(), is_served: false, gathering: Gathering::Quiet };
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

    /// Waits until something may have changed. The first change that leaves a whole file is a hint at once, and what changes
    /// within 100 ms after a hint is one more hint. So a new key costs no delay, a half-written one is not read first, and
    /// continuous changes cause ten hints per second. Cancel-safe.
    pub async fn hint(&mut self) {
        loop {
            match &mut self.gathering {
                Gathering::Quiet => tokio::select! {
                    biased;
                    () = self.queue.whole.notified() => return self.give_hint(),
                    () = self.queue.hint.notified() => self.gathering = Gathering::Incomplete(window()),
                },
                Gathering::Incomplete(window) => {
                    tokio::select! {
                        () = self.queue.whole.notified() => {}
                        () = window => {}
                    }
                    return self.give_hint();
                }
                Gathering::Following(window) => {
                    window.await;
                    if self.queue.take_hint() {
                        return self.give_hint();
                    }
                    self.gathering = Gathering::Quiet;
                }
            }
        }
    }

    fn give_hint(&mut self) {
        self.queue.take_hint();
        self.gathering = Gathering::Following(window());
    }
}

fn window() -> Pin<Box<Sleep>> {
    Box::pin(sleep(GATHERING))
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

/// How long changes are gathered into one hint.
const GATHERING: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use tokio::time::{Instant, timeout};

    use super::*;

    fn watcher() -> FolderWatcher {
        FolderWatcher { queue: Arc::default(), is_served: true, gathering: Gathering::Quiet }
    }

    #[expect(clippy::disallowed_methods, reason = "the paused clock of a test does not stop during suspend")]
    fn now() -> Instant {
        Instant::now()
    }

    /// How long after the start the next hint comes, in milliseconds.
    async fn next(watcher: &mut FolderWatcher, start: Instant) -> u128 {
        watcher.hint().await;
        start.elapsed().as_millis()
    }

    #[tokio::test(start_paused = true)]
    async fn a_whole_file_is_a_hint_at_once_and_what_follows_is_one_more() {
        let (mut watcher, start) = (watcher(), now());
        watcher.queue.note_whole_file();
        assert_eq!(next(&mut watcher, start).await, 0);
        watcher.queue.note_change();
        watcher.queue.note_whole_file();
        assert_eq!(next(&mut watcher, start).await, 100);
        assert!(timeout(Duration::from_secs(60), watcher.hint()).await.is_err(), "no hint without a change");
        watcher.queue.note_whole_file();
        assert_eq!(next(&mut watcher, start).await, 60_100);
    }

    #[tokio::test(start_paused = true)]
    async fn a_file_that_may_be_half_written_is_a_hint_once_it_is_whole() {
        let (mut watcher, start) = (watcher(), now());
        watcher.queue.note_change();
        assert!(timeout(Duration::from_millis(40), watcher.hint()).await.is_err());
        watcher.queue.note_whole_file();
        assert_eq!(next(&mut watcher, start).await, 40);
    }

    #[tokio::test(start_paused = true)]
    async fn a_change_that_leaves_no_whole_file_is_a_hint_after_a_moment() {
        let (mut watcher, start) = (watcher(), now());
        watcher.queue.note_change();
        assert!(timeout(Duration::from_millis(40), watcher.hint()).await.is_err());
        watcher.queue.note_change();
        assert_eq!(next(&mut watcher, start).await, 100, "counted from the first");
    }

    #[tokio::test(start_paused = true)]
    async fn continuous_changes_are_ten_hints_per_second() {
        let (mut watcher, start) = (watcher(), now());
        for n in 0..50 {
            watcher.queue.note_whole_file();
            assert_eq!(next(&mut watcher, start).await, n * 100);
        }
    }
}
