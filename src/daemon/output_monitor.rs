//! The outputs guarded: what is under way, and whose outputs are looked at next.

use std::collections::BTreeSet;

use super::{readiness::ReadinessQueue, single_flight::SingleFlight};
use crate::renewal::{Id, Moment};

/// What is under way about the outputs.
#[derive(Debug, Default)]
pub(super) struct OutputMonitor {
    pub(super) arming: SingleFlight,
    pub(super) inspection: SingleFlight,
    /// Whom to look at next, and whether to read what its stamp says is untouched.
    pub(super) suspects: BTreeSet<Id>,
    pub(super) all: bool,
    /// Whether every folder of outputs that exists is watched.
    pub(super) armed: bool,
    /// Who wants to know what is found.
    pub(super) readiness_queue: ReadinessQueue,
    /// Whose sets hold generations that only slow readers may still be reading, and when they are removed.
    pub(super) untidy: BTreeSet<Id>,
    pub(super) tidy_at: Option<Moment>,
}
