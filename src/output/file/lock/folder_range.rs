//! Locks on a folder itself, which need no file in it and no right to write.
//!
//! A descriptor of a folder is open for reading, so the kernel grants it shared locks only; but it also answers which lock would be in
//! the way of an exclusive one. A process therefore locks, then asks. Of two that lock at the same time both see each other: one
//! withdraws, and the other asks until it is alone. A process that was alone once never withdraws, so there is one at most.
//!
//! These locks belong to the open file description: the kernel drops them when the process ends, and not when it closes another
//! descriptor of the same folder.

use std::{fs::File, io};

use nix::{
    fcntl::{FcntlArg, fcntl},
    libc,
};
use rustix::thread::sched_yield;

use super::{
    held::Holder,
    identity::{Extent, Identity, Slot},
};

/// What is locked in a folder.
#[derive(Clone, Copy)]
pub(super) enum FolderRange {
    /// One output.
    One(Slot),
    /// Every output.
    All,
}

impl FolderRange {
    /// Locks the range for this process. If another process holds it, the error is that process; an I/O error means that there are no
    /// locks here.
    pub(super) fn lock(self, folder: &File, own: Identity) -> io::Result<Result<(), Option<Holder>>> {
        if let Some(other) = self.other(folder)? {
            return Ok(Err(other.holder(own)));
        }
        set(folder, READ, self.extent(own))?;
        for _ in 0..QUESTIONS_MAX {
            match self.other(folder) {
                Ok(None) => return Ok(Ok(())),
                Ok(Some(other)) if own < other => sched_yield(),
                Ok(Some(_)) => break,
                Err(error) => {
                    self.unlock(folder);
                    return Err(error);
                }
            }
        }
        self.unlock(folder);
        let other = self.other(folder)?;
        Ok(Err(other.and_then(|other| other.holder(own))))
    }

    /// Returns whether another process holds the range, as [`FolderRange::lock`] does, but locks nothing.
    pub(super) fn look(self, folder: &File, own: Identity) -> io::Result<Result<(), Option<Holder>>> {
        Ok(self.other(folder)?.map_or(Ok(()), |other| Err(other.holder(own))))
    }

    /// Releases the range. If that fails, the range is released when the process ends.
    pub(super) fn unlock(self, folder: &File) {
        let whole = match self {
            Self::One(slot) => slot.whole(),
            Self::All => EVERYTHING,
        };
        let _ = set(folder, NONE, whole);
    }

    fn other(self, folder: &File) -> io::Result<Option<Identity>> {
        let asked = match self {
            Self::One(slot) => Extent { first: slot.byte(), last: slot.byte() },
            Self::All => EVERYTHING,
        };
        let mut lock = description(WRITE, asked);
        fcntl(folder, FcntlArg::F_OFD_GETLK(&mut lock))?;
        let last = if lock.l_len == 0 { i64::MAX } else { lock.l_start.saturating_add(lock.l_len - 1) };
        Ok((lock.l_type != NONE).then(|| Identity::of(Extent { first: lock.l_start, last })))
    }

    fn extent(self, own: Identity) -> Extent {
        match self {
            Self::One(slot) => own.around(slot),
            Self::All => own.around_all(),
        }
    }
}

fn set(folder: &File, kind: i16, extent: Extent) -> io::Result<()> {
    fcntl(folder, FcntlArg::F_OFD_SETLK(&description(kind, extent)))?;
    Ok(())
}

fn description(kind: i16, Extent { first, last }: Extent) -> libc::flock {
    let length = if last == i64::MAX { 0 } else { last - first + 1 };
    libc::flock { l_type: kind, l_whence: FROM_THE_START, l_start: first, l_len: length, l_pid: 0 }
}

const EVERYTHING: Extent = Extent { first: 0, last: i64::MAX };

#[expect(clippy::cast_possible_truncation, reason = "the system's own constants, for fields of the system's own type")]
const READ: i16 = libc::F_RDLCK as i16;
#[expect(clippy::cast_possible_truncation, reason = "as above")]
const WRITE: i16 = libc::F_WRLCK as i16;
#[expect(clippy::cast_possible_truncation, reason = "as above")]
const NONE: i16 = libc::F_UNLCK as i16;
#[expect(clippy::cast_possible_truncation, reason = "as above")]
const FROM_THE_START: i16 = libc::SEEK_SET as i16;

/// How often a process asks whether another one, which locked at the same time, has withdrawn.
const QUESTIONS_MAX: usize = 1000;
