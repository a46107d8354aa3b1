//! The life of one session, on the boot clock, and the comparison of that clock with the wall clock.

use std::time::Duration;

use super::{answer::Grant, moment::Moment, stamp::Stamp};
use crate::fingerprint::Fingerprint;

/// The lifetime of a session, without the session itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Term {
    /// The key that obtained it.
    pub key: Fingerprint,
    /// When the request was sent. The lifetime counts from here, so it ends slightly before the server's.
    pub sent: Moment,
    /// The wall clock at that moment, since the Unix epoch.
    pub sent_wall: Duration,
    /// The grant of the server.
    pub grant: Grant,
    /// When to renew it.
    pub renew: Moment,
    /// How much older it is by the wall clock than by the boot clock: the wall clock was set forward, or the boot clock
    /// stood still, as in a virtual machine that was paused.
    pub older_by: Duration,
}

impl Term {
    /// When it expires by the clock that shows the greater age.
    pub fn expires(&self) -> Moment {
        self.ends().back(self.older_by)
    }

    /// When it has certainly expired: by the boot clock.
    pub fn ends(&self) -> Moment {
        self.sent + self.grant.lifetime
    }

    /// Its age by the clock that shows the greater one.
    pub fn age_at(&self, now: Moment) -> Duration {
        (now - self.sent).saturating_add(self.older_by)
    }

    /// Whether it has not expired yet by either clock.
    pub fn is_valid_at(&self, now: Moment) -> bool {
        self.age_at(now) < self.grant.lifetime
    }

    /// Whether the clocks disagree on its expiry: it has expired by the wall clock, and not by the boot clock.
    pub fn is_doubtful_at(&self, now: Moment) -> bool {
        now < self.ends() && !self.is_valid_at(now)
    }

    /// Compares its age on both clocks. `clocks` is of this boot.
    pub(super) fn compared(self, clocks: Stamp) -> Self {
        let sent = Stamp { moment: self.sent, wall: self.sent_wall, ..clocks };
        Self { older_by: sent.standstill(clocks), ..self }
    }
}
