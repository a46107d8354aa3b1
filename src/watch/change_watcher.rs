//! Reports which files of some folders were touched.
//!
//! [`super::FolderWatcher`] is for folders that only this process reads: it tells of any change. Applications read output folders
//! at any time, and this process writes them itself, so this watcher reports file names. It has an inotify instance of its own.

use std::{
    collections::BTreeSet,
    ffi::OsStr,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use rustix::{
    fs::inotify::{Event, ReadFlags},
    io::Errno,
};
use tokio::time::sleep;

use super::inotify::{CHANGES, Instance, WatchArmer, Watches};

/// Watches folders, not recursively.
#[derive(Debug, Default)]
pub struct ChangeWatcher {
    /// `None` until an instance could be created.
    inotify: Option<Instance>,
    watches: Watches,
    /// The touched files that were not reported yet.
    touched: Touched,
}

/// The files that were touched.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Touched {
    /// Files with these paths were changed, created, moved or removed.
    Files(BTreeSet<PathBuf>),
    /// Any file may have been touched: inotify lost events, or a folder itself was moved or removed.
    Anything,
}

/// The result of arming folders.
#[derive(Debug)]
pub struct Armed(Vec<(PathBuf, Result<i32, Errno>)>);

impl ChangeWatcher {
    /// Returns an armer, or `None` if inotify is unavailable; the next call tries again. Call it within the runtime.
    pub fn armer(&mut self) -> Option<WatchArmer> {
        if self.inotify.is_none() {
            self.inotify = Instance::open().ok();
        }
        self.inotify.as_ref().map(|inotify| inotify.armer(CHANGES))
    }

    /// Records the result of arming. Returns whether every existing folder is watched.
    pub fn record_armed(&mut self, Armed(armed): Armed) -> bool {
        let mut all_armed = true;
        for (path, result) in armed {
            match result {
                Ok(number) => {
                    if self.watches.record(path, number) {
                        // It may have changed before it was armed.
                        self.touched = Touched::Anything;
                    }
                }
                Err(Errno::NOENT | Errno::NOTDIR) => self.watches.forget(&path),
                Err(_) => {
                    self.watches.forget(&path);
                    all_armed = false;
                }
            }
        }
        all_armed
    }

    /// Whether a folder is watched, as far as is known.
    pub fn is_armed(&self, folder: &Path) -> bool {
        self.watches.is_watched(folder)
    }

    /// Stops watching all other folders. Their remaining events are not reported.
    pub fn retain_folders(&mut self, folders: &BTreeSet<PathBuf>) {
        for number in self.watches.retain(folders) {
            self.inotify.iter().for_each(|inotify| inotify.remove(number));
        }
    }

    /// Waits until files are touched, and collects further ones for a moment. Cancel-safe: files that are not reported now
    /// are reported by the next call.
    pub async fn touched(&mut self) -> Touched {
        while self.touched == Touched::default() {
            match &self.inotify {
                None => std::future::pending().await,
                Some(inotify) => inotify.readable().await,
            }
            self.drain();
        }
        sleep(DEBOUNCE).await;
        self.drain();
        std::mem::take(&mut self.touched)
    }

    fn drain(&mut self) {
        let Self { inotify: Some(inotify), watches, touched } = self else { return };
        if !inotify.read(|event| record_event(event, watches, touched)) {
            *touched = Touched::Anything;
        }
    }
}

impl Armed {
    /// Arms these folders. Blocks on the disk.
    pub fn by(armer: &WatchArmer, folders: impl IntoIterator<Item = PathBuf>) -> Self {
        let arm = |path: PathBuf| {
            let number = armer.arm(&path);
            (path, number)
        };
        Self(folders.into_iter().map(arm).collect())
    }
}

impl Default for Touched {
    fn default() -> Self {
        Self::Files(BTreeSet::new())
    }
}

impl Touched {
    /// Whether this file may have been touched.
    pub fn covers(&self, file: &Path) -> bool {
        match self {
            Self::Files(files) => files.contains(file),
            Self::Anything => true,
        }
    }

    pub(super) fn add(&mut self, file: PathBuf) {
        match self {
            Self::Files(files) if files.len() < FILES_MAX => {
                files.insert(file);
            }
            Self::Files(_) => *self = Self::Anything,
            Self::Anything => {}
        }
    }
}

fn record_event(event: &Event<'_>, watches: &mut Watches, touched: &mut Touched) {
    if event.events().contains(ReadFlags::QUEUE_OVERFLOW) {
        *touched = Touched::Anything;
        return;
    }
    let Some(paths) = watches.paths_of(event.wd()) else {
        // The folder was just armed and is not recorded yet, or it is not watched any more.
        return;
    };
    if let Some(name) = event.file_name() {
        for path in paths {
            touched.add(path.join(OsStr::from_bytes(name.to_bytes())));
        }
        return;
    }
    // The folder itself was removed, moved, or changed its mode.
    *touched = Touched::Anything;
    if event.events().contains(ReadFlags::IGNORED) {
        watches.ended(event.wd());
    } else if event.events().contains(ReadFlags::MOVE_SELF) {
        watches.moved(event.wd());
    }
}

/// Long enough to collect events that belong together, such as the steps of a write.
const DEBOUNCE: Duration = Duration::from_millis(20);
const FILES_MAX: usize = 4096;
