//! Locks on a folder itself, which need no file in it and no right to write.
//!
//! A descriptor of a folder is open for reading, so the kernel grants it shared locks only; but it also answers which lock would be in
//! the way of an exclusive one. A process therefore locks, then asks. Of two that lock at the same time both see each other: one
//! withdraws, and the other asks until it is alone. A process that was alone once never withdraws, so there is one at most.
//!
//! The kernel walks the list of all locks of a folder for each lock and each question, so a process that claims many outputs locks
//! some neighbours as one range, and releases what lies between them, which takes no walk. Meanwhile another process sees that the
//! range spans several places, and asks again.
//!
//! These locks belong to the open file description: the kernel drops them when the process ends, and not when it closes another
//! descriptor of the same folder.

use std::{collections::BTreeSet, fs::File, io};

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
        for _ in 0..QUESTIONS_MAX {
            match self.in_the_way(folder)? {
                Some(extent) if extent.is_passing() => sched_yield(),
                found => return Ok(found.map(Identity::of)),
            }
        }
        Ok(self.in_the_way(folder)?.map(Identity::of))
    }

    fn in_the_way(self, folder: &File) -> io::Result<Option<Extent>> {
        let asked = match self {
            Self::One(slot) => Extent { first: slot.byte(), last: slot.byte() },
            Self::All => EVERYTHING,
        };
        let mut lock = description(WRITE, asked);
        fcntl(folder, FcntlArg::F_OFD_GETLK(&mut lock))?;
        let last = if lock.l_len == 0 { i64::MAX } else { lock.l_start.saturating_add(lock.l_len - 1) };
        Ok((lock.l_type != NONE).then_some(Extent { first: lock.l_start, last }))
    }

    fn extent(self, own: Identity) -> Extent {
        match self {
            Self::One(slot) => own.around(slot),
            Self::All => own.around_all(),
        }
    }
}

/// Locks more outputs for this process, beside those that it holds. Returns whether it did: not if another process has locks in the
/// folder, because each output must be asked for then.
pub(super) fn lock_more(
    folder: &File,
    own: Identity,
    held: &BTreeSet<Slot>,
    wanted: &BTreeSet<Slot>,
) -> io::Result<bool> {
    if FolderRange::All.other(folder)?.is_some() {
        return Ok(false);
    }
    // What lies between two of them is released, so it must not hold a third.
    let slots: Vec<_> = held.union(wanted).copied().collect();
    let locked = slots.chunks(NEIGHBOURS).rev().try_for_each(|neighbours| lock_neighbours(folder, own, neighbours));
    // Another process that came meanwhile has locked first and asked then, as this one does.
    let is_alone = locked.and_then(|()| FolderRange::All.other(folder)).map(|other| other.is_none());
    if !matches!(is_alone, Ok(true)) {
        wanted.difference(held).for_each(|slot| FolderRange::One(*slot).unlock(folder));
    }
    is_alone
}

/// From the highest to the lowest, because the kernel looks for each range from the lowest lock on.
fn lock_neighbours(folder: &File, own: Identity, slots: &[Slot]) -> io::Result<()> {
    let (Some(first), Some(last)) = (slots.first(), slots.last()) else { return Ok(()) };
    set(folder, READ, own.across(*first, *last))?;
    slots.windows(2).rev().try_for_each(|pair| match pair {
        [lower, upper] => set(folder, NONE, own.between(*lower, *upper)),
        _ => Ok(()),
    })
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

/// How many outputs are locked as one range for an instant.
const NEIGHBOURS: usize = 64;

/// How often a process asks whether another one, which locked at the same time, has withdrawn.
const QUESTIONS_MAX: usize = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    fn slots(numbers: impl Iterator<Item = u64>) -> BTreeSet<Slot> {
        numbers.map(|number| Slot::of_hash(number.wrapping_mul(0x9e37_79b9_7f4a_7c15))).collect()
    }

    fn is_free(folder: &File, slot: Slot) -> bool {
        FolderRange::One(slot).look(folder, Identity::own()).unwrap().is_ok()
    }

    #[test]
    fn many_outputs_are_locked_and_nothing_between_them() {
        let folder = tempfile::tempdir().unwrap();
        let [mine, other] = [(), ()].map(|()| File::open(folder.path()).unwrap());
        let (first, more, rest) = (slots(1..300), slots(200..1000), slots(1000..2000));
        assert!(lock_more(&mine, Identity::own(), &BTreeSet::new(), &first).unwrap());
        assert!(lock_more(&mine, Identity::own(), &first, &more).unwrap());
        for slot in first.union(&more) {
            let held = FolderRange::One(*slot).in_the_way(&other).unwrap();
            assert_eq!(held, Some(Identity::own().around(*slot)), "one lock an output");
        }
        assert!(rest.iter().all(|slot| is_free(&other, *slot)));
    }

    #[test]
    fn beside_another_process_each_output_is_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let [mine, other] = [(), ()].map(|()| File::open(folder.path()).unwrap());
        let (held, wanted) = (slots(1..2), slots(2..300));
        assert!(FolderRange::One(*held.first().unwrap()).lock(&other, Identity::own()).unwrap().is_ok());
        assert!(!lock_more(&mine, Identity::own(), &BTreeSet::new(), &wanted).unwrap());
        assert!(wanted.iter().all(|slot| is_free(&other, *slot)));
    }

    #[test]
    fn a_range_in_passing_holds_only_what_stays_locked() {
        let folder = tempfile::tempdir().unwrap();
        let [mine, passing] = [(), ()].map(|()| File::open(folder.path()).unwrap());
        let slots: Vec<_> = slots(1..4).into_iter().collect();
        set(&passing, READ, Identity::own().across(slots[0], slots[2])).unwrap();
        assert!(FolderRange::One(slots[1]).in_the_way(&mine).unwrap().unwrap().is_passing());
        assert!(!is_free(&mine, slots[1]), "one that stays is held");
        set(&passing, NONE, Identity::own().between(slots[0], slots[2])).unwrap();
        assert_eq!([0, 1, 2].map(|slot| is_free(&mine, slots[slot])), [false, true, false]);
    }
}
