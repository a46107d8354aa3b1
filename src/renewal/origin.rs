//! The state of one host: which members wait for it, how fast it may be asked, and what is in flight to it.

use std::collections::BTreeSet;

use super::{moment::Moment, pace::Pace};

/// A member of the fleet; never used twice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Id(pub(super) u64);

impl Id {
    /// The least id, for ranges.
    pub const MIN: Self = Self(0);
}

/// The host that a credential asks: an opaque number. Credentials of one origin share its pace, and no others do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct OriginId(pub u32);

/// The order of admission: a credential whose last exchange timed out comes behind all others, then the nearest expiry comes
/// first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Rank {
    pub(super) suspect: bool,
    pub(super) expires: Moment,
}

/// The state of one origin.
#[derive(Debug)]
pub(super) struct OriginState {
    /// The members whose exchange is due, in the order of admission.
    pub(super) waiting: BTreeSet<(Rank, Id)>,
    pub(super) pace: Pace,
    pub(super) members: usize,
    pub(super) in_flight: usize,
}

impl OriginState {
    /// An origin that has received no request yet.
    pub(super) fn new() -> Self {
        Self { waiting: BTreeSet::new(), pace: Pace::new(), members: 0, in_flight: 0 }
    }

    /// Whether another origin must leave a place for this one: it has members, and none of them has a place.
    pub(super) fn is_owed_a_place(&self) -> bool {
        self.members > 0 && self.in_flight == 0
    }
}
