//! Which file blocking work is at, so that a disk that hangs can be named.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::Notify;

use super::{lane::Lane, queue::Progress};
use crate::clock;

/// What work does with a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// It reads the file, or looks at its attributes.
    Read,
    /// It writes or removes the file.
    Write,
}

/// Access to a file that has not ended for [`HANG_AFTER`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hang {
    access: Access,
    path: PathBuf,
    since: Duration,
}

/// The files that the work of a runtime is at.
#[derive(Debug, Default)]
pub(super) struct AccessBoard {
    state: Mutex<State>,
    ended: Notify,
}

#[derive(Debug, Default)]
struct State {
    current: BTreeMap<u64, Entry>,
    next: u64,
}

#[derive(Debug)]
struct Entry {
    hang: Hang,
    lane: Lane,
    is_reported: bool,
}

thread_local! {
    static OWN: RefCell<Option<OwnAccess>> = const { RefCell::new(None) };
}

/// The file that this thread is at.
struct OwnAccess {
    board: Arc<AccessBoard>,
    lane: Lane,
    progress: Arc<Progress>,
    number: Option<u64>,
}

/// Notes which file the work on this thread is at, until the next call or the end of the work. Does nothing on other threads.
pub fn at_file(access: Access, path: &Path) {
    OWN.with_borrow_mut(|own| {
        if let Some(own) = own {
            own.end();
            let now = clock::monotonic();
            own.progress.note(now);
            own.number = Some(own.board.begin(own.lane, access, path, now));
        }
    });
}

/// Notes that the work on this thread is at a file or folder to read it, unless it would probably hang there: see
/// [`super::is_out_of_reach`]. Returns whether to read it; on other threads always.
pub fn reaches(path: &Path) -> bool {
    let responds = OWN.with_borrow(|own| {
        own.as_ref().is_none_or(|own| !own.board.is_out_of_reach(path, STUCK_AFTER, clock::monotonic()))
    });
    if responds {
        at_file(Access::Read, path);
    }
    responds
}

/// Enters the accesses of this thread, which works for a lane, on a board from here on, and notes its progress.
pub(super) fn enter_on(board: &Arc<AccessBoard>, lane: Lane, progress: &Arc<Progress>) {
    OWN.set(Some(OwnAccess { board: Arc::clone(board), lane, progress: Arc::clone(progress), number: None }));
}

/// Notes that the work on this thread has ended, or a part of it.
pub(super) fn leave_file() {
    OWN.with_borrow_mut(|own| {
        if let Some(own) = own {
            own.end();
            own.progress.note(clock::monotonic());
        }
    });
}

impl OwnAccess {
    fn end(&mut self) {
        if let Some(number) = self.number.take() {
            self.board.end(number);
        }
    }
}

impl Hang {
    /// What the work does with the file.
    pub fn access(&self) -> Access {
        self.access
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How long it has been hanging at a time of the monotonic clock.
    pub fn lasts(&self, now: Duration) -> Duration {
        now.saturating_sub(self.since)
    }
}

impl AccessBoard {
    fn begin(&self, lane: Lane, access: Access, path: &Path, since: Duration) -> u64 {
        let mut state = self.state();
        state.next += 1;
        let number = state.next;
        let hang = Hang { access, path: path.to_owned(), since };
        state.current.insert(number, Entry { hang, lane, is_reported: false });
        number
    }

    fn end(&self, number: u64) {
        let ended = self.state().current.remove(&number);
        if ended.is_some_and(|ended| ended.is_reported) {
            self.ended.notify_one();
        }
    }

    /// Returns the accesses that hang, each with a number of its own.
    pub(super) fn hangs(&self, now: Duration) -> BTreeMap<u64, Hang> {
        let mut state = self.state();
        let hanging = state.current.iter_mut().filter(|(_, entry)| entry.hang.lasts(now) >= HANG_AFTER);
        hanging
            .map(|(number, entry)| {
                entry.is_reported = true;
                (*number, entry.hang.clone())
            })
            .collect()
    }

    /// Returns how long it takes until another access counts as hanging, if none ends.
    pub(super) fn next_hang_in(&self, now: Duration) -> Option<Duration> {
        let state = self.state();
        let unreported = state.current.values().filter(|entry| !entry.is_reported);
        unreported.map(|entry| HANG_AFTER.saturating_sub(entry.hang.lasts(now))).min()
    }

