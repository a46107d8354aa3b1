//! What the source of a credential held at the last look.

use crate::{daemon::disk_scan::Observation, source::Reader};

/// The key of one credential.
#[derive(Debug)]
pub(in crate::daemon) struct KeyState {
    observed: Option<Observation>,
    /// Reads the source for exchanges, one read at a time.
    reader: Reader,
}

impl KeyState {
    /// A source that was not looked at. A read of an older source that hangs does not delay the reads of this one.
    pub(super) fn new() -> Self {
        Self { observed: None, reader: Reader::default() }
    }

    /// Forgets the last observation.
    pub(super) fn forget(&mut self) {
        self.observed = None;
    }

    /// Keeps an observation.
    pub(in crate::daemon) fn observe(&mut self, observation: Observation) {
        self.observed = Some(observation);
    }

    /// The last observation.
    pub(in crate::daemon) fn observed(&self) -> Option<&Observation> {
        self.observed.as_ref()
    }

    /// Why the source holds no key.
    pub(in crate::daemon) fn error(&self) -> Option<&str> {
        match &self.observed {
            Some(Observation::NoKey { why, .. }) => Some(why),
            Some(Observation::Key(_)) | None => None,
        }
    }

    /// Reads the source for exchanges, one read at a time.
    pub(in crate::daemon) fn reader(&self) -> &Reader {
        &self.reader
    }
}
