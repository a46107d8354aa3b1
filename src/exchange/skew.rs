//! Clock skew from the `Date` header of a reply. It is for display only: lifetimes are counted on the boot clock.

use std::time::{Duration, SystemTime};

/// The server's clock relative to this machine's wall clock, to about a second: `Date` has whole seconds.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Skew {
    /// Positive when the server is ahead.
    seconds: f64,
}

impl Skew {
    /// Returns the skew from a reply's `Date`. `sent` and `received` are by the wall clock of this machine.
    pub fn of(date: SystemTime, sent: SystemTime, received: SystemTime) -> Self {
        let middle = sent + received.duration_since(sent).unwrap_or_default() / 2;
        // `Date` is cut to the second, so it is half a second too early on average.
        let read = date + Duration::from_millis(500);
        let seconds = match read.duration_since(middle) {
            Ok(ahead) => ahead.as_secs_f64(),
            Err(behind) => -behind.duration().as_secs_f64(),
        };
        Self { seconds }
    }

    /// Returns the skew in seconds; positive when the server is ahead.
    pub fn seconds(self) -> f64 {
        self.seconds
    }

    /// Describes the skew, such as `2h ahead of`.
    pub fn words(self) -> String {
        let side = if self.seconds > 0.0 { "ahead of" } else { "behind" };
        let off = Duration::from_secs_f64(self.seconds.abs());
        let grain = if off.as_secs() < 10 { TENTH_MILLIS } else { SECOND_MILLIS };
        let millis = u64::try_from(off.as_millis()).unwrap_or(u64::MAX) / grain * grain;
        format!("{} {side}", humantime::format_duration(Duration::from_millis(millis)))
    }
}

const TENTH_MILLIS: u64 = 100;
const SECOND_MILLIS: u64 = 1000;

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    #[test]
    fn a_difference_is_counted_from_the_middle_of_the_exchange() {
        let at = |seconds| UNIX_EPOCH + Duration::from_secs_f64(seconds);
        for (date, sent, received, seconds, words) in [
            (1000.0, 1000.0, 1001.0, 0.0, "0s behind"),
            (1000.0, 999.0, 1010.0, -4.0, "4s behind"),
            (8200.0, 1000.0, 1001.0, 7200.0, "2h ahead of"),
            (1000.0, 8200.0, 8201.0, -7200.0, "2h behind"),
            // The wall clock was set back meanwhile.
            (1000.0, 1000.5, 900.0, 0.0, "0s behind"),
        ] {
            let skew = Skew::of(at(date), at(sent), at(received));
            assert!((skew.seconds() - seconds).abs() < 0.001, "{skew:?} instead of {seconds}");
            assert_eq!(skew.words(), words);
        }
    }
}
