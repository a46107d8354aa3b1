//! Where caller, arming thread and inotify callback leave word for each other. Bounded: what is wanted stands here
//! once, and a newer wish replaces an older one.

use std::{
    collections::BTreeSet,
    path::PathBuf,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
};

use futures_util::FutureExt;
use tokio::sync::Notify;

#[derive(Debug, Default)]
pub(super) struct Desk {
    standing: Mutex<Standing>,
    changed: Condvar,
    /// Holds one hint at most.
    pub(super) hint: Notify,
}

#[derive(Debug, Default)]
struct Standing {
    wanted: BTreeSet<PathBuf>,
    /// Those of `wanted` that inotify has said farewell to since the last round began.
    lost: BTreeSet<PathBuf>,
    /// Whether a folder may be unarmed, lost ones aside.
    unarmed: bool,
    /// How many rounds of arming have been asked for, which of them was begun last, and which was finished last.
    asked: u64,
    begun: u64,
    finished: u64,
    closed: bool,
}

/// What one round of arming has to see to.
pub(super) struct Round {
    pub(super) number: u64,
    pub(super) wanted: BTreeSet<PathBuf>,
    pub(super) lost: BTreeSet<PathBuf>,
}

impl Desk {
    /// Caller: these folders, from now on.
    pub(super) fn want(&self, folders: BTreeSet<PathBuf>) {
        let mut standing = self.standing();
        if standing.wanted == folders {
            return;
        }
        standing.unarmed |= !folders.is_subset(&standing.wanted);
        standing.lost.retain(|path| folders.contains(path));
        standing.wanted = folders;
        standing.asked += 1;
        self.changed.notify_one();
    }

    /// Caller: look after them. If the round before is still under way, something hangs, or the thread is no more.
    pub(super) fn ask(&self) {
        let mut standing = self.standing();
        standing.unarmed |= standing.finished != standing.asked;
        standing.asked += 1;
        self.changed.notify_one();
    }

    /// Caller: whether every folder is armed, as far as is known.
    pub(super) fn fully_armed(&self) -> bool {
        let standing = self.standing();
        !standing.unarmed && standing.lost.is_empty()
    }

    /// Caller: the hint that is being answered covers what came while it was gathered.
    pub(super) fn take_hint(&self) {
        let _ = self.hint.notified().now_or_never();
    }

    /// Caller: no more of this.
    pub(super) fn close(&self) {
        self.standing().closed = true;
        self.changed.notify_one();
    }

    /// Thread: the next round, as soon as one is asked for; `None` when the caller is gone.
    pub(super) fn next_round(&self) -> Option<Round> {
        let idle = |standing: &mut Standing| !standing.closed && standing.begun == standing.asked;
        let mut standing = self.changed.wait_while(self.standing(), idle).unwrap_or_else(PoisonError::into_inner);
        if standing.closed {
            return None;
        }
        standing.begun = standing.asked;
        let lost = std::mem::take(&mut standing.lost);
        Some(Round { number: standing.asked, wanted: standing.wanted.clone(), lost })
    }

    /// Thread: how that round ended. If another was asked for meanwhile, the answer is that one's to give.
    pub(super) fn finish(&self, round: u64, all_armed: bool) {
        let mut standing = self.standing();
        standing.finished = round;
        if round == standing.asked {
            standing.unarmed = !all_armed;
        }
    }

    /// Callback: this path is gone or has been moved. It counts if it is a folder that is watched.
    pub(super) fn lose(&self, path: &PathBuf) {
        let mut standing = self.standing();
        if standing.wanted.contains(path) {
            standing.lost.insert(path.clone());
        }
    }

    /// Nothing here can panic half-way, so a poisoned lock is as good as another.
    fn standing(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
