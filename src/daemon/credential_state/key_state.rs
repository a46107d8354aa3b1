//! What the source of a credential held at the last look.

use crate::{
    daemon::disk_scan::Observation,
    fingerprint::Fingerprint,
    source::{Identity, PresentedRefresh, Reader, Source},
};

/// The key of one credential.
#[derive(Debug)]
pub(in crate::daemon) struct KeyState {
    observed: Option<Observation>,
    /// The secrets that the last exchange or observation found, even if they are gone since.
    identity: Option<Identity>,
    /// Reads the source for exchanges, one read at a time.
    reader: Reader,
    version: u64,
}

impl KeyState {
    /// A source that was not looked at.
    pub(super) fn new() -> Self {
        Self { observed: None, identity: None, reader: Reader::default(), version: 0 }
    }

    /// Another source of the same credential, which was not looked at.
    pub(super) fn of_another_source(&self) -> Self {
        Self { reader: self.reader.for_another_source(), version: self.version + 1, ..Self::new() }
    }

    /// Forgets the last observation.
    pub(super) fn forget(&mut self) {
        self.observed = None;
    }

    /// Keeps an observation.
    pub(in crate::daemon) fn observe(&mut self, observation: Observation) {
        self.identity = observation.identity().or(self.identity);
        self.version += 1;
        self.observed = Some(observation);
    }

    /// Notes the secrets that an exchange found.
    pub(in crate::daemon) fn note(&mut self, identity: Identity) {
        self.identity = Some(identity);
        self.version += 1;
    }

    /// A number that changes with each observation and each secret that an exchange found. An observation that began at another
    /// version may be older than what is known.
    pub(in crate::daemon) fn version(&self) -> u64 {
        self.version
    }

    /// Notes secrets that were found, unless others were before.
    pub(in crate::daemon) fn note_first(&mut self, identity: Identity) {
        self.identity.get_or_insert(identity);
    }

    /// The mount of the refresh token that is presented, and what people see of it.
    pub(in crate::daemon) fn refresh(&self) -> Option<(Fingerprint, &PresentedRefresh)> {
        match &self.observed {
            Some(Observation::Key(observed)) => {
                observed.refresh.as_ref().map(|refresh| (observed.identity.key, refresh))
            }
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
            Some(Observation::Key(_)) | None => None,
        }
    }

    /// What a person should do, if the source holds no key for another reason than its file.
    pub(in crate::daemon) fn remedy(&self) -> Option<&str> {
        match &self.observed {
            Some(Observation::NoKey { remedy, .. }) => remedy.as_deref(),
            Some(Observation::Key(_)) | None => None,
        }
    }

    /// Reads the source for exchanges, one read at a time.
    pub(in crate::daemon) fn reader(&self) -> &Reader {
        &self.reader
    }
}
