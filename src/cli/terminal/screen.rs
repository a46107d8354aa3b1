//! An area of the terminal that is redrawn in place without flicker.

use std::{
    env,
    fmt::Write as _,
    io::{self, IsTerminal as _, Write as _},
};

use rustix::termios::tcgetwinsize;

use super::text::{Line, Style};

/// The lines above the cursor. The cursor is hidden while this exists.
pub(in crate::cli) struct Screen {
    style: Style,
    /// The width of each line on the screen.
    drawn: Vec<usize>,
}

/// Columns and rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::cli) struct Size {
    pub(in crate::cli) columns: usize,
    pub(in crate::cli) rows: usize,
}

/// Whether standard output is a terminal, of any kind.
pub(in crate::cli) fn is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Whether standard output is a terminal that can be drawn on.
pub(in crate::cli) fn is_drawable() -> bool {
    let able = env::var_os("TERM").is_some_and(|term| !term.is_empty() && term != "dumb");
    able && io::stdout().is_terminal()
}

/// Returns the style for standard output: colors only on a terminal, and Unicode only if the locale supports it.
pub(in crate::cli) fn style() -> Style {
    let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set).unwrap_or_default();
    let locale = locale.to_string_lossy().to_ascii_lowercase();
    let unicode = locale.contains("utf-8") || locale.contains("utf8");
    Style { colours: is_drawable() && set("NO_COLOR").is_none(), unicode }
}

/// Returns the usable width of standard output if it is a terminal; the last column stays free.
pub(in crate::cli) fn columns() -> Option<usize> {
    io::stdout().is_terminal().then(|| window().0.saturating_sub(1))
}

/// Returns the usable height of standard output if it is a terminal; the line of the shell's prompt stays free.
pub(in crate::cli) fn rows() -> Option<usize> {
    io::stdout().is_terminal().then(|| window().1.saturating_sub(1))
}

impl Screen {
    /// Hides the cursor and chooses the style.
    pub(in crate::cli) fn open() -> io::Result<Self> {
        emit(HIDE_CURSOR)?;
        Ok(Self { style: style(), drawn: Vec::new() })
    }

    /// Replaces the lines on the screen by lines that fit the given size. The last column stays free, so that no
    /// terminal wraps, and the last row is the cursor's.
    pub(in crate::cli) fn draw(&mut self, lines: impl FnOnce(Size, Style) -> Vec<Line>) -> io::Result<()> {
        let (columns, rows) = window();
        let lines = lines(Size { columns: columns.saturating_sub(1), rows: rows.saturating_sub(1) }, self.style);
        emit(&frame(&self.drawn, &lines, columns, self.style))?;
        self.drawn = lines.iter().map(Line::width).collect();
        Ok(())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = emit(SHOW_CURSOR);
    }
}

/// Prints lines and an empty one below those before, on a terminal that cannot be drawn on.
pub(in crate::cli) fn print_below(lines: impl FnOnce(usize, Style) -> Vec<Line>) -> io::Result<()> {
    let style = style();
    let text: Vec<_> = lines(window().0.saturating_sub(1), style).iter().map(|line| line.shown(style)).collect();
    emit(&text.iter().map(|line| format!("{}\n", line.trim_end())).chain(["\n".to_owned()]).collect::<String>())
}

/// Returns the bytes of one drawing, for a single write. Nothing is cleared before the new text is written, so nothing
/// flickers. If the terminal became narrower, it wrapped wide lines of the last drawing, and those take several rows.
fn frame(drawn: &[usize], lines: &[Line], columns: usize, style: Style) -> String {
    let above: usize = drawn.iter().map(|width| width.div_ceil(columns.max(1)).max(1)).sum();
    let mut bytes = String::from("\r");
    if above > 0 {
        let _ = write!(bytes, "\x1b[{above}A");
    }
    for line in lines {
        bytes.push_str(&line.shown(style));
        bytes.push_str(CLEAR_REST_OF_LINE);
        bytes.push('\n');
    }
    bytes.push_str(CLEAR_BELOW);
    bytes
}

/// Returns columns and rows of the terminal, or 80 and 24 if they are unknown.
fn window() -> (usize, usize) {
    match tcgetwinsize(io::stdout()) {
        Ok(size) if size.ws_col > 0 && size.ws_row > 0 => (size.ws_col.into(), size.ws_row.into()),
        Ok(_) | Err(_) => (80, 24),
    }
}

/// Writes to standard output and flushes.
pub(in crate::cli) fn emit(bytes: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let written = out.write_all(bytes.as_bytes()).and_then(|()| out.flush());
    written.map_err(|error| io::Error::new(error.kind(), format!("cannot write to standard output: {error}")))
}

const HIDE_CURSOR: &str = "\x1b[?25l";
const SHOW_CURSOR: &str = "\x1b[?25h";
const CLEAR_REST_OF_LINE: &str = "\x1b[K";
const CLEAR_BELOW: &str = "\x1b[J";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::terminal::text::Color;

    const PLAIN: Style = Style { colours: false, unicode: false };

    #[test]
    fn a_drawing_replaces_the_previous_one() {
        let lines = [Line::new(Color::Plain, "ab"), Line::new(Color::Plain, "c")];
        assert_eq!(frame(&[], &lines, 80, PLAIN), "\rab\x1b[K\nc\x1b[K\n\x1b[J");
        assert_eq!(frame(&[2, 0, 1], &lines, 80, PLAIN), "\r\x1b[3Aab\x1b[K\nc\x1b[K\n\x1b[J");
    }

    #[test]
    fn lines_wrapped_by_a_narrower_terminal_are_replaced_whole() {
        assert!(frame(&[79, 40, 0, 41], &[], 40, PLAIN).starts_with("\r\x1b[6A"));
    }
}
