//! Watches folders and gives a hint when something in them may have changed.

use std::{
    collections::BTreeSet,
    fmt,
    future::{Future, pending},
    io,
    path::{Path, PathBuf},
    pin::Pin,
};

use rustix::{
    fs::inotify::{Event, ReadFlags, WatchFlags},
    io::Errno,
};
use tokio::task;
use tracing::{debug, info, warn};

use super::{
    hint_pace::{Change, HintPace},
    inotify::{CHANGES, Instance, Watches},
};
use crate::blocking::{Part, PartsDone, run_parts};

/// Watches folders and their direct entries, not recursively. Uses one inotify instance for all folders: instances are
/// scarce (128 per user by default).
///
/// Invariant: no method blocks. Folders are armed on a thread for blocking work, each by itself, so that one on a file system that
/// hangs is left out and holds up no other.
#[derive(Debug, Default)]
pub struct FolderWatcher {
    folders: BTreeSet<PathBuf>,
    /// `None` until an instance could be created.
    inotify: Option<Instance>,
    watches: Watches,
    arming: Arming,
    /// Whether a failure was logged, so that it is logged once.
    is_failing: bool,
    pace: HintPace,
}

/// The passes that arm every folder.
#[derive(Default)]
enum Arming {
    /// None is wanted.
    #[default]
    Done,
    /// One is to begin.
    Wanted,
    /// One is in flight.
    UnderWay {
        pass: Pass,
        /// Whether another one is wanted.
        again: bool,
    },
}

type Pass = Pin<Box<dyn Future<Output = PartsDone<PathBuf, Result<i32, Errno>>> + Send>>;

/// Why a folder is not watched.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum NotWatched {
    Refused(Errno),
    Hangs,
}

impl FolderWatcher {
    /// Sets the watched folders. Each newly armed folder causes a hint, because it may have changed before. They are armed
    /// while [`Self::hint`] is awaited.
    pub fn follow(&mut self, folders: BTreeSet<PathBuf>) {
        if self.folders == folders {
            return;
        }
        self.folders = folders;
        self.release_others();
        self.rearm();
    }

    /// Arms folders again that were missing, that could not be armed, or that are not the same any more (recreated, or
    /// reached through a link that was changed). Call it at each slow poll, before the files are inspected.
    pub fn rearm(&mut self) {
        match &mut self.arming {
            Arming::Done => self.arming = Arming::Wanted,
            Arming::Wanted => {}
            Arming::UnderWay { again, .. } => *again = true,
        }
    }

    /// Whether every folder is watched, as far as is known. While this is false, poll more often and call [`Self::rearm`].
    /// Arming takes a moment: after a [`Self::follow`] of new folders this is false until the hint that it causes.
    pub fn fully_armed(&self) -> bool {
        self.folders.iter().all(|folder| self.watches.is_watched(folder))
    }

    /// Waits until something may have changed. A change that leaves a whole file is a hint at once, and what changes within
    /// 100 ms after a hint is one more hint. Cancel-safe. Must be called within a runtime.
    pub async fn hint(&mut self) {
        loop {
            self.begin_pass();
            let event = tokio::select! {
                biased;
                () = self.pace.due() => return,
                () = readable(self.inotify.as_ref()) => None,
                done = self.arming.ended() => Some(done),
            };
            match event {
                None => {
                    self.read_events();
                    // As long as changes come faster than they are read, the instance stays readable, and neither timers nor the
                    // rest of the loop would have a turn.
                    task::yield_now().await;
                }
                Some(done) => self.armed(done),
            }
        }
    }

