//! The live picture: the table, what was said last, and what to do beside, fitted to the terminal.

use std::time::Duration;

use super::{
    reader::Tally,
    summary::{faults, grouped},
    table::{seconds, table},
};
use crate::{
    cli::terminal::{
        screen::Size,
        text::{Color, Line, Style, wrapped},
    },
    status::Report,
};

/// What was said, and when after the start.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Said {
    pub(super) at: Duration,
    pub(super) color: Color,
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
    /// A command that shows the files, for another terminal; none when the demo is over.
    pub(super) look: Option<&'a str>,
}

impl Picture<'_> {
    /// Draws it: no line is too wide, and there are not too many. Where rows are few, the table matters most.
    pub(super) fn lines(&self, size: Size, style: Style) -> Vec<Line> {
        let (width, rows) = (size.columns, size.rows);
        let mut lines = vec![self.title().cut(width, style), Line::default()];
        lines.extend(table(self.report, width, style));
        lines.push(Line::default());
        let foot = self.foot(width);
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
        let (color, api) = if self.api_is_down { (Color::Bad, "down") } else { (Color::Good, "up") };
        Line::new(Color::Strong, "tokenwell demo")
            .and(Color::Plain, format!("  {:>6}  API: ", seconds(self.elapsed)))
            .and(color, api)
    }

    /// As much of what was said last as fits, nothing of it by half.
    fn said_last(&self, width: usize, rows: usize) -> Vec<Line> {
        let mut lines: Vec<Line> = Vec::new();
        for said in self.said.iter().rev() {
            let stamp = format!("{:>1$}  ", seconds(said.at), STAMP);
            let texts = wrapped(&said.text, width.saturating_sub(stamp.len()));
            if lines.len() + texts.len() > rows {
                break;
            }
            let stamps = [stamp.clone()].into_iter().chain(std::iter::repeat(" ".repeat(stamp.len())));
            let block = stamps.zip(texts).map(|(stamp, text)| Line::new(Color::Faint, stamp).and(said.color, text));
            lines.splice(0..0, block);
        }
        lines
    }

    fn foot(&self, width: usize) -> Vec<Line> {
        let (color, found) = match (self.tally.reads, self.tally.faults()) {
            (0, _) => (Color::Plain, "no token yet".to_owned()),
            (_, 0) => (Color::Good, "always a whole, live token".to_owned()),
            (_, _) => (Color::Bad, faults(self.tally)),
        };
        let mut foot = vec![(color, format!("a reader beside: {} reads, {found}", grouped(self.tally.reads)))];
        if let Some(look) = self.look {
            foot.push((Color::Plain, format!("look yourself: {look}")));
            foot.push((Color::Plain, "end it: Ctrl-C".to_owned()));
        }
        let lines =
            foot.iter().flat_map(|(color, text)| wrapped(text, width).into_iter().map(|line| Line::new(*color, line)));
        lines.collect()
    }
}

const SAID_LINES_MIN: usize = 3;
const SAID_LINES_MAX: usize = 10;
const STAMP: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{
        demo::table::tests::PLAIN,
        terminal::samples::{failing, fresh, report},
    };

    fn drawn(columns: usize, rows: usize) -> String {
        let said = |at, text: &str| Said { at: Duration::from_millis(at), color: Color::Plain, text: text.to_owned() };
        let picture = Picture {
            elapsed: Duration::from_millis(4200),
            api_is_down: true,
            report: &report(4.2, vec![fresh("billing"), failing("search")]),
            said: &[
                said(0, "a stand-in for Descope's API is up"),
                said(2900, "the API is down for 3.5s: the last good tokens stay where they are"),
                said(3100, "search: Descope's API fails"),
            ],
            tally: Tally { reads: 1234, tokens: 8, ..Tally::default() },
            look: Some("tail /tmp/tokenwell-x/tokens/*"),
        };
        let lines = picture.lines(Size { columns, rows }, PLAIN);
        assert!(lines.len() <= rows && lines.iter().all(|line| line.width() <= columns), "{columns} {rows}");
        lines.iter().map(|line| line.shown(PLAIN).trim_end().to_owned()).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn with_room_there_is_everything() {
        insta::assert_snapshot!(drawn(79, 23), @"
        tokenwell demo    4.2s  API: down

        credential  state     time left            renewal   exchanges  last event
        billing     fresh     #######......  5.8s  now               4  renewed
        search      failing   #######......  5.8s  in 0.3s           5  refused: failed

          0.0s  a stand-in for Descope's API is up
          2.9s  the API is down for 3.5s: the last good tokens stay where they are
          3.1s  search: Descope's API fails

        a reader beside: 1,234 reads, always a whole, live token
        look yourself: tail /tmp/tokenwell-x/tokens/*
        end it: Ctrl-C
        ");
    }

    #[test]
    fn in_few_rows_the_table_and_what_was_said_last_remain() {
        insta::assert_snapshot!(drawn(39, 9), @"
        tokenwell demo    4.2s  API: down

        credential  state     time left
        billing     fresh     ######.....  5.8s
        search      failing   ######.....  5.8s

          3.1s  search: Descope's API fails
        ");
    }

    #[test]
    fn no_terminal_is_too_small() {
        for columns in [0, 1, 7, 8, 9, 20, 40] {
            for rows in 0..30 {
                drawn(columns, rows);
            }
        }
    }
}
