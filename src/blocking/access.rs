//! Which file blocking work is at, so that a disk that hangs can be named.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::Notify;

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
    is_reported: bool,
}

thread_local! {
    static OWN: RefCell<Option<OwnAccess>> = const { RefCell::new(None) };
}

/// The file that this thread is at.
struct OwnAccess {
    board: Arc<AccessBoard>,
    number: Option<u64>,
}

/// Notes which file the work on this thread is at, until the next call or the end of the work. Does nothing on other threads.
pub fn at_file(access: Access, path: &Path) {
    OWN.with_borrow_mut(|own| {
        if let Some(own) = own {
            own.end();
            own.number = Some(own.board.begin(access, path, clock::monotonic()));
        }
    });
}

/// Enters the accesses of this thread on a board from here on.
pub(super) fn enter_on(board: &Arc<AccessBoard>) {
    OWN.set(Some(OwnAccess { board: Arc::clone(board), number: None }));
}

/// Notes that the work on this thread has ended.
pub(super) fn leave_file() {
    OWN.with_borrow_mut(|own| own.iter_mut().for_each(OwnAccess::end));
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
    fn begin(&self, access: Access, path: &Path, since: Duration) -> u64 {
        let mut state = self.state();
        state.next += 1;
        let number = state.next;
        let hang = Hang { access, path: path.to_owned(), since };
        state.current.insert(number, Entry { hang, is_reported: false });
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

    /// Whether access to this file has not ended for `patience`.
    pub(super) fn is_stuck(&self, path: &Path, patience: Duration, now: Duration) -> bool {
        let state = self.state();
        state.current.values().any(|entry| entry.hang.path == path && entry.hang.lasts(now) >= patience)
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

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn an_access_hangs_from_thirty_seconds_on_until_it_ends() {
        let board = AccessBoard::default();
        assert_eq!(board.next_hang_in(SECOND), None);
        let slow = board.begin(Access::Write, Path::new("/a"), SECOND);
        let quick = board.begin(Access::Read, Path::new("/b"), SECOND * 2);
        assert_eq!(board.next_hang_in(SECOND * 3), HANG_AFTER.checked_sub(SECOND * 2));
        board.end(quick);
        assert!(board.hangs(HANG_AFTER).is_empty());
        assert!(board.is_stuck(Path::new("/a"), SECOND, SECOND * 2));
        assert!(!board.is_stuck(Path::new("/a"), SECOND * 2, SECOND * 2));
        assert!(!board.is_stuck(Path::new("/b"), Duration::ZERO, SECOND * 2));

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
    fn a_thread_is_at_one_file_at_a_time() {
        let board = Arc::default();
        let files = |now| board_files(&board, now);
        at_file(Access::Read, Path::new("/before"));
        enter_on(&board);
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
