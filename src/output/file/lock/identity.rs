//! The process that holds a lock on a folder, written into the extent of the lock.
//!
//! The kernel does not name the holder of a lock that belongs to an open file description, but it reports the whole range of a lock
//! that is in the way. So the lock of an output reaches beyond the output's own byte: before it by the number of the process, and
//! behind it by a tag of the namespace in which this number counts.

use std::{fs, os::unix::ffi::OsStrExt as _, process};

use super::held::Holder;

/// A process, as the locks of other processes see it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Identity {
    /// In its own namespace of process numbers; zero if it does not fit.
    process: i64,
    /// A part of the number of this namespace; zero if it is unknown.
    namespace: i64,
}

/// A range of bytes, both ends included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Extent {
    pub(super) first: i64,
    pub(super) last: i64,
}

impl Identity {
    /// Identifies this process.
    pub(super) fn own() -> Self {
        let number = |digits: &[u8]| str::from_utf8(digits).ok()?.parse::<u64>().ok();
        let namespace = fs::read_link("/proc/self/ns/pid").ok();
        let digits = namespace.as_ref().and_then(|name| name.as_os_str().as_bytes().strip_prefix(b"pid:["));
        let namespace = digits.and_then(|digits| number(digits.strip_suffix(b"]")?)).unwrap_or_default();
        Self {
            process: i64::from(process::id()).min(REACH + 1) % (REACH + 1),
            namespace: (namespace % REACH.cast_unsigned()).cast_signed(),
        }
    }

    /// Returns the extent of a lock of this process on one output.
    pub(super) fn around(self, slot: Slot) -> Extent {
        Extent { first: slot.byte() - self.process, last: slot.byte() + self.namespace }
    }

    /// Returns the extent of a lock of this process on every output of a folder.
    pub(super) fn around_all(self) -> Extent {
        Extent { first: Slot::FIRST.byte() - self.process, last: Slot::LAST.byte() + self.namespace }
    }

    /// Returns the extent of a lock of this process from one output to another.
    pub(super) fn across(self, first: Slot, last: Slot) -> Extent {
        Extent { first: self.around(first).first, last: self.around(last).last }
    }

    /// Returns what lies between the locks of this process on two outputs.
    pub(super) fn between(self, lower: Slot, upper: Slot) -> Extent {
        Extent { first: self.around(lower).last + 1, last: self.around(upper).first - 1 }
    }

    /// Reads the identity of another process from the extent of its lock.
    pub(super) fn of(extent: Extent) -> Self {
        Self {
            process: Slot::at(extent.first).byte() - extent.first,
            namespace: extent.last - Slot::at(extent.last).byte(),
        }
    }

    /// Returns the process, if its number counts in the namespace of this process too.
    pub(super) fn holder(self, own: Self) -> Option<Holder> {
        let is_near = self.namespace != 0 && self.namespace == own.namespace;
        Holder::of(i32::try_from(self.process).ok().filter(|_| is_near)?)
    }
}

impl Extent {
    /// Whether a process that claims many outputs at once holds it, for an instant, across outputs of others.
    pub(super) fn is_passing(self) -> bool {
        let (first, last) = (Slot::at(self.first), Slot::at(self.last));
        first != last && (first, last) != (Slot::FIRST, Slot::LAST)
    }
}

/// One of the places in a folder's range that a lock can be at. No lock of one place touches another place, so the kernel never
/// merges two.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Slot(i64);

impl Slot {
    const FIRST: Self = Self(0);
    const LAST: Self = Self((1 << SLOT_BITS) - 1);

    /// The place that follows from a hash. The first and the last are those of locks on everything.
    pub(super) fn of_hash(hash: u64) -> Self {
        Self(((hash >> (64 - SLOT_BITS)).cast_signed()).clamp(Self::FIRST.0 + 1, Self::LAST.0 - 1))
    }

    /// Returns its middle byte, which every lock of it contains.
    pub(super) fn byte(self) -> i64 {
        self.0 * SLOT_BYTES + REACH + 1
    }

    /// Returns all bytes that a lock of it may reach.
    pub(super) fn whole(self) -> Extent {
        Extent { first: self.0 * SLOT_BYTES, last: self.0 * SLOT_BYTES + SLOT_BYTES - 1 }
    }

    fn at(byte: i64) -> Self {
        Self(byte / SLOT_BYTES)
    }
}

/// The largest process number of Linux, one less than 2²².
const REACH: i64 = (1 << 22) - 1;
const SLOT_BYTES: i64 = 2 * (REACH + 1);
const SLOT_BITS: u32 = 40;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_extent_tells_who_holds_it_and_touches_no_other() {
        let processes =
            [0, 1, 4711, REACH].map(|process| [0, 1, REACH - 1].map(|namespace| Identity { process, namespace }));
        for identity in processes.into_iter().flatten() {
            assert_eq!(Identity::of(identity.around_all()), identity);
            assert!(identity.around_all().first >= 0);
            for hash in [0, 1, 1 << 24, 0x1234_5678_9abc_def0, u64::MAX] {
                let slot = Slot::of_hash(hash);
                let extent = identity.around(slot);
                assert_eq!(Identity::of(extent), identity, "{hash:x}");
                assert!(extent.first > slot.whole().first && extent.last < slot.whole().last, "{hash:x}");
                assert!(!extent.is_passing() && !identity.around_all().is_passing());
                assert!(identity.around_all().first < extent.first && identity.around_all().last > extent.last);
            }
        }
    }

    #[test]
    fn a_process_of_another_namespace_is_not_named() {
        let own = Identity::own();
        assert!(own.holder(own).is_some());
        assert_eq!(own.holder(own), Holder::of(i32::try_from(process::id()).unwrap()));
        assert_eq!(Identity { namespace: own.namespace ^ 1, ..own }.holder(own), None);
        assert_eq!(Identity { namespace: 0, ..own }.holder(Identity { namespace: 0, ..own }), None);
    }
}
