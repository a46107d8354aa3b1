//! An instant on both clocks, and the time between two of them.

use std::{fmt, time::Duration};

use super::moment::Moment;

/// An instant on both clocks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Stamp {
    /// Which boot of which machine.
    pub boot: u128,
    /// On the clock of that boot.
    pub moment: Moment,
    /// On the wall clock, since the Unix epoch.
    pub wall: Duration,
}

impl Stamp {
    /// Returns the instant on the boot clock of `now`, as early as it may be, but not before that boot.
    pub fn on_the_clock_of(self, now: Self) -> Moment {
        now.moment.back(self.at_most_until(now).unwrap_or_default())
    }

    /// How much longer the time until `now` is by the wall clock than by the boot clock. Zero if the wall clock shows less,
    /// because a wall clock that was set back proves nothing.
    pub(super) fn standstill(self, now: Self) -> Duration {
        self.by_wall(now).unwrap_or_default().saturating_sub(now.moment - self.moment)
    }

    /// Whether the clocks have moved against each other until `now`, by more than two readings differ.
    pub(super) fn differs_from(self, now: Self) -> bool {
        now.wall.abs_diff(self.wall_at(now.moment)) > STEP_MIN
    }

    /// The wall clock at a moment of this boot, if the clocks do not move against each other until then.
    pub(super) fn wall_at(self, moment: Moment) -> Duration {
        if moment < self.moment {
            self.wall.saturating_sub(self.moment - moment)
        } else {
            self.wall.saturating_add(moment - self.moment)
        }
    }

    /// The greatest possible time until `now`; `None` if the clocks do not show it. The boot clock of a paused virtual
    /// machine stood still, and its wall clock has been corrected since.
    pub(super) fn at_most_until(self, now: Self) -> Option<Duration> {
        if self.boot == now.boot { Some(self.by_boot(now)? + self.standstill(now)) } else { self.by_wall(now) }
    }

    /// The time that has certainly passed until `now`.
    pub(super) fn at_least_until(self, now: Self) -> Option<Duration> {
        self.by_boot(now).or_else(|| self.by_wall(now))
    }

    fn by_boot(self, now: Self) -> Option<Duration> {
        let same = self.boot == now.boot;
        same.then(|| now.moment.elapsed_since_boot().checked_sub(self.moment.elapsed_since_boot())).flatten()
    }

    fn by_wall(self, now: Self) -> Option<Duration> {
        now.wall.checked_sub(self.wall)
    }
}

/// Why a token does not count as valid although it may be: it has expired by one clock, and not by the other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ClocksDisagree;

impl fmt::Display for ClocksDisagree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("clocks disagree on the age of the token")
    }
}

/// A smaller step of the wall clock is not noticed: the clocks are read one after the other, and time is corrected by less
/// all the time.
const STEP_MIN: Duration = Duration::from_secs(1);
