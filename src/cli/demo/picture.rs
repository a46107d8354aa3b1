//! The live picture: the table, what was said last, and what to do beside, fitted to the terminal.

use std::time::Duration;

use super::{
    reader::Tally,
    screen::Size,
    summary::{faults, grouped},
    table::{seconds, table},
    text::{Line, Looks, Tone, wrapped},
};
use crate::status::Report;

/// What was said, and when after the start.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Said {
    pub(super) at: Duration,
    pub(super) tone: Tone,
    pub(super) text: String,
}

/// All that is in the picture.
pub(super) struct Picture<'a> {
    pub(super) elapsed: Duration,
    pub(super) api_is_down: bool,
    pub(super) report: &'a Report,
    /// The oldest first.
    pub(super) said: &'a [Said],
    pub(super) tally: Tally,
    /// A command that shows the files, for another terminal.
    pub(super) look: &'a str,
}

impl Picture<'_> {
    /// Draws it: no line is too wide, and there are not too many. Where rows are few, the table matters most.
    pub(super) fn lines(&self, size: Size, looks: Looks) -> Vec<Line> {
        let (width, rows) = (size.columns, size.rows);
        let mut lines = vec![self.title().cut(width, looks), Line::default()];
        lines.extend(table(self.report, width, looks));
        lines.push(Line::default());
        let foot = self.foot(width, looks);
        let whole = lines.len() + foot.len() + 1 + SAID_LINES_MIN <= rows;
        let room = rows.saturating_sub(lines.len() + if whole { foot.len() + 1 } else { 0 });
        lines.extend(self.said_last(width, room.min(SAID_LINES_MAX)));
        if whole {
            lines.push(Line::default());
            lines.extend(foot);
        }
        lines.truncate(rows);
        lines
    }

    fn title(&self) -> Line {
        let (tone, api) = if self.api_is_down { (Tone::Bad, "down") } else { (Tone::Good, "up") };
        Line::new(Tone::Strong, "tokenwell demo")
            .and(Tone::Plain, format!("  {:>6}  API: ", seconds(self.elapsed)))
            .and(tone, api)
    }

    fn said_last(&self, width: usize, rows: usize) -> Vec<Line> {
        let mut lines: Vec<Line> = Vec::new();
        for said in self.said.iter().rev().take(rows) {
            let stamp = format!("{:>1$}  ", seconds(said.at), STAMP);
            let texts = wrapped(&said.text, width.saturating_sub(stamp.len()));
            let stamps = [stamp.clone()].into_iter().chain(std::iter::repeat(" ".repeat(stamp.len())));
            let block = stamps.zip(texts).map(|(stamp, text)| Line::new(Tone::Faint, stamp).and(said.tone, text));
            lines.splice(0..0, block);
        }
        lines.split_off(lines.len().saturating_sub(rows))
    }

    fn foot(&self, width: usize, looks: Looks) -> Vec<Line> {
        let looks_so_far = format!("a reader has looked at the files {} times: ", grouped(self.tally.looks));
        let verdict = if self.tally.faults() == 0 {
            (Tone::Good, "always a whole, live token".to_owned())
        } else {
            (Tone::Bad, faults(self.tally))
        };
        let reader = Line::new(Tone::Plain, looks_so_far).and(verdict.0, verdict.1).cut(width, looks);
        let look = wrapped(&format!("look yourself:  {}", self.look), width);
        let mut lines = vec![reader];
        lines.extend(look.into_iter().map(|line| Line::new(Tone::Plain, line)));
        lines.push(Line::new(Tone::Plain, "Ctrl-C ends it").cut(width, looks));
        lines
    }
}

const SAID_LINES_MIN: usize = 3;
const SAID_LINES_MAX: usize = 10;
const STAMP: usize = 6;
