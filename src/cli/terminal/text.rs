//! Lines of colored text for a terminal: cut or wrapped to a width, with or without colors.

use std::{fmt::Write as _, time::Duration};

/// The meaning of a piece of text, which determines its color.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::cli) enum Color {
    Plain,
    /// Secondary information.
    Faint,
    /// The most prominent text.
    #[cfg_attr(not(feature = "sandbox"), expect(dead_code, reason = "only the demo uses it"))]
    Strong,
    /// Everything works.
    Good,
    /// A problem that may resolve itself.
    Poor,
    /// A problem that readers of the files notice.
    Bad,
}

/// The capabilities of the terminal, and the user's settings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::cli) struct Style {
    pub(in crate::cli) colours: bool,
    /// Whether the terminal can show more than ASCII.
    pub(in crate::cli) unicode: bool,
}

/// One line. Every character takes one column.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(in crate::cli) struct Line(Vec<(Color, String)>);

impl Line {
    pub(in crate::cli) fn new(color: Color, text: impl Into<String>) -> Self {
        Self(vec![(color, text.into())])
    }

    /// Appends a piece of text.
    #[must_use]
    pub(in crate::cli) fn and(mut self, color: Color, text: impl Into<String>) -> Self {
        self.0.push((color, text.into()));
        self
    }

    /// Appends another line.
    #[must_use]
    pub(in crate::cli) fn then(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Returns the number of columns that it takes.
    pub(in crate::cli) fn width(&self) -> usize {
        self.0.iter().map(|(_, text)| text.chars().count()).sum()
    }

    /// Cuts the line to a width; a cut line ends with an ellipsis.
    #[must_use]
    pub(in crate::cli) fn cut(self, width: usize, style: Style) -> Self {
        if self.width() <= width {
            return self;
        }
        let mut left = width.saturating_sub(1);
        let mut cut = Self::default();
        for (color, text) in self.0 {
            let kept: String = text.chars().take(left).collect();
            left -= kept.chars().count();
            cut = cut.and(color, kept);
        }
        if width > 0 { cut.and(Color::Plain, style.ellipsis()) } else { cut }
    }

    /// Returns the bytes for the terminal.
    pub(in crate::cli) fn shown(&self, style: Style) -> String {
        let mut shown = String::new();
        for (color, text) in &self.0 {
            match color.code().filter(|_| style.colours && !text.trim().is_empty()) {
                Some(code) => _ = write!(shown, "\x1b[{code}m{text}\x1b[0m"),
                None => shown.push_str(text),
            }
        }
        shown
    }
}

impl Color {
    /// Returns the color of a credential's state.
    pub(in crate::cli) fn of_state(state: &str) -> Self {
        match state {
            "fresh" => Self::Good,
            "failing" => Self::Poor,
            "expired" | "missing" => Self::Bad,
            _ => Self::Plain,
        }
    }

    /// Returns the ANSI code. The codes are among those that every terminal has, so that its theme chooses the shades.
    fn code(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Faint => Some("2"),
            Self::Strong => Some("1"),
            Self::Good => Some("32"),
            // Yellow cannot be read on white.
            Self::Poor => Some("35"),
            Self::Bad => Some("31"),
        }
    }
}

impl Style {
    pub(in crate::cli) fn ellipsis(self) -> &'static str {
        if self.unicode { "…" } else { "~" }
    }

    /// Returns the full and the empty part of a bar of this width, filled in the proportion of `left` to `whole`.
    pub(in crate::cli) fn bar(self, left: Duration, whole: Duration, width: usize) -> (String, String) {
        let steps = width * if self.unicode { PARTS.len() + 1 } else { 1 };
        let filled = (left.min(whole).as_millis() * steps as u128).checked_div(whole.as_millis()).unwrap_or(0);
        let filled = usize::try_from(filled).unwrap_or(steps);
        if !self.unicode {
            return ("#".repeat(filled), ".".repeat(width - filled));
        }
        let mut full = "█".repeat(filled / 8);
        full.extend((filled % 8).checked_sub(1).and_then(|part| PARTS.get(part)));
        let empty = width - full.chars().count();
        (full, "░".repeat(empty))
    }
}

/// Wraps a text at spaces to this width. A longer word is broken at the end of the line without a hyphen, so that a
/// path can still be copied.
pub(in crate::cli) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let (mut lines, mut line, mut used) = (Vec::new(), String::new(), 0);
    for word in text.split(' ') {
        if used > 0 && used + 1 + word.chars().count() <= width {
            line.push(' ');
            used += 1;
        } else if used > 0 {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        for letter in word.chars() {
            if used == width {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            line.push(letter);
            used += 1;
        }
    }
    lines.push(line);
    lines
}

/// One to seven eighths of a column.
const PARTS: [char; 7] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉'];

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Style = Style { colours: false, unicode: false };
    const RICH: Style = Style { colours: true, unicode: true };

    #[test]
    fn colours_end_with_the_piece_they_colour() {
        let line = Line::new(Color::Plain, "a ").and(Color::Good, "fresh").and(Color::Bad, "  ");
        assert_eq!(line.shown(RICH), "a \x1b[32mfresh\x1b[0m  ");
        assert_eq!(line.shown(PLAIN), "a fresh  ");
    }

    #[test]
    fn a_line_is_cut_with_a_mark() {
        let line = || Line::new(Color::Plain, "billing ").and(Color::Good, "fresh");
        assert_eq!(line().cut(13, PLAIN).shown(PLAIN), "billing fresh");
        assert_eq!(line().cut(12, PLAIN).shown(PLAIN), "billing fre~");
        assert_eq!(line().cut(5, RICH).shown(RICH), "bill…");
        assert_eq!(line().cut(0, RICH).shown(RICH), "");
    }

    #[test]
    fn a_bar_has_the_given_width_and_shows_the_time_left() {
        let bar = |style: Style, left, whole| {
            let (full, empty) = style.bar(Duration::from_millis(left), Duration::from_millis(whole), 4);
            format!("{full}|{empty}")
        };
        assert_eq!(bar(PLAIN, 5000, 10_000), "##|..");
        assert_eq!(bar(PLAIN, 10_000, 10_000), "####|");
        assert_eq!(bar(PLAIN, 11_000, 10_000), "####|");
        assert_eq!(bar(PLAIN, 0, 10_000), "|....");
        assert_eq!(bar(PLAIN, 0, 0), "|....");
        assert_eq!(bar(RICH, 6300, 10_000), "██▌|░");
        assert_eq!(bar(RICH, 5000, 10_000), "██|░░");
    }

    #[test]
    fn text_is_wrapped_at_spaces_and_long_words_are_broken() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("cat /tmp/abcdefghij", 8), ["cat", "/tmp/abc", "defghij"]);
        assert_eq!(wrapped("", 8), [""]);
        assert_eq!(wrapped("ab", 0), ["a", "b"]);
    }
}