    fn begin_pass(&mut self) {
        if !matches!(self.arming, Arming::Wanted) {
            return;
        }
        self.arming = Arming::Done;
        if self.inotify.is_none() {
            match Instance::open() {
                Ok(inotify) => self.inotify = Some(inotify),
                Err(error) => {
                    let why = NotWatched::Refused(Errno::from_io_error(&error).unwrap_or(Errno::IO));
                    let folder = self.folders.first().cloned();
                    self.log(folder.map(|folder| (folder, why)), false);
                    return;
                }
            }
        }
        let Some(armer) = self.inotify.as_ref().map(|inotify| inotify.armer(CHANGES_AND_CLOSES)) else { return };
        let part = |folder: &PathBuf| {
            let (armer, path) = (armer.clone(), folder.clone());
            Part::new(folder.clone(), vec![folder.clone()], move || armer.arm(&path))
        };
        let parts = self.folders.iter().map(part).collect();
        self.arming = Arming::UnderWay { pass: Box::pin(run_parts(parts)), again: false };
    }

    fn armed(&mut self, PartsDone { results, left_out }: PartsDone<PathBuf, Result<i32, Errno>>) {
        let mut failure = None;
        let mut is_any_missing = false;
        for (folder, result) in results {
            match result {
                Ok(number) => {
                    if self.watches.record(folder, number) {
                        // It may have changed before it was armed.
                        self.pace.note(Change::Any);
                    }
                }
                Err(error) => {
                    self.watches.forget(&folder);
                    if matches!(error, Errno::NOENT | Errno::NOTDIR) {
                        is_any_missing = true;
                    } else {
                        failure = failure.or(Some((folder, NotWatched::Refused(error))));
                    }
                }
            }
        }
        for left_out in left_out {
            self.watches.forget(&left_out.key);
            failure = failure.or(Some((left_out.key, NotWatched::Hangs)));
        }
        // Other folders may be followed since the pass began.
        self.release_others();
        self.log(failure, !is_any_missing);
    }

    fn release_others(&mut self) {
        for number in self.watches.retain(&self.folders) {
            self.inotify.iter().for_each(|inotify| inotify.remove(number));
        }
    }

    fn read_events(&mut self) {
        let Self { inotify: Some(inotify), watches, pace, .. } = self else { return };
        if !inotify.read(|event| record_event(event, watches, pace)) {
            pace.note(Change::Any);
        }
    }

    /// Logs a change of state. A missing folder is not a failure here: the reader of the file in it reports that.
    fn log(&mut self, failure: Option<(PathBuf, NotWatched)>, all_there: bool) {
        match failure {
            Some((folder, why)) if self.is_failing => debug!("still cannot watch folder `{}`: {why}", folder.display()),
            Some((folder, why)) => {
                self.is_failing = true;
                let (folder, remedy) = (Path::display(&folder), why.remedy());
                warn!("cannot watch folder `{folder}`: {why}; changes are found by polling every few seconds{remedy}");
            }
            None if self.is_failing && all_there => {
                self.is_failing = false;
                info!("every folder is watched again");
            }
            None => {}
        }
    }
}

impl Arming {
    /// Waits until the pass in flight has ended; forever if there is none. Cancel-safe.
    async fn ended(&mut self) -> PartsDone<PathBuf, Result<i32, Errno>> {
        let Self::UnderWay { pass, again } = self else { return pending().await };
        let done = pass.await;
        *self = if *again { Self::Wanted } else { Self::Done };
        done
    }
}

impl fmt::Debug for Arming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Done => "Done",
            Self::Wanted => "Wanted",
            Self::UnderWay { .. } => "UnderWay",
        })
    }
}

impl fmt::Display for NotWatched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(Errno::NOSPC) => f.write_str("the user has no inotify watches left"),
            Self::Refused(Errno::MFILE) => {
                f.write_str("the user has no inotify instances left, or the process no descriptors")
            }
            Self::Refused(error) => io::Error::from(*error).fmt(f),
            Self::Hangs => f.write_str("its file system does not respond"),
        }
    }
}

impl NotWatched {
    fn remedy(self) -> &'static str {
        match self {
            Self::Refused(Errno::NOSPC) => "; raise the sysctl `fs.inotify.max_user_watches` to notice changes at once",
            Self::Refused(Errno::MFILE) => {
                "; raise the sysctl `fs.inotify.max_user_instances` or the limit on open files (`ulimit -n`) to notice changes at \
                 once"
            }
            Self::Refused(_) | Self::Hangs => "",
        }
    }
}

