//! Hints that files or folders may have changed. A hint is never more than that: the caller inspects the files itself, and
//! also does so now and then without a hint, because inotify reports no change on some file systems.
//!
//! For [`FolderWatcher`], the thread in `watch_thread` does everything that touches the disk, so that a hung network file
//! system cannot block the caller. The caller, the thread and inotify communicate through `queue`.

mod change_watcher;
mod folder_watcher;
mod queue;
mod watch_thread;

pub use change_watcher::{Armed, ChangeWatcher, Touched, WatchArmer};
pub use folder_watcher::FolderWatcher;
