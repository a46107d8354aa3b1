//! The sandbox's own clock, which tests can advance and offset without touching the machine's.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The only place in the sandbox that reads the machine's clocks.
pub(super) struct Clock {
    started: Instant,
    advanced: Duration,
}

impl Clock {
    #[expect(clippy::disallowed_methods, reason = "the sandbox plays another machine, which has a clock of its own")]
    pub(super) fn start() -> Self {
        Self { started: Instant::now(), advanced: Duration::ZERO }
    }

    /// Returns real time since the start, without advances; used for arrival times.
    #[expect(clippy::disallowed_methods, reason = "the sandbox plays another machine, which has a clock of its own")]
    pub(super) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Returns the sandbox's time since the start, with advances; used for rate limits.
    pub(super) fn now(&self) -> Duration {
        self.elapsed().saturating_add(self.advanced)
    }

    /// Returns the sandbox's wall clock in Unix seconds, limited to what an HTTP date can express.
    #[expect(clippy::disallowed_methods, reason = "the sandbox plays another machine, which has a clock of its own")]
    pub(super) fn unix_seconds(&self, offset_seconds: i64) -> u64 {
        let real = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let advanced = real.saturating_add(self.advanced).as_secs();
        advanced.saturating_add_signed(offset_seconds).min(HTTP_DATE_SECONDS_MAX)
    }

    pub(super) fn advance(&mut self, by: Duration) {
        self.advanced = self.advanced.saturating_add(by);
    }
}

/// 9999-12-31T23:59:59Z: `httpdate` panics beyond it.
const HTTP_DATE_SECONDS_MAX: u64 = 253_402_300_799;
