//! A Lease, as far as an election needs it.

use std::time::Duration;

/// The version of a Lease (`resourceVersion`), which a write replaces.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct LeaseVersion(pub String);

/// A Lease that was read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SeenLease {
    /// Its version.
    pub version: LeaseVersion,
    /// Its holder; `None` or an empty text if it was released.
    pub holder: Option<String>,
    /// How long it lasts without a renewal, as its holder wrote.
    pub duration: Duration,
    /// How often it was taken.
    pub transitions: u32,
}

/// A Lease to write. Its times are those of the write, by the wall clock: they inform people, and no candidate relies on them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WantedLease {
    /// The version that it replaces; `None` if there must be no Lease.
    pub replaces: Option<LeaseVersion>,
    /// The holder; `None` releases it.
    pub holder: Option<String>,
    /// How long it lasts without a renewal.
    pub duration: Duration,
    /// How often it was taken.
    pub transitions: u32,
    /// Whether this write takes it, so that it is acquired by it.
    pub is_taken: bool,
}

impl SeenLease {
    /// The name of the holder, if there is one.
    pub fn held_by(&self) -> Option<&str> {
        self.holder.as_deref().filter(|holder| !holder.is_empty())
    }
}
