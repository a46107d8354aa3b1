//! Accesses to files that hang: which are known, and how they are called in the log and in the status.

use std::{collections::BTreeMap, path::Path, time::Duration};

use super::span;
use crate::{
    blocking::{Access, HANG_AFTER, Hang},
    renewal::Moment,
};

/// The accesses that hang, by the number that each has.
#[derive(Debug, Default)]
pub(super) struct HangMonitor {
    known: BTreeMap<u64, Hang>,
}

/// What has changed since the last look.
#[derive(Debug, Default)]
pub(super) struct HangChanges {
    pub(super) began: Vec<Hang>,
    pub(super) ended: Vec<Hang>,
}

impl HangMonitor {
    /// Takes over the accesses that hang now.
    pub(super) fn update(&mut self, current: BTreeMap<u64, Hang>) -> HangChanges {
        let is_new = |(number, hang): (&u64, &Hang)| (!self.known.contains_key(number)).then(|| hang.clone());
        let began = current.iter().filter_map(is_new).collect();
        let has_ended = |(number, hang): (&u64, &Hang)| (!current.contains_key(number)).then(|| hang.clone());
        let ended = self.known.iter().filter_map(has_ended).collect();
        self.known = current;
        HangChanges { began, ended }
    }

    /// Whether a write to this file hangs.
    pub(super) fn is_writing(&self, path: &Path) -> bool {
        self.known.values().any(|hang| hang.access() == Access::Write && hang.path() == path)
    }

    /// A line for each of them that is not about one of these outputs.
    pub(super) fn lines(&self, is_output: impl Fn(&Path) -> bool) -> Vec<String> {
        let others = self.known.values().filter(|hang| hang.access() == Access::Read || !is_output(hang.path()));
        others.take(NAMED_MAX).map(hangs).collect()
    }

    /// When the next look is due: if another access may count as hanging by then. `next_in` is how long that takes, and
    /// `is_working` says whether any task may begin one.
    pub(super) fn due(now: Moment, next_in: Option<Duration>, is_working: bool) -> Option<Moment> {
        next_in.or_else(|| is_working.then_some(HANG_AFTER)).map(|left| now + left)
    }
}

/// One line for the status.
pub(super) fn hangs(hang: &Hang) -> String {
    let (what, path) = (what(hang), hang.path().display());
    format!("{what} `{path}` hangs; does its disk respond?")
}

/// One line for the log on accesses that have begun to hang.
pub(super) fn began(hang: &Hang, now: Duration) -> String {
    let (what, path, span) = (what(hang), hang.path().display(), lasts(hang, now));
    format!("{what} `{path}` has been hanging for {span}; does its disk respond? see the kernel's log")
}

/// One line for the log on an access that has ended.
pub(super) fn ended(hang: &Hang, now: Duration) -> String {
    let (what, path, span) = (what(hang), hang.path().display(), lasts(hang, now));
    format!("{what} `{path}` has ended after it had been hanging for {span}")
}

fn what(hang: &Hang) -> &'static str {
    match hang.access() {
        Access::Read => "a read of",
        Access::Write => "a write to",
    }
}

/// Such as `30 s`; in larger units from two minutes on.
fn lasts(hang: &Hang, now: Duration) -> String {
    let span = hang.lasts(now);
    if span < SECONDS_UNTIL { format!("{} s", span.as_secs()) } else { span::words(span) }
}

/// More are counted and not named: a disk with many files hangs for all of them.
pub(super) const NAMED_MAX: usize = 5;
const SECONDS_UNTIL: Duration = Duration::from_secs(120);
