//! Hints that files or folders may have changed. A hint is never more than that: the caller inspects the files itself, and
//! also does so now and then without a hint, because inotify reports no change on some file systems.
//!
//! A daemon reads inotify on its loop, without a thread: [`FolderWatcher`] for the files that steer it, [`ChangeWatcher`] for its
//! outputs. Folders are armed on a thread for blocking work, so that a hung network file system cannot block the caller. A
//! command that ends soon has [`ChangeNotices`].

mod change_notices;
mod change_watcher;
mod folder_watcher;
mod hint_pace;
mod inotify;

pub use change_notices::{ChangeNotices, NoticeArmer};
pub use change_watcher::{Armed, ChangeWatcher, Touched};
pub use folder_watcher::FolderWatcher;
pub use inotify::WatchArmer;
