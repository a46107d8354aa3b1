//! Durations counted in buckets, for a histogram.

use std::time::Duration;

/// How long something took, counted in buckets.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Durations {
    /// How many took at most as long as each of [`DURATION_BOUNDS`], and not as long as the one before.
    pub counts: [u64; DURATION_BOUNDS.len()],
    /// How many took longer.
    pub longer: u64,
    /// All of them together.
    pub sum: Duration,
}

impl Durations {
    /// Counts one.
    pub fn add(&mut self, took: Duration) {
        match DURATION_BOUNDS.iter().position(|bound| took.as_secs_f64() <= *bound) {
            Some(n) => self.counts[n] += 1,
            None => self.longer += 1,
        }
        self.sum = self.sum.saturating_add(took);
    }
}

/// Seconds; a request may take 300.
pub const DURATION_BOUNDS: [f64; 11] = [0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];
