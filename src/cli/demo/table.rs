//! The demo's table of credentials, drawn from a report for any width.

use std::time::{Duration, SystemTime};

use crate::{
    cli::terminal::{
        span::until,
        text::{Color, Line, Style},
    },
    status::{CredentialReport, Report},
};

/// Returns a headline and a line per credential that fit the width. Columns without room are left out.
pub(super) fn table(report: &Report, width: usize, style: Style) -> Vec<Line> {
    let layout = Layout::fitting(report, width);
    let headline = layout.line(|column, _| Line::new(Color::Faint, column.headline()));
    let cells = |credential| layout.line(|column, width| column.cell(report.at, credential, width, style));
    let lines = [headline].into_iter().chain(report.credentials.iter().map(cells));
    lines.map(|line| line.cut(width, style)).collect()
}

/// The visible columns from the left, with their widths.
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
            line = line.and(Color::Plain, if place == 0 { "" } else { GAP });
            line = if *column == Column::Exchanges {
                line.and(Color::Plain, padding).then(cell)
            } else {
                line.then(cell).and(Color::Plain, padding)
            };
        }
        line
    }
}

/// A column. The order of variants is the order on the screen.
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

    fn cell(self, now: SystemTime, credential: &CredentialReport, width: usize, style: Style) -> Line {
        let plain = |text: String| Line::new(Color::Plain, text).cut(width, style);
        match self {
            Self::Name => plain(credential.name.clone()),
            Self::Key => {
                let key = credential.token_key_fingerprint.as_deref().unwrap_or("-");
                plain(key.chars().take(KEY_DIGITS).collect())
            }
            Self::State => Line::new(Color::of_state(credential.state), credential.state),
            Self::TimeLeft => time_left(now, credential, width, style),
            Self::Renewal => plain(renewal(now, credential)),
            Self::Exchanges => plain(credential.exchanges.to_string()),
            Self::LastEvent => plain(credential.last_event.clone().unwrap_or_default()),
        }
    }
}

fn time_left(now: SystemTime, credential: &CredentialReport, width: usize, style: Style) -> Line {
    let bar_width = width.saturating_sub(LEFT + 1);
    let (Some(issued), Some(expires)) = (credential.issued_at, credential.expires_at) else {
        let (_, empty) = style.bar(Duration::ZERO, Duration::ZERO, bar_width);
        return Line::new(Color::Faint, empty).and(Color::Plain, format!("{:>1$}", "-", LEFT + 1));
    };
    let (left, life) = (until(now, expires), until(issued, expires));
    let (full, empty) = style.bar(left, life, bar_width);
    let number = if left.is_zero() { "-".to_owned() } else { seconds(left) };
    let number = format!("{number:>0$}", LEFT + 1);
    Line::new(Color::of_state(credential.state), full).and(Color::Faint, empty).and(Color::Plain, number)
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

/// Formats `7.2s`, rounded down, so that a lifetime is never overstated.
pub(super) fn seconds(span: Duration) -> String {
    format!("{}.{}s", span.as_secs(), span.subsec_millis() / 100)
}

/// The columns by importance. Columns that do not fit are left out from the end.
const BY_WEIGHT: [Column; 7] =
    [Column::Name, Column::State, Column::TimeLeft, Column::Renewal, Column::LastEvent, Column::Exchanges, Column::Key];
const GAP: &str = "  ";
const NAME_MAX: usize = 20;
const KEY_DIGITS: usize = 8;
const BAR_MIN: usize = 4;
const BAR_GROWTH_MAX: usize = 20;
const EVENT_GROWTH_MAX: usize = 15;
/// The width of a number of seconds such as `10.0s`.
const LEFT: usize = 5;

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::cli::terminal::samples::{at, failing, fresh, report, starting};

    pub(in crate::cli::demo) const PLAIN: Style = Style { colours: false, unicode: false };

    fn all() -> Report {
        let expired = CredentialReport { state: "expired", expires_at: Some(at(4.0)), ..failing("expired") };
        report(4.2, vec![fresh("billing"), failing("search"), starting("new"), expired])
    }

    fn drawn(width: usize, style: Style) -> String {
        let lines: Vec<_> =
            table(&all(), width, style).iter().map(|line| line.shown(style).trim_end().to_owned()).collect();
        lines.join("\n")
    }

    #[test]
    fn at_119_columns_there_is_everything() {
        insta::assert_snapshot!(drawn(119, PLAIN), @"
        credential  key       state     time left                       renewal   exchanges  last event
        billing     ba7816bf  fresh     #############...........  5.8s  now               4  renewed
        search      ba7816bf  failing   #############...........  5.8s  in 0.3s           5  refused: failed
        new         -         starting  ........................     -  now               0
        expired     ba7816bf  expired   ........................     -  in 0.3s           5  refused: failed
        ");
    }

    #[test]
    fn at_79_columns_the_key_is_left_out() {
        insta::assert_snapshot!(drawn(79, Style { unicode: true, ..PLAIN }), @"
        credential  state     time left            renewal   exchanges  last event
        billing     fresh     ███████▌░░░░░  5.8s  now               4  renewed
        search      failing   ███████▌░░░░░  5.8s  in 0.3s           5  refused: failed
        new         starting  ░░░░░░░░░░░░░     -  now               0
        expired     expired   ░░░░░░░░░░░░░     -  in 0.3s           5  refused: failed
        ");
    }

    #[test]
    fn at_39_columns_state_and_time_remain() {
        insta::assert_snapshot!(drawn(39, PLAIN), @"
        credential  state     time left
        billing     fresh     ######.....  5.8s
        search      failing   ######.....  5.8s
        new         starting  ...........     -
        expired     expired   ...........     -
        ");
    }

    #[test]
    fn green_is_fresh_magenta_is_failing_red_is_expired() {
        let shown = drawn(33, Style { colours: true, unicode: false });
        insta::assert_snapshot!(shown.replace('\x1b', "^"), @"
        ^[2mcredential^[0m  ^[2mstate^[0m     ^[2mtime left^[0m
        billing     ^[32mfresh^[0m     ^[32m##^[0m^[2m...^[0m  5.8s
        search      ^[35mfailing^[0m   ^[35m##^[0m^[2m...^[0m  5.8s
        new         starting  ^[2m.....^[0m     -
        expired     ^[31mexpired^[0m   ^[2m.....^[0m     -
        ");
    }

    #[test]
    fn no_width_is_too_small_or_exceeded() {
        for width in 0..200 {
            for line in table(&all(), width, PLAIN) {
                assert!(line.width() <= width, "{width}: {line:?}");
            }
        }
    }
}
