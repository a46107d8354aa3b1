//! Where caller, arming thread and inotify callback leave word for each other. Bounded: what is folders stands here
//! once, and a newer wish replaces an older one.

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
    /// Holds one hint at most.
    pub(super) hint: Notify,
}

#[derive(Debug, Default)]
struct WatchState {
    folders: BTreeSet<PathBuf>,
    /// Those of `folders` that inotify has said farewell to since the last round began.
    lost: BTreeSet<PathBuf>,
    /// Whether a folder may be unarmed, lost ones aside.
    unarmed: bool,
    /// How many rounds of arming have been requested for, which of them was started last, and which was finished last.
    requested: u64,
    started: u64,
    finished: u64,
    closed: bool,
}

/// What one round of arming has to see to.
pub(super) struct ArmingPass {
    pub(super) number: u64,
    pub(super) folders: BTreeSet<PathBuf>,
    pub(super) lost: BTreeSet<PathBuf>,
}

impl WatchQueue {
    /// Caller: these folders, from now on.
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

    /// Caller: look after them. If the round before is still under way, something hangs, or the thread is no more.
    pub(super) fn request_pass(&self) {
        let mut state = self.state();
        state.unarmed |= state.finished != state.requested;
        state.requested += 1;
        self.changed.notify_one();
    }

    /// Caller: whether every folder is armed, as far as is known.
    pub(super) fn fully_armed(&self) -> bool {
        let state = self.state();
        !state.unarmed && state.lost.is_empty()
    }

    /// Caller: the hint that is being answered covers what came while it was gathered.
    pub(super) fn take_hint(&self) {
        let _ = self.hint.notified().now_or_never();
    }

    /// Caller: no more of this.
    pub(super) fn close(&self) {
        self.state().closed = true;
        self.changed.notify_one();
    }

    /// Thread: the next round, as soon as one is requested for; `None` when the caller is gone.
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

    /// Thread: how that round ended. If another was requested for meanwhile, the answer is that one's to give.
    pub(super) fn finish(&self, pass: u64, all_armed: bool) {
        let mut state = self.state();
        state.finished = pass;
        if pass == state.requested {
            state.unarmed = !all_armed;
        }
    }

    /// Callback: this path is gone or has been moved. It counts if it is a folder that is watched.
    pub(super) fn mark_lost(&self, path: &PathBuf) {
        let mut state = self.state();
        if state.folders.contains(path) {
            state.lost.insert(path.clone());
        }
    }

    /// Nothing here can panic half-way, so a poisoned lock is as good as another.
    fn state(&self) -> MutexGuard<'_, WatchState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
