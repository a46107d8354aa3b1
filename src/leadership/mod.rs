//! Who leads among several replicas, by a Lease of the Kubernetes API. Pure: time is an argument, and calls are effects.
//!
//! ```text
//!   Read, Write ──> the API server ──> Seen, Written, Conflict, Failed ──> Election::step ──> role, leads_for
//! ```
//!
//! Invariant: clocks of other machines are not believed. A Lease of another holder has ended when nothing has renewed it for its
//! whole duration by the clock of this machine, counted from the reply that showed its newest version. The holder itself leads for
//! two thirds of the duration, counted from when the write that was confirmed was sent. So two lead at once only if their clocks
//! run at rates that differ by more than a third.
//!
//! The Lease is the only word between candidates: if somebody deletes it, another candidate takes it at once, and two lead until
//! the first one calls again, for two thirds of the duration at most. What they write is fenced by the versions of the Secrets.
//!
//! Invariant: each write names the version that it replaces, so of two candidates that claim the same one, one is refused.

mod election;
mod lease;
mod timing;

pub use election::{Attempt, Effect, Election, Event, Outcome, Role, Tenure};
pub use lease::{LeaseVersion, SeenLease, WantedLease};
pub use timing::{DURATION_BOUNDS, Timing};
