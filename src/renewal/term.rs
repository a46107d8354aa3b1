//! The life of one session, on the boot clock.

use super::{answer::Grant, moment::Moment};
use crate::fingerprint::Fingerprint;

/// A session's life without the session.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Term {
    /// The key it was had with.
    pub key: Fingerprint,
    /// When it was asked for. Its life is counted from here, so it ends a little before the server thinks it does.
    pub sent: Moment,
    /// What the server granted.
    pub grant: Grant,
    /// When it is to be renewed.
    pub renew: Moment,
}

impl Term {
    /// When it ends.
    pub fn expires(&self) -> Moment {
        self.sent + self.grant.lifetime
    }

    /// Whether it still lives.
    pub fn is_valid_at(&self, now: Moment) -> bool {
        now < self.expires()
    }
}
