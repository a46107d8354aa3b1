//! One inotify instance, whose events are read on the loop: it needs no thread.

use std::{
    collections::{BTreeSet, HashMap},
    io,
    mem::MaybeUninit,
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    sync::Arc,
};

use rustix::{
    fs::inotify::{self, CreateFlags, Event, Reader, WatchFlags},
    io::Errno,
};
use tokio::io::{Interest, unix::AsyncFd};

use crate::blocking::{Access, at_file};

/// An inotify instance, of which a user has 128 by default. Clones of its descriptor arm watches on other threads.
#[derive(Debug)]
pub(super) struct Instance(AsyncFd<Arc<OwnedFd>>);

/// Arms folders. This may block if a file system hangs, so use it on a blocking thread.
#[derive(Clone, Debug)]
pub struct WatchArmer {
    inotify: Arc<OwnedFd>,
    events: WatchFlags,
}

/// The watched folders, by path and by the number of their watch. Several paths have one number if links lead to one folder.
#[derive(Debug, Default)]
pub(super) struct Watches {
    paths: HashMap<i32, BTreeSet<PathBuf>>,
    numbers: HashMap<PathBuf, i32>,
}

impl Instance {
    /// Must be called within a runtime.
    #[expect(
        deprecated,
        reason = "the safe constructor; it is deprecated because a descriptor may change under it, which `OwnedFd` cannot"
    )]
    pub(super) fn open() -> io::Result<Self> {
        let inotify = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC)?;
        AsyncFd::with_interest(Arc::new(inotify), Interest::READABLE).map(Self)
    }

    /// What arms watches of these events.
    pub(super) fn armer(&self, events: WatchFlags) -> WatchArmer {
        WatchArmer { inotify: Arc::clone(self.0.get_ref()), events }
    }

    /// Waits until there may be events. Cancel-safe.
    pub(super) async fn readable(&self) {
        // Fails only while the runtime ends.
        let _ = self.0.ready(Interest::READABLE).await;
    }

    /// Reads pending events, up to a bound, so that a flood of events cannot block the loop. Returns whether they were read;
    /// if not, any event may be lost.
    pub(super) fn read(&self, mut take: impl FnMut(&Event<'_>)) -> bool {
        let read: io::Result<()> = self.0.try_io(Interest::READABLE, |inotify| {
            let mut space = [MaybeUninit::uninit(); EVENTS_BYTES];
            let mut reader = Reader::new(inotify, &mut space);
            loop {
                take(&reader.next()?);
                if reader.is_buffer_empty() {
                    return Ok(());
                }
            }
        });
        read.is_ok() || read.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    }

    /// Ends a watch.
    pub(super) fn remove(&self, number: i32) {
        // Fails for a removed folder, whose watch has ended already.
        let _ = inotify::remove_watch(self.0.get_ref(), number);
    }
}

impl WatchArmer {
    /// Arms a folder and returns the number of its watch; one that is armed already stays armed and keeps its number. Blocks on
    /// the disk.
    pub fn arm(&self, folder: &Path) -> Result<i32, Errno> {
        at_file(Access::Read, folder);
        inotify::add_watch(&self.inotify, folder, self.events)
    }
}

impl Watches {
    /// Records that a path is watched by this number. Returns whether that is news.
    pub(super) fn record(&mut self, path: PathBuf, number: i32) -> bool {
        let before = self.numbers.insert(path.clone(), number);
        if before == Some(number) {
            return false;
        }
        if let Some(paths) = before.and_then(|before| self.paths.get_mut(&before)) {
            paths.remove(&path);
        }
        self.paths.entry(number).or_default().insert(path);
        true
    }

    /// Records that a path is not watched.
    pub(super) fn forget(&mut self, path: &Path) {
        self.numbers.remove(path);
    }

    /// Whether a folder is watched, as far as is known.
    pub(super) fn is_watched(&self, folder: &Path) -> bool {
        self.numbers.contains_key(folder)
    }

    /// Forgets all other folders. Returns the watches that nothing needs.
    pub(super) fn retain(&mut self, folders: &BTreeSet<PathBuf>) -> Vec<i32> {
        self.numbers.retain(|path, _| folders.contains(path));
        let mut unneeded = Vec::new();
        self.paths.retain(|number, paths| {
            paths.retain(|path| self.numbers.get(path) == Some(number));
            if paths.is_empty() {
                unneeded.push(*number);
            }
            !paths.is_empty()
        });
        unneeded
    }

    /// The paths of a watch; `None` if the folder is not recorded yet, or not any more.
    pub(super) fn paths_of(&self, number: i32) -> Option<&BTreeSet<PathBuf>> {
        self.paths.get(&number)
    }

    /// Records that a folder was moved away: its watch goes on, but not at its path.
    pub(super) fn moved(&mut self, number: i32) {
        self.numbers.retain(|_, armed| *armed != number);
    }

    /// Records that a watch has ended.
    pub(super) fn ended(&mut self, number: i32) {
        self.moved(number);
        self.paths.remove(&number);
    }
}

/// Every event that may change a file, and none that a reader causes.
pub(super) const CHANGES: WatchFlags = WatchFlags::ATTRIB
    .union(WatchFlags::CREATE)
    .union(WatchFlags::DELETE)
    .union(WatchFlags::DELETE_SELF)
    .union(WatchFlags::MODIFY)
    .union(WatchFlags::MOVE_SELF)
    .union(WatchFlags::MOVED_FROM)
    .union(WatchFlags::MOVED_TO)
    .union(WatchFlags::ONLYDIR);

/// Room for at least one event with the longest name, and for some hundred usual ones.
const EVENTS_BYTES: usize = 16 * 1024;
