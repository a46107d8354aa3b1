//! The state that the caller, the arming thread and the inotify callback share. It is bounded: it holds one set of folders,
//! which a newer request replaces.

use std::{
    collections::BTreeSet,
    path::PathBuf,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
};

use futures_util::FutureExt;
use tokio::sync::Notify;

#[derive(Debug, Default)]
pub(super) struct WatchQueue {
    state: Mutex<WatchState>,
    changed: Condvar,
    /// A change of any kind. Holds one hint at most.
    pub(super) hint: Notify,
    /// A change after which a file is whole. Holds one hint at most; each is in `hint` too.
    pub(super) whole: Notify,
}

#[derive(Debug, Default)]
struct WatchState {
    folders: BTreeSet<PathBuf>,
    /// The folders that inotify reported as gone since the last pass started.
    lost: BTreeSet<PathBuf>,
    /// Whether a folder other than the lost ones may be unarmed.
    unarmed: bool,
    /// The numbers of the arming passes that were last requested, started and finished.
    requested: u64,
    started: u64,
    finished: u64,
    closed: bool,
}

/// The input of one arming pass.
pub(super) struct ArmingPass {
    pub(super) number: u64,
    pub(super) folders: BTreeSet<PathBuf>,
    pub(super) lost: BTreeSet<PathBuf>,
}

impl WatchQueue {
    /// For the caller: sets the folders and requests a pass if they differ.
    pub(super) fn set_folders(&self, folders: BTreeSet<PathBuf>) {
        let mut state = self.state();
        if state.folders == folders {
            return;
        }
        state.unarmed |= !folders.is_subset(&state.folders);
        state.lost.retain(|path| folders.contains(path));
        state.folders = folders;
        state.requested += 1;
        self.changed.notify_one();
    }

    /// For the caller: requests a pass. If the previous pass is still running, a file system hangs or the thread has ended.
    pub(super) fn request_pass(&self) {
        let mut state = self.state();
        state.unarmed |= state.finished != state.requested;
        state.requested += 1;
        self.changed.notify_one();
    }

    /// For the caller: whether every folder is armed, as far as is known.
    pub(super) fn fully_armed(&self) -> bool {
        let state = self.state();
        !state.unarmed && state.lost.is_empty()
    }

    /// For the callback: records a change of any kind.
    pub(super) fn note_change(&self) {
        self.hint.notify_one();
    }

    /// For the callback: records a change after which a file is whole.
    pub(super) fn note_whole_file(&self) {
        self.whole.notify_one();
        self.hint.notify_one();
    }

    /// For the caller: takes what was noted so far, because the current hint covers it. Returns whether there was anything.
    pub(super) fn take_hint(&self) -> bool {
        let _ = self.whole.notified().now_or_never();
        self.hint.notified().now_or_never().is_some()
    }

    /// For the caller: ends the thread.
    pub(super) fn close(&self) {
        self.state().closed = true;
        self.changed.notify_one();
    }

    /// For the thread: waits for the next requested pass; `None` once the queue is closed.
    pub(super) fn next_pass(&self) -> Option<ArmingPass> {
        let idle = |state: &mut WatchState| !state.closed && state.started == state.requested;
        let mut state = self.changed.wait_while(self.state(), idle).unwrap_or_else(PoisonError::into_inner);
        if state.closed {
            return None;
        }
        state.started = state.requested;
        let lost = std::mem::take(&mut state.lost);
        Some(ArmingPass { number: state.requested, folders: state.folders.clone(), lost })
    }

    /// For the thread: records the result of a pass. If another pass was requested meanwhile, only that one's result counts.
    pub(super) fn finish(&self, pass: u64, all_armed: bool) {
        let mut state = self.state();
        state.finished = pass;
        if pass == state.requested {
            state.unarmed = !all_armed;
        }
    }

    /// For the callback: records that a path was removed or moved. Ignored unless it is a watched folder.
    pub(super) fn mark_lost(&self, path: &PathBuf) {
        let mut state = self.state();
        if state.folders.contains(path) {
            state.lost.insert(path.clone());
        }
    }

    /// No code panics while it holds the lock, so a poisoned lock is safe to use.
    fn state(&self) -> MutexGuard<'_, WatchState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
