//! What the source of a credential held at the last look.

use std::time::SystemTime;

use crate::{
    daemon::disk_scan::Observation,
    fingerprint::Fingerprint,
    source::{Identity, Reader, Source},
};

/// The key of one credential.
#[derive(Debug)]
pub(in crate::daemon) struct KeyState {
    observed: Option<Observation>,
    /// The secrets that the last exchange or observation found, even if they are gone since.
    identity: Option<Identity>,
    /// Reads the source for exchanges, one read at a time.
    reader: Reader,
}

impl KeyState {
    /// A source that was not looked at. A read of an older source that hangs does not delay the reads of this one.
    pub(super) fn new() -> Self {
        Self { observed: None, identity: None, reader: Reader::default() }
    }

    /// Forgets the last observation.
    pub(super) fn forget(&mut self) {
        self.observed = None;
    }

    /// Keeps an observation.
    pub(in crate::daemon) fn observe(&mut self, observation: Observation) {
        self.identity = observation.identity().or(self.identity);
        self.observed = Some(observation);
    }

    /// Notes the secrets that an exchange found.
    pub(in crate::daemon) fn note(&mut self, identity: Identity) {
        self.identity = Some(identity);
    }

    /// Notes secrets that were found, unless others were before.
    pub(in crate::daemon) fn note_first(&mut self, identity: Identity) {
        self.identity.get_or_insert(identity);
    }

    /// When the refresh token that is presented expires, by its own claim.
    pub(in crate::daemon) fn refresh_expiry(&self) -> Option<SystemTime> {
        match &self.observed {
            Some(Observation::Key { refresh_expiry, .. }) => *refresh_expiry,
            Some(Observation::NoKey { .. }) | None => None,
        }
    }

    /// Whether the secrets were replaced by others that stand for the same key.
    pub(in crate::daemon) fn is_replaced_by(&self, identity: Identity) -> bool {
        self.identity.is_some_and(|before| before.key == identity.key && before.version != identity.version)
    }

    /// What logs and the status show for a key of the core.
    pub(in crate::daemon) fn shown(&self, source: &Source, key: Fingerprint) -> Option<Fingerprint> {
        let present = self.identity.filter(|identity| identity.key == key);
        present.map_or_else(|| source.shown_key(key), |identity| Some(identity.shown))
    }

    /// The last observation.
    pub(in crate::daemon) fn observed(&self) -> Option<&Observation> {
        self.observed.as_ref()
    }

    /// Why the source holds no key.
    pub(in crate::daemon) fn error(&self) -> Option<&str> {
        match &self.observed {
            Some(Observation::NoKey { why, .. }) => Some(why),
            Some(Observation::Key { .. }) | None => None,
        }
    }

    /// Reads the source for exchanges, one read at a time.
    pub(in crate::daemon) fn reader(&self) -> &Reader {
        &self.reader
    }
}
