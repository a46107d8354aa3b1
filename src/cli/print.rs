//! What commands print to the terminal, once and for good. The demo, which draws, has a screen of its own.

use std::{
    fmt::Display,
    io::{self, IsTerminal as _, Write as _},
};

/// A result, to standard output. A reader that has gone away, as `head` does, is no failure.
pub(super) fn result(text: &impl Display) -> io::Result<()> {
    match writeln!(io::stdout().lock(), "{text}") {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// An error or a warning, to standard error. If even that is gone, there is nobody to tell.
pub(super) fn complaint(text: &impl Display) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// What takes its time, to standard error, for a person who waits. A file or a pipe has no use for it.
pub(super) fn progress(text: &impl Display) {
    if io::stderr().is_terminal() {
        complaint(text);
    }
}
