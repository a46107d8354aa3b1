//! The thread that arms folders: it owns the one inotify watcher and does all that may block.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use notify::{
    ErrorKind, Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher,
    event::{AccessKind, AccessMode, ModifyKind, RemoveKind, RenameMode},
};
use tracing::{debug, info, warn};

use super::queue::{ArmingPass, WatchQueue};

/// Carries out rounds of arming until the caller is gone.
pub(super) fn run(queue: &Arc<WatchQueue>) {
    let mut thread = WatchThread { queue: Arc::clone(queue), watcher: None, armed: BTreeMap::new(), failing: false };
    while let Some(pass) = queue.next_pass() {
        thread.run_pass(&pass);
    }
}

struct WatchThread {
    queue: Arc<WatchQueue>,
    /// `None` until one could be had.
    watcher: Option<RecommendedWatcher>,
    armed: BTreeMap<PathBuf, FileId>,
    /// Whether failure has been said, so that it is said once.
    failing: bool,
}

/// Which folder a path led to. Numbers of removed folders are used again at once by some file systems; inotify's word
/// on the removal covers that.
#[derive(Clone, Copy, PartialEq, Eq)]
struct FileId {
    device: u64,
    inode: u64,
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
        // After the line above, so that whoever follows the hint finds the truth.
        if newly_armed {
            self.queue.hint.notify_one();
        }
    }

    /// Two paths may lead to one folder, which inotify watches once: disarming one disarms both. So this comes first and
    /// arming, which covers every folders folder in every pass, second.
    fn disarm_others(&mut self, folders: &BTreeSet<PathBuf>) {
        let unwanted: Vec<PathBuf> = self.armed.keys().filter(|path| !folders.contains(*path)).cloned().collect();
        for path in unwanted {
            self.disarm(&path);
        }
    }

    fn disarm(&mut self, path: &Path) {
        self.armed.remove(path);
        if let Some(watcher) = &mut self.watcher {
            // Fails for a folder that is gone: its watch went with it.
            let _ = watcher.unwatch(path);
        }
    }

    /// WatchThread a folder, also one that seems armed: inotify takes that for the same watch, and where the watch had gone
    /// unnoticed (an unmount, say) it is back.
    fn arm(&mut self, path: &Path, lost: bool) -> notify::Result<Arming> {
        // Asked before arming: if the folder is exchanged in between, the next round sees a difference and arms again.
        let identity = match file_id(path) {
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
            none => none.insert(notify::recommended_watcher(move |event| handle_event(&queue, event))?),
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

    /// A missing folder is no failure of the watch: whoever reads the file in it says so.
    fn log(&mut self, failure: Option<(&Path, &notify::Error)>, all_there: bool) {
        match failure {
            Some((path, error)) if self.failing => debug!("still cannot watch folder `{}`: {error}", path.display()),
            Some((path, error)) => {
                self.failing = true;
                let (path, remedy) = (path.display(), remedy(error));
                warn!("cannot watch folder `{path}`: {error}; changes are found by looking every few seconds{remedy}");
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
    /// As in the round before.
    Unchanged,
    /// As of this pass.
    New,
    /// There is no folder to arm.
    Missing,
}

fn file_id(path: &Path) -> io::Result<FileId> {
    let found = fs::metadata(path)?;
    Ok(FileId { device: found.dev(), inode: found.ino() })
}

/// What inotify tells, on its own thread. Errors and a queue that ran over may hide any change.
fn handle_event(queue: &WatchQueue, event: notify::Result<Event>) {
    let Ok(event) = event else { return queue.hint.notify_one() };
    if is_read(event.kind) {
        return;
    }
    if may_be_removal(event.kind) {
        event.paths.iter().for_each(|path| queue.mark_lost(path));
    }
    queue.hint.notify_one();
}

/// Opening a file to read it makes events too: whoever reads on each hint would read for ever. Only a writer's close counts.
fn is_read(kind: EventKind) -> bool {
    matches!(kind, EventKind::Access(access) if access != AccessKind::Close(AccessMode::Write))
}

/// A watched folder that is removed or moved away is told like one of its entries; the path makes the difference.
fn may_be_removal(kind: EventKind) -> bool {
    matches!(
        kind,
        EventKind::Remove(RemoveKind::Folder | RemoveKind::Other)
            | EventKind::Modify(ModifyKind::Name(RenameMode::From))
    )
}

fn remedy(error: &notify::Error) -> &'static str {
    match &error.kind {
        ErrorKind::MaxFilesWatch => "; raise the sysctl `fs.inotify.max_user_watches` to find them at once",
        ErrorKind::Io(error) if rustix::io::Errno::from_io_error(error) == Some(rustix::io::Errno::MFILE) => {
            "; raise the sysctl `fs.inotify.max_user_instances` or the limit on open files (`ulimit -n`) to find them at once"
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
    use std::{sync::mpsc, time::Duration};

    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn reading_gives_no_hint_though_inotify_tells_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let key = folder.path().join("key");
        fs::write(&key, "K1").unwrap();
        let queue = Arc::new(WatchQueue::default());
        let (tell, told) = mpsc::channel();
        let theirs = Arc::clone(&queue);
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            // inotify tells in order: when the sentinel is told of, all that was read before it has been.
            let at_end = event.as_ref().unwrap().paths[0].ends_with("sentinel");
            if !at_end {
                handle_event(&theirs, event);
            }
            let _ = tell.send(at_end);
        })
        .unwrap();
        watcher.watch(folder.path(), RecursiveMode::NonRecursive).unwrap();
        for _ in 0..1000 {
            fs::read(&key).unwrap();
        }
        fs::write(folder.path().join("sentinel"), "").unwrap();
        let events = std::iter::from_fn(|| told.recv_timeout(Duration::from_secs(30)).ok()).take_while(|end| !end);
        assert!(events.count() > 0);
        assert!(queue.hint.notified().now_or_never().is_none(), "whoever reads on each hint would read for ever");

        fs::write(&key, "K2").unwrap();
        while queue.hint.notified().now_or_never().is_none() {
            told.recv_timeout(Duration::from_secs(30)).expect("a change gives a hint");
        }
    }

    #[test]
    fn a_queue_that_ran_over_and_an_error_are_hints() {
        let queue = WatchQueue::default();
        handle_event(&queue, Ok(Event::new(EventKind::Other).set_flag(notify::event::Flag::Rescan)));
        assert!(queue.hint.notified().now_or_never().is_some());
        handle_event(&queue, Err(notify::Error::generic("lost")));
        assert!(queue.hint.notified().now_or_never().is_some());
    }
}
