//! Limits log lines that others can cause at any rate, by signals or by a file: a line that repeats within seconds is
//! counted, and the next line says how many were suppressed.

use std::{mem, time::Duration};

use crate::renewal::Moment;

/// The throttle of one kind of line.
#[derive(Clone, Debug, Default)]
pub(super) struct LogThrottle {
    last: Option<(String, Moment)>,
    suppressed: u64,
}

/// Whether to write a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Emit {
    /// Write it. So many were suppressed before, if any.
    Now(Option<u64>),
    Suppress,
}

impl LogThrottle {
    /// Notes a line. The same text is written again after [`EMIT_AGAIN`]; another text at once.
    pub(super) fn note(&mut self, now: Moment, text: &str) -> Emit {
        if let Some((text_before, at)) = &self.last
            && text_before == text
            && now.since(*at) < EMIT_AGAIN
        {
            self.suppressed += 1;
            return Emit::Suppress;
        }
        let suppressed = self.reset();
        self.last = Some((text.to_owned(), now));
        Emit::Now(suppressed)
    }

    /// Notes another line of this kind, which is written in any case. Returns how many were suppressed, if any.
    pub(super) fn reset(&mut self) -> Option<u64> {
        let Self { suppressed, .. } = mem::take(self);
        (suppressed > 0).then_some(suppressed)
    }
}

/// Less than a person waits before trying again.
const EMIT_AGAIN: Duration = Duration::from_secs(3);

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Moment {
        Moment::default() + Duration::from_millis(millis)
    }

    #[test]
    fn a_burst_is_logged_first_and_then_every_three_seconds() {
        let mut storm = LogThrottle::default();
        assert_eq!(storm.note(at(0), "asked"), Emit::Now(None));
        for n in 1..=299 {
            assert_eq!(storm.note(at(n * 5), "asked"), Emit::Suppress);
        }
        assert_eq!(storm.note(at(2_999), "asked"), Emit::Suppress);
        assert_eq!(storm.note(at(3_000), "asked"), Emit::Now(Some(300)));
        assert_eq!(storm.note(at(3_001), "asked"), Emit::Suppress);
        assert_eq!(storm.note(at(3_600_000), "asked"), Emit::Now(Some(1)));
    }

    #[test]
    fn a_line_a_minute_is_always_emitted() {
        let mut storm = LogThrottle::default();
        assert!((0..60).all(|minute| storm.note(at(minute * 60_000), "asked") == Emit::Now(None)));
    }

    #[test]
    fn a_different_line_is_emitted_at_once() {
        let mut storm = LogThrottle::default();
        assert_eq!(storm.note(at(0), "no such field"), Emit::Now(None));
        assert_eq!(storm.note(at(1), "no such field"), Emit::Suppress);
        assert_eq!(storm.note(at(2), "no such file"), Emit::Now(Some(1)));
        assert_eq!(storm.note(at(3), "no such field"), Emit::Now(None), "it is so again");
        assert_eq!(storm.note(at(4), "no such field"), Emit::Suppress);
        assert_eq!(storm.reset(), Some(1));
        assert_eq!(storm.reset(), None);
        assert_eq!(storm.note(at(5), "no such field"), Emit::Now(None));
    }
}
