//! The rate limit: a number of exchanges per window for the whole sandbox, as Descope counts per address.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::values::{self, Malformed};

/// A number of exchanges per window, written `100/60s`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RateLimit {
    /// The number of exchanges allowed in one window, at least 1.
    pub exchanges: u32,
    /// The length of a window, from its first exchange.
    pub window: Duration,
}

impl FromStr for RateLimit {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let read = || {
            let (exchanges, window) = text.split_once('/')?;
            let exchanges = exchanges.trim().parse().ok().filter(|exchanges| *exchanges > 0)?;
            let window = values::duration(window.trim()).ok().filter(|window| !window.is_zero())?;
            Some(Self { exchanges, window })
        };
        read().ok_or(Malformed::RateLimit)
    }
}

impl fmt::Display for RateLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.exchanges, values::formatted(self.window))
    }
}

/// The current window, if there is one.
#[derive(Default)]
pub(super) struct Window {
    opened: Option<Duration>,
    admitted: u32,
}

impl Window {
    /// Admits an exchange, or returns the whole seconds until the next window.
    pub(super) fn admit(&mut self, limit: RateLimit, now: Duration) -> Result<(), u64> {
        let over = |opened: Duration| now.saturating_sub(opened) >= limit.window;
        let opened = match self.opened {
            Some(opened) if !over(opened) => opened,
            Some(_) | None => {
                *self = Self { opened: Some(now), admitted: 0 };
                now
            }
        };
        if self.admitted < limit.exchanges {
            self.admitted += 1;
            return Ok(());
        }
        let left = limit.window.saturating_sub(now.saturating_sub(opened));
        Err(left.as_secs() + u64::from(left.subsec_nanos() > 0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_begins_with_its_first_exchange_and_rounds_waits_up() {
        let limit: RateLimit = "2/60s".parse().unwrap();
        let mut window = Window::default();
        assert_eq!(window.admit(limit, Duration::from_secs(100)), Ok(()));
        assert_eq!(window.admit(limit, Duration::from_secs(110)), Ok(()));
        assert_eq!(window.admit(limit, Duration::from_secs(110)), Err(50));
        assert_eq!(window.admit(limit, Duration::from_millis(159_999)), Err(1));
        assert_eq!(window.admit(limit, Duration::from_secs(160)), Ok(()));
        assert_eq!(window.admit(limit, Duration::from_secs(161)), Ok(()));
        assert_eq!(window.admit(limit, Duration::from_secs(161)), Err(59));
    }

    #[test]
    fn a_limit_of_zero_exchanges_or_zero_time_is_refused() {
        for text in ["0/60s", "5/0s", "5", "5/", "/60s", "-1/60s", "5/60"] {
            assert!(text.parse::<RateLimit>().is_err(), "{text}");
        }
    }
}
