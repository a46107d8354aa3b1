//! Limits lines that repeat: one cause, such as an outage, a full disk or a paused machine, makes the same line for many
//! credentials, and a bug may panic again and again. The first few lines are written, the others become one line with their
//! count. The pauses between such lines double while it goes on. Pure: time is an argument.

use std::time::Duration;

use tracing::Level;

use super::summary::Summary;
use crate::renewal::Moment;

/// The name of an event that is normal for each credential, such as a renewal: `info!(name: ROUTINE, …)`. A large fleet
/// logs thousands of them when it starts.
pub const ROUTINE: &str = "routine";

/// A line before it is written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// Where the source code logs it: the file and the line.
    pub site: (&'static str, u32),
    /// Its level.
    pub level: Level,
    /// The module that logs it.
    pub target: &'static str,
    /// Whether its name is [`ROUTINE`].
    pub is_routine: bool,
    /// The credential that it is about.
    pub credential: Option<String>,
    /// The class of the refusal that it is about.
    pub class: Option<String>,
    /// The message.
    pub message: String,
}

/// The limits of all lines.
#[derive(Debug)]
pub(super) struct Repeats {
    budgets: Vec<Budget>,
}

/// Lines that count as the same.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Kind {
    site: (&'static str, u32),
    /// What distinguishes lines of one site; `None` for all of them.
    text: Option<String>,
}

#[derive(Debug)]
struct Budget {
    kind: Kind,
    /// The lines that are written in one window.
    lines_max: u32,
    /// When the window began.
    began: Moment,
    written: u32,
    /// The credentials whose lines are written in this window; at most [`CREDENTIALS_MAX`].
    credentials: Vec<String>,
    held: Option<Held>,
    /// How long lines are collected for the next summary.
    pause: Duration,
}

/// Lines that wait for their summary.
#[derive(Debug)]
struct Held {
    since: Moment,
    first: Line,
    lines: u64,
    credentials: Vec<String>,
    has_more_credentials: bool,
}

impl Repeats {
    pub(super) const fn new() -> Self {
        Self { budgets: Vec::new() }
    }

    /// Notes a line. Returns whether to write it now; if not, a summary follows.
    pub(super) fn admit(&mut self, now: Moment, line: &Line) -> bool {
        let site_max = match (line.is_routine, &line.credential) {
            (true, _) => ROUTINE_LINES_MAX,
            (false, Some(_)) => return self.spend(now, line, line.class.clone(), SAME_LINES_MAX),
            (false, None) => SITE_LINES_MAX,
        };
        (line.is_routine || self.spend(now, line, Some(line.message.clone()), SAME_LINES_MAX))
            && self.spend(now, line, None, site_max)
    }

    fn spend(&mut self, now: Moment, line: &Line, text: Option<String>, lines_max: u32) -> bool {
        let kind = Kind { site: line.site, text };
        let known = self.budgets.iter().position(|budget| budget.kind == kind);
        let place = known.unwrap_or_else(|| {
            self.budgets.retain(|budget| !budget.is_over(now));
            // More kinds than that differ in their text: the budget of the site counts.
            let text = kind.text.filter(|_| self.budgets.len() < KINDS_MAX);
            let kind = Kind { site: kind.site, text };
            self.budgets.iter().position(|budget| budget.kind == kind).unwrap_or_else(|| {
                self.budgets.push(Budget::new(now, kind, lines_max));
                self.budgets.len() - 1
            })
        });
        self.budgets.get_mut(place).is_none_or(|budget| budget.spend(now, line))
    }

    /// When the next summary is due.
    pub(super) fn next_due(&self) -> Option<Moment> {
        self.budgets.iter().filter_map(Budget::due).min()
    }

    /// Takes the summaries that are due.
    pub(super) fn take_due(&mut self, now: Moment) -> Vec<Summary> {
        self.take(now, |budget| budget.due().is_some_and(|due| due <= now))
    }

    /// Takes every summary, because the process ends.
    pub(super) fn take_all(&mut self, now: Moment) -> Vec<Summary> {
        self.take(now, |_| true)
    }

