//! The number of a credential's token on disk, by which clients ask for a newer one.
//!
//! The number grows when readers find a newer token in at least one output. It grows again when an output that could not be written
//! takes the same token later, so that the readers of that output learn of it too. A repair changes nothing.

use std::time::Duration;

use crate::{fingerprint::Fingerprint, state};

/// The number of the token that was written last.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(in crate::daemon) struct TokenGeneration {
    /// The number; zero before the first write.
    last: u64,
    /// The token that has the number.
    token: Option<Fingerprint>,
    /// Whether every output holds that token.
    is_whole: bool,
    /// Whether at least one output holds it.
    is_on_disk: bool,
}

impl TokenGeneration {
    /// Takes over the number that an earlier process gave to a token that no output holds any more.
    pub(super) fn recall(&mut self, last: u64) {
        self.last = self.last.max(last);
    }

    /// Takes over a token with its number; `is_whole` says whether every output holds it.
    pub(super) fn adopt(&mut self, token: Fingerprint, number: u64, is_whole: bool) {
        *self = Self { last: number, token: Some(token), is_whole, is_on_disk: true };
    }

    /// Notes that no output holds the token any more.
    pub(super) fn withdraw(&mut self) {
        self.is_on_disk = false;
    }

    /// Notes that the outputs are others.
    pub(super) fn outputs_changed(&mut self) {
        self.is_whole = false;
    }

    /// The number of the token on disk, if there is one.
    pub(in crate::daemon) fn on_disk(self) -> Option<u64> {
        self.is_on_disk.then_some(self.last)
    }

    /// The number that was given last; zero if there is none.
    pub(in crate::daemon) fn last(self) -> u64 {
        self.last
    }

    /// Returns the number after a write of a token. `is_touched` says whether it changed any output, `wall` is the wall clock, since
    /// the Unix epoch: after a loss of the state, a number is still greater than all before, unless the clock was set back.
    pub(in crate::daemon) fn after_write(self, token: Fingerprint, is_touched: bool, wall: Duration) -> u64 {
        let is_news = self.token != Some(token) || is_touched && !self.is_whole || !self.is_on_disk;
        if is_news { state::generation_at(wall).max(self.last.saturating_add(1)) } else { self.last }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Fingerprint = Fingerprint::new([1; 8]);
    const B: Fingerprint = Fingerprint::new([2; 8]);

    fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn of(token: Fingerprint, number: u64, is_whole: bool) -> TokenGeneration {
        let mut generation = TokenGeneration::default();
        generation.adopt(token, number, is_whole);
        generation
    }

    #[test]
    fn a_newer_token_has_a_greater_number_on_any_clock() {
        let first = TokenGeneration::default();
        assert_eq!((first.on_disk(), first.after_write(A, true, millis(5000))), (None, 5000));
        for (clock, number) in
            [(millis(6000), 6000), (millis(5000), 5001), (millis(1), 5001), (Duration::MAX, u64::MAX)]
        {
            assert_eq!(of(A, 5000, true).after_write(B, true, clock), number, "{clock:?}");
        }
        assert_eq!(of(A, u64::MAX, true).after_write(B, true, millis(1)), u64::MAX, "no panic");
    }

    #[test]
    fn a_repair_keeps_the_number_and_a_late_output_does_not() {
        assert_eq!(of(A, 7, true).after_write(A, true, millis(9)), 7, "a file was repaired");
        assert_eq!(of(A, 7, false).after_write(A, false, millis(9)), 7, "the failing output failed again");
        assert_eq!(of(A, 7, false).after_write(A, true, millis(9)), 9, "the failing output took it");
        let mut moved = of(A, 7, true);
        moved.outputs_changed();
        assert_eq!(moved.after_write(A, true, millis(9)), 9, "a new output took it");
    }

    #[test]
    fn a_removed_token_has_no_number_and_the_next_is_greater() {
        let mut generation = of(A, 7000, true);
        generation.withdraw();
        assert_eq!((generation.on_disk(), generation.last()), (None, 7000));
        assert_eq!(generation.after_write(B, true, millis(1)), 7001);
        let mut lost = TokenGeneration::default();
        lost.recall(7000);
        assert_eq!((lost.on_disk(), lost.after_write(B, true, millis(1))), (None, 7001));
    }
}