async fn readable(inotify: Option<&Instance>) {
    match inotify {
        Some(inotify) => inotify.readable().await,
        None => pending().await,
    }
}

fn record_event(event: &Event<'_>, watches: &mut Watches, pace: &mut HintPace) {
    let events = event.events();
    if events.contains(ReadFlags::QUEUE_OVERFLOW) {
        return pace.note(Change::Any);
    }
    if watches.paths_of(event.wd()).is_none() {
        // The folder was just armed and is not recorded yet, or it is not watched any more.
        return;
    }
    if event.file_name().is_some() && events.intersects(ReadFlags::MOVED_TO | ReadFlags::CLOSE_WRITE) {
        return pace.note(Change::WholeFile);
    }
    pace.note(Change::Any);
    if events.contains(ReadFlags::IGNORED) {
        watches.ended(event.wd());
    } else if events.contains(ReadFlags::MOVE_SELF) {
        watches.moved(event.wd());
    }
}

/// A writer's close tells that a file is whole. A reader causes none of these events: a caller that reads at each hint would read
/// forever.
const CHANGES_AND_CLOSES: WatchFlags = CHANGES.union(WatchFlags::CLOSE_WRITE);

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt as _};

    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn reading_causes_no_event_and_writing_does() {
        let folder = tempfile::tempdir().unwrap();
        let key = folder.path().join("key");
        fs::write(&key, "K1").unwrap();
        let mut watcher = FolderWatcher::default();
        watcher.follow(BTreeSet::from([folder.path().to_owned()]));
        watcher.hint().await;
        for _ in 0..100 {
            fs::read(&key).unwrap();
        }
        fs::write(folder.path().join("other"), "K2").unwrap();
        let inotify = watcher.inotify.as_ref().unwrap();
        inotify.readable().await;
        let mut names = BTreeSet::new();
        assert!(inotify.read(|event| names.extend(event.file_name().map(|name| name.to_str().unwrap().to_owned()))));
        assert_eq!(names, BTreeSet::from(["other".to_owned()]));
    }

    #[tokio::test]
    async fn a_flood_of_events_does_not_hold_the_loop() {
        let folder = tempfile::tempdir().unwrap();
        let files = ["a", "b"].map(|name| folder.path().join(name));
        for file in &files {
            fs::write(file, "").unwrap();
        }
        let mut watcher = FolderWatcher::default();
        watcher.follow(BTreeSet::from([folder.path().to_owned()]));
        watcher.hint().await;
        // Equal events in a row are one event, so the files take turns.
        for n in 0..2000 {
            for file in &files {
                fs::set_permissions(file, fs::Permissions::from_mode(0o600 + n % 2)).unwrap();
            }
        }
        let inotify = watcher.inotify.as_ref().unwrap();
        inotify.readable().await;
        assert!(watcher.hint().now_or_never().is_none());
        let mut left = 0;
        assert!(watcher.inotify.as_ref().unwrap().read(|_| left += 1));
        assert!(left > 0, "one poll has read all of them");
    }

    #[test]
    fn each_cause_has_a_sentence_and_the_limits_a_remedy() {
        let of = |errno| NotWatched::Refused(errno);
        assert!(
            of(Errno::NOSPC).to_string().contains("watches") && of(Errno::NOSPC).remedy().contains("max_user_watches")
        );
        assert!(of(Errno::MFILE).to_string().contains("instances") && of(Errno::MFILE).remedy().contains("ulimit -n"));
        assert_eq!(
            (of(Errno::ACCESS).to_string().as_str(), of(Errno::ACCESS).remedy()),
            ("Permission denied (os error 13)", "")
        );
        assert_eq!(NotWatched::Hangs.remedy(), "");
    }
}
