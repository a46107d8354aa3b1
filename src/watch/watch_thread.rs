//! The thread that arms folders: it owns the inotify watcher and does everything that may block.

use std::{
    collections::{BTreeMap, BTreeSet},
    io, mem,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
};

use notify::{
    Config, ErrorKind, Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher,
    event::{AccessKind, AccessMode, ModifyKind, RemoveKind, RenameMode},
};
use tracing::{debug, info, warn};

use super::queue::{ArmingPass, WatchQueue};
use crate::file_id::FileId;

/// Runs arming passes until the queue is closed.
pub(super) fn run(queue: &Arc<WatchQueue>) {
    let mut thread = WatchThread { queue: Arc::clone(queue), watcher: None, armed: BTreeMap::new(), failing: false };
    while let Some(pass) = queue.next_pass() {
        thread.run_pass(&pass);
    }
}

struct WatchThread {
    queue: Arc<WatchQueue>,
    /// `None` until it could be created.
    watcher: Option<RecommendedWatcher>,
    /// The folder that each path led to. An inode that is reused at once is covered by inotify's event on the removal.
    armed: BTreeMap<PathBuf, FileId>,
    /// Whether a failure was logged, so that it is logged once.
    failing: bool,
}

impl WatchThread {
    fn run_pass(&mut self, pass: &ArmingPass) {
        self.disarm_others(&pass.folders);
        let mut newly_armed = false;
        let mut failure = None;
        let mut missing = false;
        for path in &pass.folders {
            match self.arm(path, pass.lost.contains(path)) {
                Ok(Arming::Unchanged) => {}
                Ok(Arming::New) => newly_armed = true,
                Ok(Arming::Missing) => missing = true,
                Err(error) => failure = failure.or(Some((path, error))),
            }
        }
        self.log(failure.as_ref().map(|(path, error)| (path.as_path(), error)), !missing);
        self.queue.finish(pass.number, failure.is_none() && !missing);
        // After `finish`, so that a caller woken by the hint sees the result.
        if newly_armed {
            self.queue.note_change();
        }
    }

    /// Disarms folders that are not in the set. Two paths may lead to one folder, which inotify watches once, so disarming
    /// one disarms both. Therefore this runs before arming, which covers every folder in every pass.
    fn disarm_others(&mut self, folders: &BTreeSet<PathBuf>) {
        let unwanted: Vec<PathBuf> = self.armed.keys().filter(|path| !folders.contains(*path)).cloned().collect();
        for path in unwanted {
            self.disarm(&path);
        }
    }

    fn disarm(&mut self, path: &Path) {
        self.armed.remove(path);
        if let Some(watcher) = &mut self.watcher {
            // Fails for a removed folder, whose watch no longer exists.
            let _ = watcher.unwatch(path);
        }
    }

    /// Arms a folder, also one that seems armed: for inotify that is the same watch, and a watch that was lost without an
    /// event (for example by an unmount) is restored.
    fn arm(&mut self, path: &Path, lost: bool) -> notify::Result<Arming> {
        // Read before arming: if the folder is replaced in between, the next pass sees a difference and arms again.
        let identity = match FileId::of_path(path) {
            Ok(identity) => identity,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.disarm(path);
                return Ok(Arming::Missing);
            }
            Err(error) => {
                self.disarm(path);
                return Err(notify::Error::io(error));
            }
        };
        let unchanged = !lost && self.armed.get(path) == Some(&identity);
        if !unchanged {
            self.disarm(path);
        }
        let queue = Arc::clone(&self.queue);
        let watcher = match &mut self.watcher {
            Some(watcher) => watcher,
            none => none.insert(new_watcher(queue)?),
        };
        match watcher.watch(path, RecursiveMode::NonRecursive) {
            Ok(()) => {
                self.armed.insert(path.to_owned(), identity);
                Ok(if unchanged { Arming::Unchanged } else { Arming::New })
            }
            Err(error) => {
                self.armed.remove(path);
                if matches!(error.kind, ErrorKind::PathNotFound) { Ok(Arming::Missing) } else { Err(error) }
            }
        }
    }

    /// Logs a change of state. A missing folder is not a failure here: the reader of the file in it reports that.
    fn log(&mut self, failure: Option<(&Path, &notify::Error)>, all_there: bool) {
        match failure {
            Some((path, error)) if self.failing => debug!("still cannot watch folder `{}`: {error}", path.display()),
            Some((path, error)) => {
                self.failing = true;
                let (path, remedy) = (path.display(), remedy(error));
                warn!("cannot watch folder `{path}`: {error}; changes are found by polling every few seconds{remedy}");
            }
            None if self.failing && all_there => {
                self.failing = false;
                info!("every folder is watched again");
            }
            None => {}
        }
    }
}

enum Arming {
    /// Armed already in the previous pass.
    Unchanged,
    /// Armed in this pass.
    New,
    /// The folder does not exist.
    Missing,
}

