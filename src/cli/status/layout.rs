//! The columns of the table, and how a row and its notes are drawn in them.

use std::time::SystemTime;

use super::row::Row;
use crate::cli::terminal::{
    span::until,
    text::{Color, Line, Style, wrapped},
};

/// The width of each column; columns without room are left out.
pub(super) struct Layout {
    has_daemon: bool,
    now: SystemTime,
    width: usize,
    name: usize,
    bar: usize,
    shows_time: bool,
    shows_next: bool,
}

impl Layout {
    pub(super) fn fitting(rows: &[Row], has_daemon: bool, now: SystemTime, width: usize) -> Self {
        let longest = |texts: &mut dyn Iterator<Item = usize>, least: usize| texts.max().unwrap_or(0).max(least);
        let names = &mut rows.iter().map(|row| row.credential.name.chars().count());
        let name = longest(names, NAME.len()).min((width / 2).max(NAME.len()));
        let next = longest(&mut rows.iter().map(|row| row.next(has_daemon, now).len()), NEXT_MIN);
        let with_state = name + GAP.len() + STATE_WIDTH;
        let with_time = with_state + GAP.len() + TIME_WIDTH;
        let in_all = with_time + GAP.len() + next;
        let bar = width.saturating_sub(in_all + 1);
        let bar = if bar < BAR_MIN { 0 } else { bar.min(BAR_MAX) };
        Self { has_daemon, now, width, name, bar, shows_time: with_time <= width, shows_next: in_all <= width }
    }

    pub(super) fn headline(&self) -> Line {
        let mut text = format!("{NAME:<0$}{GAP}{STATE:<STATE_WIDTH$}", self.name);
        if self.shows_time {
            let bar = if self.bar > 0 { self.bar + 1 } else { 0 };
            text = format!("{text}{GAP}{TIME:<0$}", TIME_WIDTH + bar);
        }
        if self.shows_next {
            text = format!("{text}{GAP}{NEXT}");
        }
        Line::new(Color::Faint, text)
    }

    /// Returns a row and its notes.
    pub(super) fn block(&self, row: &Row, style: Style) -> Vec<Line> {
        let mut lines = vec![self.row(row, style)];
        for (color, note) in &row.notes {
            lines.extend(paragraph(*color, note, INDENT, self.width));
        }
        for remark in &row.remarks {
            lines.extend(paragraph(Color::Faint, remark, INDENT, self.width));
        }
        lines
    }

    fn row(&self, row: &Row, style: Style) -> Line {
        let color = Color::of_state(row.state);
        let name = Line::new(Color::Plain, printable(&row.credential.name)).cut(self.name, style);
        let padding = " ".repeat(self.name.saturating_sub(name.width()) + GAP.len());
        let mut line = name.and(Color::Plain, padding).and(color, row.state);
        line = line.and(Color::Plain, " ".repeat(STATE_WIDTH.saturating_sub(row.state.len())));
        if self.shows_time {
            line = line.and(Color::Plain, format!("{GAP}{:>TIME_WIDTH$}", row.time_left(self.now)));
            if self.bar > 0 {
                let (issued, expires) = (row.credential.issued_at, row.credential.expires_at);
                let (left, whole) = issued.zip(expires).map_or_else(Default::default, |(issued, expires)| {
                    (until(self.now, expires), until(issued, expires))
                });
                let (full, empty) = style.bar(left, whole, self.bar);
                line = line.and(Color::Plain, " ").and(color, full).and(Color::Faint, empty);
            }
        }
        if self.shows_next {
            line = line.and(Color::Plain, format!("{GAP}{}", row.next(self.has_daemon, self.now)));
        }
        line
    }
}

/// Wraps a text and indents every line.
pub(super) fn paragraph(color: Color, text: &str, indent: &str, width: usize) -> Vec<Line> {
    let lines = wrapped(&printable(text), width.saturating_sub(indent.len()));
    lines.into_iter().map(|line| Line::new(Color::Plain, indent).and(color, line)).collect()
}

/// Replaces control characters, because some texts come from the API and from programs.
pub(super) fn printable(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

const NAME: &str = "credential";
const STATE: &str = "state";
const TIME: &str = "time left";
const NEXT: &str = "next";
const GAP: &str = "  ";
pub(super) const INDENT: &str = "    ";
const STATE_WIDTH: usize = 8;
const TIME_WIDTH: usize = 9;
const NEXT_MIN: usize = 4;
const BAR_MIN: usize = 6;
const BAR_MAX: usize = 24;
