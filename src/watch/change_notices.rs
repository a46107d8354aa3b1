//! Notices of changes for a command that ends soon, by the crate `notify`, which has a thread of its own.

use std::{
    collections::BTreeSet,
    mem,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
};

use notify::{
    Config, Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher,
    event::{AccessKind, AccessMode},
};
use tokio::sync::Notify;

use super::change_watcher::Touched;
use crate::blocking::{Access, at_file};

/// Watches folders, not recursively. Without inotify or a thread it gives no notices.
#[derive(Debug, Default)]
pub struct ChangeNotices {
    shared: Arc<Shared>,
}

/// What the caller, the thread that arms folders and the thread of the crate share.
#[derive(Debug, Default)]
struct Shared {
    /// `None` until it could be made.
    watched: Mutex<Option<Watched>>,
    touched: Mutex<Touched>,
    is_touched: Notify,
}

#[derive(Debug)]
struct Watched {
    watcher: RecommendedWatcher,
    folders: BTreeSet<PathBuf>,
}

/// Arms folders. Blocks on the disk.
#[derive(Debug)]
pub struct NoticeArmer(Arc<Shared>);

impl ChangeNotices {
    /// Returns what arms folders.
    pub fn armer(&self) -> NoticeArmer {
        NoticeArmer(Arc::clone(&self.shared))
    }

    /// Waits until files are touched. Cancel-safe: files that are not reported now are reported by the next call.
    pub async fn touched(&self) -> Touched {
        loop {
            let touched = mem::take(&mut *lock(&self.shared.touched));
            if touched != Touched::default() {
                return touched;
            }
            self.shared.is_touched.notified().await;
        }
    }
}

impl NoticeArmer {
    /// Arms these folders too, also those that seem armed, and returns those that are watched. Blocks on the disk.
    pub fn arm(&self, folders: impl IntoIterator<Item = PathBuf>) -> BTreeSet<PathBuf> {
        let mut watched = lock(&self.0.watched);
        if watched.is_none() {
            *watched = new_watcher(&self.0).ok().map(|watcher| Watched { watcher, folders: BTreeSet::new() });
        }
        let Some(Watched { watcher, folders: armed }) = &mut *watched else { return BTreeSet::new() };
        let mut arm = |folder: &PathBuf| {
            at_file(Access::Read, folder);
            let is_armed = watcher.watch(folder, RecursiveMode::NonRecursive).is_ok();
            let is_news = if is_armed { armed.insert(folder.clone()) } else { armed.remove(folder) };
            if is_armed && is_news {
                // It may have changed before it was armed.
                self.0.note(&[]);
            }
            is_armed
        };
        folders.into_iter().filter(|folder| arm(folder)).collect()
    }
}

impl Shared {
    /// Notes that these files were touched; any file, if none is named.
    fn note(&self, files: &[PathBuf]) {
        let mut touched = lock(&self.touched);
        for file in files {
            touched.add(file.clone());
        }
        if files.is_empty() {
            *touched = Touched::Anything;
        }
        drop(touched);
        self.is_touched.notify_one();
    }

    /// Handles an event on the thread of the crate. An error or a queue overflow may hide any change.
    fn handle(&self, event: notify::Result<Event>) {
        match event {
            Ok(event) if is_read(event.kind) => {}
            Ok(event) => self.note(&event.paths),
            Err(_) => self.note(&[]),
        }
    }
}

/// Makes a watcher. The crate takes for granted that its thread starts: without it, all calls but `configure` panic, and so does
/// the drop.
fn new_watcher(shared: &Arc<Shared>) -> notify::Result<RecommendedWatcher> {
    let free = thread::Builder::new().name("watch-probe".to_owned()).spawn(|| {}).map_err(notify::Error::io)?;
    // It returns at once, and cannot panic.
    let _ = free.join();
    let weak = Arc::downgrade(shared);
    let mut watcher = notify::recommended_watcher(move |event| {
        if let Some(shared) = weak.upgrade() {
            shared.handle(event);
        }
    })?;
    match watcher.configure(Config::default()) {
        Ok(_) => Ok(watcher),
        Err(error) => {
            mem::forget(watcher);
            Err(error)
        }
    }
}

/// Whether an event only reports a read. Opening a file to read it causes events too, and a caller that reads files at each
/// notice would cause endless notices. Of the access events only a writer's close counts.
fn is_read(kind: EventKind) -> bool {
    matches!(kind, EventKind::Access(access) if access != AccessKind::Close(AccessMode::Write))
}

/// No code panics while it holds a lock, so a poisoned lock is safe to use.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[tokio::test]
    async fn a_write_is_a_notice_and_a_read_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let key = folder.path().join("key");
        fs::write(&key, "K1").unwrap();
        let notices = ChangeNotices::default();
        let folders = BTreeSet::from([folder.path().to_owned()]);
        assert_eq!(notices.armer().arm(folders.clone()), folders);
        assert_eq!(notices.touched().await, Touched::Anything, "it may have changed before");
        for _ in 0..100 {
            fs::read(&key).unwrap();
        }
        let sentinel = folder.path().join("sentinel");
        fs::write(&sentinel, "").unwrap();
        // inotify reports in order: when the sentinel is reported, all reads before it were reported.
        assert_eq!(notices.touched().await, Touched::Files(BTreeSet::from([sentinel])));
    }

    #[test]
    fn a_queue_overflow_and_an_error_may_hide_any_change() {
        for event in [
            Ok(Event::new(EventKind::Other).set_flag(notify::event::Flag::Rescan)),
            Err(notify::Error::generic("lost")),
        ] {
            let shared = Shared::default();
            shared.handle(event);
            assert_eq!(*lock(&shared.touched), Touched::Anything);
        }
    }
}
