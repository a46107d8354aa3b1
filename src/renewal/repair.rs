//! The pace of repairs: files that another program has changed are repaired at once, and a conflict over them slows down.

use std::time::Duration;

use super::moment::Moment;

/// How often the files were repaired lately.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Repairs {
    /// When the last repair was due.
    last: Option<Moment>,
    /// The number of repairs before it without a calm period between them.
    in_a_row: u32,
}

impl Repairs {
    /// When to repair files that were found changed now: at once after a calm, and later with each repair in a row, because the
    /// other program will change them again.
    pub(super) fn next(&mut self, now: Moment) -> Moment {
        let calm = self.last.is_none_or(|last| last + CALM <= now);
        self.in_a_row = if calm { 0 } else { self.in_a_row.saturating_add(1) };
        let wait = match self.in_a_row {
            0 => Duration::ZERO,
            before => FIRST_WAIT.saturating_mul(1 << (before - 1).min(DOUBLINGS_MAX)).min(WAIT_MAX),
        };
        let at = now + wait;
        self.last = Some(at);
        at
    }

    /// Whether another program changes the files again and again.
    pub(super) fn is_a_fight(&self) -> bool {
        self.in_a_row >= FIGHT
    }
}

/// After this time without a repair, the next one counts as the first. It is longer than the longest wait, so a
/// conflict that was slowed down still counts as one.
const CALM: Duration = Duration::from_secs(120);
const FIRST_WAIT: Duration = Duration::from_secs(1);
const WAIT_MAX: Duration = Duration::from_secs(60);
const DOUBLINGS_MAX: u32 = 16;
/// A person who edits a file does not come back so often.
const FIGHT: u32 = 2;
