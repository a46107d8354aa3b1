//! The last exchange of a credential, which keeps the spacing when the credential leaves and comes back: in one
//! process, or from one process to the next.

use super::moment::Moment;
use crate::fingerprint::Fingerprint;

/// The last exchange of a credential, as far as the spacing is concerned.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct LastExchange {
    /// When the last exchange was answered or given up. The spacing counts from here and not from the request, so that
    /// two requests cannot arrive closer than the spacing, however long the first was in flight.
    pub(super) answered: Option<Moment>,
    /// The key it was made with. A different key is used at once.
    pub(super) key: Option<Fingerprint>,
}

impl LastExchange {
    /// An exchange with a key, answered at a moment.
    pub(super) fn new(answered: Moment, key: Fingerprint) -> Self {
        Self { answered: Some(answered), key: Some(key) }
    }

    /// When the last exchange was answered, if there was one.
    pub fn answered(&self) -> Option<Moment> {
        self.answered
    }
}
