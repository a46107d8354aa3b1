//! Durations counted in buckets, for a histogram.

use std::time::Duration;

/// Durations, counted in buckets.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Durations {
    /// For each of [`DURATION_BOUNDS`], the number of durations up to it and above the previous one.
    pub counts: [u64; DURATION_BOUNDS.len()],
    /// The number of longer durations.
    pub longer: u64,
    /// The sum of all.
    pub sum: Duration,
}

impl Durations {
    /// Counts a duration.
    pub fn add(&mut self, took: Duration) {
        match DURATION_BOUNDS.iter().position(|bound| took.as_secs_f64() <= *bound) {
            Some(n) => self.counts[n] += 1,
            None => self.longer += 1,
        }
        self.sum = self.sum.saturating_add(took);
    }
}

/// The upper bounds of the buckets, in seconds. A request may take up to 300 s.
pub const DURATION_BOUNDS: [f64; 11] = [0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];