    fn take(&mut self, now: Moment, is_wanted: impl Fn(&Budget) -> bool) -> Vec<Summary> {
        self.budgets
            .iter_mut()
            .filter(|budget| is_wanted(budget))
            .filter_map(|budget| budget.take_summary(now))
            .collect()
    }
}

impl Budget {
    fn new(now: Moment, kind: Kind, lines_max: u32) -> Self {
        Self { kind, lines_max, began: now, written: 0, credentials: Vec::new(), held: None, pause: PAUSE_MIN }
    }

    /// Whether the window has ended without a held line.
    fn is_over(&self, now: Moment) -> bool {
        self.held.is_none() && now.since(self.began) >= WINDOW.max(self.pause)
    }

    fn spend(&mut self, now: Moment, line: &Line) -> bool {
        if self.is_over(now) {
            (self.began, self.written, self.pause) = (now, 0, PAUSE_MIN);
            self.credentials.clear();
        }
        if self.written < self.lines_max && self.is_written(line) {
            self.written += 1;
            return true;
        }
        let held = self.held.get_or_insert_with(|| Held::new(now, line.clone()));
        held.add(line);
        false
    }

    /// Whether a line is about one of the first credentials, whose later lines, with other reasons, are written too; or about none.
    fn is_written(&mut self, line: &Line) -> bool {
        let Some(credential) = line.credential.as_ref().filter(|_| !line.is_routine) else { return true };
        if self.credentials.contains(credential) {
            return true;
        }
        let has_room = self.credentials.len() < CREDENTIALS_MAX;
        if has_room {
            self.credentials.push(credential.clone());
        }
        has_room
    }

    fn due(&self) -> Option<Moment> {
        self.held.as_ref().map(|held| held.since + self.pause)
    }

    /// The next window begins with the summary, and has no budget: lines that come in it are the same trouble.
    fn take_summary(&mut self, now: Moment) -> Option<Summary> {
        let summary = self.held.take()?.summary();
        self.began = now;
        self.pause = (self.pause * 2).min(PAUSE_MAX);
        Some(summary)
    }
}

impl Held {
    fn new(now: Moment, first: Line) -> Self {
        Self { since: now, first, lines: 0, credentials: Vec::new(), has_more_credentials: false }
    }

    fn add(&mut self, line: &Line) {
        self.lines += 1;
        let Some(credential) = &line.credential else { return };
        if self.credentials.contains(credential) {
            return;
        }
        if self.credentials.len() < NAMES_MAX {
            self.credentials.push(credential.clone());
        } else {
            self.has_more_credentials = true;
        }
    }

    fn summary(self) -> Summary {
        let Self { first, lines, mut credentials, has_more_credentials, .. } = self;
        if has_more_credentials {
            credentials.push("…".to_owned());
        }
        Summary {
            level: first.level,
            target: first.target,
            message: format!("{lines} more like this: {}", first.message),
            suppressed: lines,
            credentials: (!credentials.is_empty()).then(|| credentials.join(", ")),
        }
    }
}

/// After this long without the same trouble its lines are written again.
const WINDOW: Duration = Duration::from_secs(30);
/// How long lines are collected for the first summary: longer than one cause needs to reach most credentials.
const PAUSE_MIN: Duration = Duration::from_secs(2);
/// How long lines are collected if the trouble does not end.
const PAUSE_MAX: Duration = Duration::from_secs(10 * 60);
/// The credentials whose lines from one site are written, in one window.
const CREDENTIALS_MAX: usize = 3;
/// Lines about them, or other lines with one text, in one window. A person who repairs a file step by step reads each reason.
const SAME_LINES_MAX: u32 = 10;
/// Other lines from one site, in one window.
const SITE_LINES_MAX: u32 = 100;
/// Routine lines from one site, in one window.
const ROUTINE_LINES_MAX: u32 = 5000;
/// The most kinds of lines that are told apart.
const KINDS_MAX: usize = 256;
/// The credentials that a summary names.
const NAMES_MAX: usize = 8;

#[cfg(test)]
mod tests;
