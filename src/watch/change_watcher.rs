//! Reports which files of some folders were touched, without wake-ups by readers.
//!
//! [`super::FolderWatcher`] is for folders that only this process reads. Applications may read output folders at every
//! request, and the `notify` crate subscribes to each opening of a file; this watcher subscribes to changes only, and
//! reports file names. It needs its own inotify instance, of which a user has 128 by default.

use std::{
    collections::{BTreeSet, HashMap},
    ffi::OsStr,
    io,
    mem::MaybeUninit,
    os::{fd::OwnedFd, unix::ffi::OsStrExt as _},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use rustix::{
    fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags},
    io::Errno,
};
use tokio::{
    io::{Interest, unix::AsyncFd},
    time::sleep,
};

use crate::blocking::{Access, at_file};

/// Watches folders, not recursively.
#[derive(Debug, Default)]
pub struct ChangeWatcher {
    /// `None` until an instance could be created.
    inotify: Option<AsyncFd<Arc<OwnedFd>>>,
    /// The folder paths of each inotify watch: more than one if links lead to the same folder.
    folders: HashMap<i32, BTreeSet<PathBuf>>,
    armed: HashMap<PathBuf, i32>,
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

/// Arms folders. This may block if a file system hangs, so use it on a blocking thread.
#[derive(Debug)]
pub struct WatchArmer(Arc<OwnedFd>);

/// The result of arming folders.
#[derive(Debug)]
pub struct Armed(Vec<(PathBuf, Result<i32, Errno>)>);

impl ChangeWatcher {
    /// Returns an armer, or `None` if inotify is unavailable; the next call tries again. Call it within the runtime.
    pub fn armer(&mut self) -> Option<WatchArmer> {
        if self.inotify.is_none() {
            self.inotify = open().ok();
        }
        self.inotify.as_ref().map(|inotify| WatchArmer(Arc::clone(inotify.get_ref())))
    }

    /// Records the result of arming. Returns whether every existing folder is watched.
    pub fn record_armed(&mut self, Armed(armed): Armed) -> bool {
        let mut all_armed = true;
        for (path, result) in armed {
            match result {
                Ok(number) => {
                    let before = self.armed.insert(path.clone(), number);
                    if before != Some(number) {
                        if let Some(paths) = before.and_then(|before| self.folders.get_mut(&before)) {
                            paths.remove(&path);
                        }
                        self.folders.entry(number).or_default().insert(path);
                        // It may have changed before it was armed.
                        self.touched = Touched::Anything;
                    }
                }
                Err(Errno::NOENT | Errno::NOTDIR) => {
                    self.armed.remove(&path);
                }
                Err(_) => {
                    self.armed.remove(&path);
                    all_armed = false;
                }
            }
        }
        all_armed
    }

    /// Whether a folder is watched, as far as is known.
    pub fn is_armed(&self, folder: &Path) -> bool {
        self.armed.contains_key(folder)
    }

    /// Stops watching all other folders. Their remaining events are not reported.
    pub fn retain_folders(&mut self, folders: &BTreeSet<PathBuf>) {
        let inotify = self.inotify.as_ref().map(AsyncFd::get_ref);
        self.armed.retain(|path, _| folders.contains(path));
        self.folders.retain(|number, paths| {
            paths.retain(|path| folders.contains(path));
            if let (true, Some(inotify)) = (paths.is_empty(), inotify) {
                // Fails for a removed folder, whose watch no longer exists.
                let _ = inotify::remove_watch(inotify, *number);
            }
            !paths.is_empty()
        });
    }

    /// Waits until files are touched, and collects further ones for a moment. Cancel-safe: files that are not reported now
    /// are reported by the next call.
    pub async fn touched(&mut self) -> Touched {
        while self.touched == Touched::default() {
            match &self.inotify {
                None => std::future::pending().await,
                Some(_) => self.read().await,
            }
        }
        sleep(DEBOUNCE).await;
        self.drain();
        std::mem::take(&mut self.touched)
    }

    async fn read(&mut self) {
        let Some(inotify) = &self.inotify else { return };
        if inotify.ready(Interest::READABLE).await.is_ok() {
            self.drain();
        }
    }

    /// Reads pending events, up to a bound, so that a flood of events cannot block the loop.
    fn drain(&mut self) {
        let Self { inotify: Some(inotify), folders, armed, touched } = self else { return };
        let read = inotify.try_io(Interest::READABLE, |inotify| {
            let mut space = [MaybeUninit::uninit(); EVENTS_BYTES];
            let mut reader = Reader::new(inotify, &mut space);
            loop {
                let event = reader.next()?;
                record_event(&event, folders, armed, touched);
                if reader.is_buffer_empty() {
                    return Ok(());
                }
            }
        });
        if let Err(error) = read
            && error.kind() != io::ErrorKind::WouldBlock
        {
            *touched = Touched::Anything;
        }
    }
}

impl WatchArmer {
    /// Arms these folders; one that is armed already stays armed. Blocks on the disk.
    pub fn arm(&self, folders: impl IntoIterator<Item = PathBuf>) -> Armed {
        let arm = |path: PathBuf| {
            at_file(Access::Read, &path);
            let number = inotify::add_watch(&self.0, &path, CHANGES);
            (path, number)
        };
        Armed(folders.into_iter().map(arm).collect())
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

    fn add(&mut self, file: PathBuf) {
        match self {
            Self::Files(files) if files.len() < FILES_MAX => {
                files.insert(file);
            }
            Self::Files(_) => *self = Self::Anything,
            Self::Anything => {}
        }
    }
}

#[expect(
    deprecated,
    reason = "the safe constructor; it is deprecated because a descriptor may change under it, which `OwnedFd` cannot"
)]
fn open() -> io::Result<AsyncFd<Arc<OwnedFd>>> {
    let inotify = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC)?;
    AsyncFd::with_interest(Arc::new(inotify), Interest::READABLE)
}

fn record_event(
    event: &inotify::Event<'_>,
    folders: &mut HashMap<i32, BTreeSet<PathBuf>>,
    armed: &mut HashMap<PathBuf, i32>,
    touched: &mut Touched,
) {
    if event.events().contains(ReadFlags::QUEUE_OVERFLOW) {
        *touched = Touched::Anything;
        return;
    }
    let Some(paths) = folders.get(&event.wd()) else {
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
    if event.events().intersects(ReadFlags::IGNORED | ReadFlags::MOVE_SELF) {
        armed.retain(|_, number| *number != event.wd());
    }
    if event.events().contains(ReadFlags::IGNORED) {
        folders.remove(&event.wd());
    }
}

/// Every event that may change a file, and none that a reader causes.
const CHANGES: WatchFlags = WatchFlags::ATTRIB
    .union(WatchFlags::CREATE)
    .union(WatchFlags::DELETE)
    .union(WatchFlags::DELETE_SELF)
    .union(WatchFlags::MODIFY)
    .union(WatchFlags::MOVE_SELF)
    .union(WatchFlags::MOVED_FROM)
    .union(WatchFlags::MOVED_TO)
    .union(WatchFlags::ONLYDIR);
/// Long enough to collect events that belong together, such as the steps of a write.
const DEBOUNCE: Duration = Duration::from_millis(20);
/// Room for at least one event with the longest name, and for some hundred usual ones.
const EVENTS_BYTES: usize = 16 * 1024;
const FILES_MAX: usize = 4096;
