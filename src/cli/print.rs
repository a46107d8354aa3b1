//! What commands print to the terminal, once and for good. The demo, which draws, has a screen of its own.

use std::{
    fmt::Display,
    io::{self, IsTerminal as _, Write as _},
};

use rustix::termios::tcgetwinsize;

/// A result, to standard output. A reader that has gone away, as `head` does, is no failure.
pub(super) fn result(text: &impl Display) -> io::Result<()> {
    match writeln!(io::stdout().lock(), "{text}") {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// How wide the terminal is that results go to; `None` if they go elsewhere.
pub(super) fn columns() -> Option<usize> {
    let out = io::stdout();
    let size = out.is_terminal().then(|| tcgetwinsize(out).ok())?;
    Some(size.map_or(COLUMNS_DEFAULT, |size| usize::from(size.ws_col)).max(1))
}

/// An error or a warning, to standard error. If even that is gone, there is nobody to tell.
pub(super) fn complaint(text: &impl Display) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Of a terminal that does not tell.
const COLUMNS_DEFAULT: usize = 80;