/// Makes a watcher, which has a thread of its own. The crate takes for granted that it starts: without it, all calls but
/// `configure` panic, and so does the drop.
fn new_watcher(queue: Arc<WatchQueue>) -> notify::Result<RecommendedWatcher> {
    let free = thread::Builder::new().name("watch-probe".to_owned()).spawn(|| {}).map_err(notify::Error::io)?;
    // It returns at once, and cannot panic.
    let _ = free.join();
    let mut watcher = notify::recommended_watcher(move |event| handle_event(&queue, event))?;
    match watcher.configure(Config::default()) {
        Ok(_) => Ok(watcher),
        Err(error) => {
            mem::forget(watcher);
            Err(error)
        }
    }
}

/// Handles an event on inotify's own thread. An error or a queue overflow may hide any change.
fn handle_event(queue: &WatchQueue, event: notify::Result<Event>) {
    let Ok(event) = event else { return queue.note_change() };
    if is_read(event.kind) {
        return;
    }
    if may_be_removal(event.kind) {
        event.paths.iter().for_each(|path| queue.mark_lost(path));
    }
    if leaves_whole_file(event.kind) {
        queue.note_whole_file();
    } else {
        queue.note_change();
    }
}

/// Whether an event only reports a read. Opening a file to read it causes events too, and a caller that reads files at each
/// hint would cause endless hints. Of the access events only a writer's close counts.
fn is_read(kind: EventKind) -> bool {
    matches!(kind, EventKind::Access(access) if access != AccessKind::Close(AccessMode::Write))
}

/// Whether a file is whole after an event: it was put into its place by a rename, as the kubelet turns the link of a mounted
/// Secret, or its writer has closed it.
fn leaves_whole_file(kind: EventKind) -> bool {
    matches!(
        kind,
        EventKind::Access(AccessKind::Close(AccessMode::Write))
            | EventKind::Modify(ModifyKind::Name(RenameMode::To | RenameMode::Both))
    )
}

/// Whether an event may report that a watched folder was removed or moved. The same events report its entries; the path
/// decides.
fn may_be_removal(kind: EventKind) -> bool {
    matches!(
        kind,
        EventKind::Remove(RemoveKind::Folder | RemoveKind::Other)
            | EventKind::Modify(ModifyKind::Name(RenameMode::From))
    )
}

fn remedy(error: &notify::Error) -> &'static str {
    match &error.kind {
        ErrorKind::MaxFilesWatch => "; raise the sysctl `fs.inotify.max_user_watches` to notice changes at once",
        ErrorKind::Io(error) if rustix::io::Errno::from_io_error(error) == Some(rustix::io::Errno::MFILE) => {
            "; raise the sysctl `fs.inotify.max_user_instances` or the limit on open files (`ulimit -n`) to notice changes at \
             once"
        }
        ErrorKind::Io(_)
        | ErrorKind::Generic(_)
        | ErrorKind::PathNotFound
        | ErrorKind::WatchNotFound
        | ErrorKind::InvalidConfig(_) => "",
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, sync::mpsc, time::Duration};

    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn reading_gives_no_hint_although_inotify_reports_it() {
        let folder = tempfile::tempdir().unwrap();
        let key = folder.path().join("key");
        fs::write(&key, "K1").unwrap();
        let queue = Arc::new(WatchQueue::default());
        let (sender, receiver) = mpsc::channel();
        let thread_queue = Arc::clone(&queue);
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            // inotify reports in order: when the sentinel is reported, all reads before it were reported.
            let at_end = event.as_ref().unwrap().paths[0].ends_with("sentinel");
            if !at_end {
                handle_event(&thread_queue, event);
            }
            let _ = sender.send(at_end);
        })
        .unwrap();
        watcher.watch(folder.path(), RecursiveMode::NonRecursive).unwrap();
        for _ in 0..1000 {
            fs::read(&key).unwrap();
        }
        fs::write(folder.path().join("sentinel"), "").unwrap();
        let events = std::iter::from_fn(|| receiver.recv_timeout(Duration::from_secs(30)).ok()).take_while(|end| !end);
        assert!(events.count() > 0);
        assert!(queue.hint.notified().now_or_never().is_none(), "a caller that reads at each hint would read forever");

        fs::write(&key, "K2").unwrap();
        while queue.hint.notified().now_or_never().is_none() {
            receiver.recv_timeout(Duration::from_secs(30)).expect("a change gives a hint");
        }
    }

    #[test]
    fn a_queue_overflow_and_an_error_are_hints() {
        let queue = WatchQueue::default();
        handle_event(&queue, Ok(Event::new(EventKind::Other).set_flag(notify::event::Flag::Rescan)));
        assert!(queue.hint.notified().now_or_never().is_some());
        handle_event(&queue, Err(notify::Error::generic("lost")));
        assert!(queue.hint.notified().now_or_never().is_some());
    }
}