    /// Whether a further thread of [`Lane::Read`] would probably hang at this file or in this folder: one has been at it, or at
    /// several other files of the same folder, for `patience`.
    pub(super) fn is_out_of_reach(&self, path: &Path, patience: Duration, now: Duration) -> bool {
        let state = self.state();
        let mut beside = 0;
        for entry in state.current.values() {
            let hang = &entry.hang;
            if entry.lane != Lane::Read || hang.lasts(now) < patience {
                continue;
            }
            let folder = hang.path.parent();
            if hang.path == path || folder == Some(path) {
                return true;
            }
            beside += usize::from(folder == path.parent());
        }
        beside >= STUCK_IN_FOLDER_MAX
    }

    /// How many threads of a lane have been at a file for `patience`.
    pub(super) fn stuck(&self, lane: Lane, patience: Duration, now: Duration) -> usize {
        let state = self.state();
        state.current.values().filter(|entry| entry.lane == lane && entry.hang.lasts(now) >= patience).count()
    }

    /// Returns when an access has ended that was reported as hanging. Cancel-safe.
    pub(super) async fn ended(&self) {
        self.ended.notified().await;
    }

    /// No code panics while it holds the lock, so a poisoned lock is safe to use.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long an access may take before it counts as hanging.
pub const HANG_AFTER: Duration = Duration::from_secs(30);
/// A read that has been at a file for so long keeps others from it.
pub const STUCK_AFTER: Duration = Duration::from_millis(900);
/// With so many reads stuck in a folder, no other file of it is tried.
const STUCK_IN_FOLDER_MAX: usize = 2;

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn an_access_hangs_from_thirty_seconds_on_until_it_ends() {
        let board = AccessBoard::default();
        assert_eq!(board.next_hang_in(SECOND), None);
        let slow = board.begin(Lane::Read, Access::Write, Path::new("/a"), SECOND);
        let quick = board.begin(Lane::Read, Access::Read, Path::new("/b"), SECOND * 2);
        assert_eq!(board.next_hang_in(SECOND * 3), HANG_AFTER.checked_sub(SECOND * 2));
        board.end(quick);
        assert!(board.hangs(HANG_AFTER).is_empty());
        let hangs = board.hangs(HANG_AFTER + SECOND);
        let hang = &hangs[&slow];
        assert_eq!(
            (hang.access(), hang.path(), hang.lasts(SECOND * 61)),
            (Access::Write, Path::new("/a"), SECOND * 60)
        );
        assert_eq!(board.next_hang_in(HANG_AFTER * 2), None, "it is reported");
        assert!(board.ended().now_or_never().is_none());
        board.end(slow);
        assert!(board.ended().now_or_never().is_some() && board.hangs(HANG_AFTER * 2).is_empty());
    }

    #[test]
    fn reads_that_hang_keep_others_from_their_file_and_folder() {
        let board = AccessBoard::default();
        let is_out_of_reach = |path: &str| board.is_out_of_reach(Path::new(path), SECOND, SECOND * 2);
        board.begin(Lane::Write, Access::Write, Path::new("/out/a"), SECOND);
        board.begin(Lane::Read, Access::Read, Path::new("/keys/quick"), SECOND * 2);
        board.begin(Lane::Read, Access::Read, Path::new("/keys/a"), SECOND);
        assert!(is_out_of_reach("/keys/a") && is_out_of_reach("/keys"));
        for path in ["/keys/b", "/keys/quick", "/keys/a/b", "/out/a", "/out", "/"] {
            assert!(!is_out_of_reach(path), "{path}");
        }
        board.begin(Lane::Read, Access::Write, Path::new("/keys/c"), SECOND);
        assert!(is_out_of_reach("/keys/b") && !is_out_of_reach("/other/b"));
        assert_eq!(board.stuck(Lane::Read, SECOND, SECOND * 2), 2);
    }

    #[test]
    fn a_thread_is_at_one_file_at_a_time() {
        let board = Arc::default();
        let files = |now| board_files(&board, now);
        at_file(Access::Read, Path::new("/before"));
        enter_on(&board, Lane::Read, &Arc::default());
        at_file(Access::Read, Path::new("/a"));
        at_file(Access::Write, Path::new("/b"));
        assert_eq!(files(clock::monotonic() + HANG_AFTER), [PathBuf::from("/b")]);
        leave_file();
        assert_eq!(files(clock::monotonic() + HANG_AFTER), [] as [PathBuf; 0]);
    }

    fn board_files(board: &Arc<AccessBoard>, now: Duration) -> Vec<PathBuf> {
        board.hangs(now).into_values().map(|hang| hang.path).collect()
    }
}
