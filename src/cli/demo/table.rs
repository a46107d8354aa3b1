//! The table of credentials, drawn from a report for any width.

use std::time::{Duration, SystemTime};

use super::text::{Line, Looks, Tone};
use crate::status::{CredentialReport, Report};

/// A headline and a line for each credential, none wider than told. Columns that there is no room for are left out.
pub(super) fn table(report: &Report, width: usize, looks: Looks) -> Vec<Line> {
    let layout = Layout::fitting(report, width);
    let headline = layout.line(|column, _| Line::new(Tone::Faint, column.headline()));
    let cells = |credential| layout.line(|column, width| column.cell(report.at, credential, width, looks));
    let lines = [headline].into_iter().chain(report.credentials.iter().map(cells));
    lines.map(|line| line.cut(width, looks)).collect()
}

/// The columns that are shown, from the left, and how wide each is.
struct Layout(Vec<(Column, usize)>);

impl Layout {
    fn fitting(report: &Report, width: usize) -> Self {
        let mut shown: Vec<(Column, usize)> = Vec::new();
        let mut left = width + GAP.len();
        for column in BY_WEIGHT {
            let least = column.width_min(report);
            if shown.is_empty() || left >= least + GAP.len() {
                left = left.saturating_sub(least + GAP.len());
                shown.push((column, least));
            } else {
                break;
            }
        }
        for (grows, by_max) in [(Column::TimeLeft, BAR_GROWTH_MAX), (Column::LastEvent, EVENT_GROWTH_MAX)] {
            if let Some((_, width)) = shown.iter_mut().find(|(column, _)| *column == grows) {
                let by = left.min(by_max);
                *width += by;
                left -= by;
            }
        }
        shown.sort_by_key(|(column, _)| *column);
        Self(shown)
    }

    fn line(&self, cell: impl Fn(Column, usize) -> Line) -> Line {
        let mut line = Line::default();
        for (place, (column, width)) in self.0.iter().enumerate() {
            let cell = cell(*column, *width);
            let padding = " ".repeat(width.saturating_sub(cell.width()));
            line = line.and(Tone::Plain, if place == 0 { "" } else { GAP });
            line = if *column == Column::Exchanges {
                line.and(Tone::Plain, padding).then(cell)
            } else {
                line.then(cell).and(Tone::Plain, padding)
            };
        }
        line
    }
}

/// A column. Their order is that on the screen.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Column {
    Name,
    Key,
    State,
    TimeLeft,
    Renewal,
    Exchanges,
    LastEvent,
}

impl Column {
    fn headline(self) -> &'static str {
        match self {
            Self::Name => "credential",
            Self::Key => "key",
            Self::State => "state",
            Self::TimeLeft => "time left",
            Self::Renewal => "renewal",
            Self::Exchanges => "exchanges",
            Self::LastEvent => "last event",
        }
    }

    fn width_min(self, report: &Report) -> usize {
        match self {
            Self::Name => {
                let names = report.credentials.iter().map(|credential| credential.name.len());
                names.max().unwrap_or(0).clamp(self.headline().len(), NAME_MAX)
            }
            Self::Key => KEY_DIGITS,
            Self::State | Self::Renewal => 8,
            Self::TimeLeft => BAR_MIN + 1 + LEFT,
            Self::Exchanges => self.headline().len(),
            Self::LastEvent => 15,
        }
    }

    fn cell(self, now: SystemTime, credential: &CredentialReport, width: usize, looks: Looks) -> Line {
        let plain = |text: String| Line::new(Tone::Plain, text).cut(width, looks);
        match self {
            Self::Name => plain(credential.name.clone()),
            Self::Key => {
                let key = credential.token_key_fingerprint.as_deref().unwrap_or("-");
                plain(key.chars().take(KEY_DIGITS).collect())
            }
            Self::State => Line::new(tone(credential.state), credential.state),
            Self::TimeLeft => time_left(now, credential, width, looks),
            Self::Renewal => plain(renewal(now, credential)),
            Self::Exchanges => plain(credential.exchanges.to_string()),
            Self::LastEvent => plain(credential.last_event.clone().unwrap_or_default()),
        }
    }
}

/// The state's colour.
pub(super) fn tone(state: &str) -> Tone {
    match state {
        "fresh" => Tone::Good,
        "failing" => Tone::Poor,
        "expired" => Tone::Bad,
        _ => Tone::Plain,
    }
}

fn time_left(now: SystemTime, credential: &CredentialReport, width: usize, looks: Looks) -> Line {
    let bar_width = width.saturating_sub(LEFT + 1);
    let (left, life) = match (credential.issued_at, credential.expires_at) {
        (Some(issued), Some(expires)) => (until(now, expires), until(issued, expires)),
        (_, _) => {
            let (_, empty) = looks.bar(Duration::ZERO, Duration::ZERO, bar_width);
            return Line::new(Tone::Faint, empty).and(Tone::Plain, format!("{:>1$}", "-", LEFT + 1));
        }
    };
    let (full, empty) = looks.bar(left, life, bar_width);
    let number = format!("{:>1$}", seconds(left), LEFT + 1);
    Line::new(tone(credential.state), full).and(Tone::Faint, empty).and(Tone::Plain, number)
}

fn renewal(now: SystemTime, credential: &CredentialReport) -> String {
    let Some(next) = &credential.next_action else { return "-".to_owned() };
    match (next.what, next.at.map(|at| until(now, at))) {
        ("exchange", Some(wait)) if wait.is_zero() => "now".to_owned(),
        ("exchange", Some(wait)) => format!("in {}", seconds(wait)),
        ("exchange", None) => "-".to_owned(),
        ("publish", _) => "writing".to_owned(),
        ("withdraw", _) => "removing".to_owned(),
        (_, _) => "no key".to_owned(),
    }
}

/// From one time to another, zero if that has passed.
pub(super) fn until(now: SystemTime, then: SystemTime) -> Duration {
    then.duration_since(now).unwrap_or_default()
}

/// `7.2s`, rounded down: nothing is said to live longer than it does.
pub(super) fn seconds(span: Duration) -> String {
    format!("{}.{}s", span.as_secs(), span.subsec_millis() / 100)
}

/// The columns from the one that matters most. Those that do not fit are left out from the end.
const BY_WEIGHT: [Column; 7] =
    [Column::Name, Column::State, Column::TimeLeft, Column::Renewal, Column::LastEvent, Column::Exchanges, Column::Key];
const GAP: &str = "  ";
const NAME_MAX: usize = 20;
const KEY_DIGITS: usize = 8;
const BAR_MIN: usize = 8;
const BAR_GROWTH_MAX: usize = 16;
const EVENT_GROWTH_MAX: usize = 15;
/// The columns of a number of seconds such as `10.0s`.
const LEFT: usize = 5;
