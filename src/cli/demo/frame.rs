//! The live view: the table, the latest messages and instructions, fitted to the terminal.

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

/// A message and its time since the start.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Message {
    pub(super) at: Duration,
    pub(super) color: Color,
    pub(super) text: String,
}

/// The contents of one frame.
pub(super) struct Frame<'a> {
    pub(super) elapsed: Duration,
    pub(super) api_is_down: bool,
    pub(super) report: &'a Report,
    /// The oldest first.
    pub(super) messages: &'a [Message],
    pub(super) tally: Tally,
    /// A command that shows the files, for another terminal; `None` when the demo is over.
    pub(super) watch_command: Option<&'a str>,
}

impl Frame<'_> {
    /// Draws a frame that fits the size. If there are few rows, the table has priority.
    pub(super) fn lines(&self, size: Size, style: Style) -> Vec<Line> {
        let (width, rows) = (size.columns, size.rows);
        let mut lines = vec![self.title().cut(width, style), Line::default()];
        lines.extend(table(self.report, width, style));
        lines.push(Line::default());
        let foot = self.foot(width);
        let whole = lines.len() + foot.len() + 1 + MESSAGE_LINES_MIN <= rows;
        let room = rows.saturating_sub(lines.len() + if whole { foot.len() + 1 } else { 0 });
        lines.extend(self.latest_messages(width, room.min(MESSAGE_LINES_MAX)));
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

    /// Returns as many of the latest messages as fit completely.
    fn latest_messages(&self, width: usize, rows: usize) -> Vec<Line> {
        let mut lines: Vec<Line> = Vec::new();
        for message in self.messages.iter().rev() {
            let stamp = format!("{:>1$}  ", seconds(message.at), STAMP_WIDTH);
            let texts = wrapped(&message.text, width.saturating_sub(stamp.len()));
            if lines.len() + texts.len() > rows {
                break;
            }
            let stamps = [stamp.clone()].into_iter().chain(std::iter::repeat(" ".repeat(stamp.len())));
            let block = stamps.zip(texts).map(|(stamp, text)| Line::new(Color::Faint, stamp).and(message.color, text));
            lines.splice(0..0, block);
        }
        lines
    }

    fn foot(&self, width: usize) -> Vec<Line> {
        let (color, found) = match (self.tally.reads, self.tally.faults()) {
            (0, _) => (Color::Plain, "no token yet".to_owned()),
            (_, 0) => (Color::Good, "always a whole, valid token".to_owned()),
            (_, _) => (Color::Bad, faults(self.tally)),
        };
        let mut foot = vec![(color, format!("a test reader: {} reads, {found}", grouped(self.tally.reads)))];
        if let Some(watch_command) = self.watch_command {
            foot.push((Color::Plain, format!("look yourself: {watch_command}")));
            foot.push((Color::Plain, "stop: Ctrl-C".to_owned()));
        }
        let lines =
            foot.iter().flat_map(|(color, text)| wrapped(text, width).into_iter().map(|line| Line::new(*color, line)));
        lines.collect()
    }
}

const MESSAGE_LINES_MIN: usize = 3;
const MESSAGE_LINES_MAX: usize = 10;
const STAMP_WIDTH: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{
        demo::table::tests::PLAIN,
        terminal::samples::{failing, fresh, report},
    };

    fn drawn(columns: usize, rows: usize) -> String {
        let message =
            |at, text: &str| Message { at: Duration::from_millis(at), color: Color::Plain, text: text.to_owned() };
        let frame = Frame {
            elapsed: Duration::from_millis(4200),
            api_is_down: true,
            report: &report(4.2, vec![fresh("billing"), failing("search")]),
            messages: &[
                message(0, "a sandbox for Descope's API listens"),
                message(2900, "the API is down for 3.5s: the last valid tokens stay in their files"),
                message(3100, "search: Descope's API fails"),
            ],
            tally: Tally { reads: 1234, tokens: 8, ..Tally::default() },
            watch_command: Some("tail /tmp/tokenwell-x/tokens/*"),
        };
        let lines = frame.lines(Size { columns, rows }, PLAIN);
        assert!(lines.len() <= rows && lines.iter().all(|line| line.width() <= columns), "{columns} {rows}");
        lines.iter().map(|line| line.shown(PLAIN).trim_end().to_owned()).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn with_enough_rows_everything_is_shown() {
        insta::assert_snapshot!(drawn(79, 23), @"
        tokenwell demo    4.2s  API: down

        credential  state     time left            renewal   exchanges  last event
        billing     fresh     #######......  5.8s  now               4  renewed
        search      failing   #######......  5.8s  in 0.3s           5  refused: failed

          0.0s  a sandbox for Descope's API listens
          2.9s  the API is down for 3.5s: the last valid tokens stay in their files
          3.1s  search: Descope's API fails

        a test reader: 1,234 reads, always a whole, valid token
        look yourself: tail /tmp/tokenwell-x/tokens/*
        stop: Ctrl-C
        ");
    }

    #[test]
    fn in_few_rows_the_table_and_the_last_message_remain() {
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
