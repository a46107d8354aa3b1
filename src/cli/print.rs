//! Prints lines to the terminal. The demo has a screen of its own.

use std::{
    fmt::Display,
    io::{self, IsTerminal as _, Write as _},
};

/// Prints a result to standard output. A closed pipe, as after `head`, is not a failure.
pub(super) fn result(text: &impl Display) -> io::Result<()> {
    match writeln!(io::stdout().lock(), "{text}") {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Prints an error or a warning to standard error. Ignores failures, because there is no other place to report them.
pub(super) fn notice(text: &impl Display) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Prints a question to standard error, without the end of a line.
pub(super) fn prompt(text: &impl Display) {
    let mut terminal = io::stderr().lock();
    let _ = write!(terminal, "{text}").and_then(|()| terminal.flush());
}

/// Prints progress to standard error if it is a terminal.
pub(super) fn progress(text: &impl Display) {
    if io::stderr().is_terminal() {
        notice(text);
    }
}
