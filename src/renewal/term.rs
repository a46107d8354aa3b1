//! The life of one session, on the boot clock.

use super::{answer::Grant, moment::Moment};
use crate::fingerprint::Fingerprint;

/// The lifetime of a session, without the session itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Term {
    /// The key that obtained it.
    pub key: Fingerprint,
    /// When the request was sent. The lifetime counts from here, so it ends slightly before the server's.
    pub sent: Moment,
    /// The grant of the server.
    pub grant: Grant,
    /// When to renew it.
    pub renew: Moment,
}

impl Term {
    /// When it expires.
    pub fn expires(&self) -> Moment {
        self.sent + self.grant.lifetime
    }

    /// Whether it has not expired yet.
    pub fn is_valid_at(&self, now: Moment) -> bool {
        now < self.expires()
    }
}
