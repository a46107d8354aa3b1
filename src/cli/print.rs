//! Prints lines to the terminal. The demo has a screen of its own.

use std::{
    fmt::Display,
    io::{self, IsTerminal as _, Write as _},
};

use crate::log_lines;

/// Prints a result to standard output. A closed pipe, as after `head`, is not a failure.
pub(super) fn result(text: &impl Display) -> io::Result<()> {
    match writeln!(io::stdout().lock(), "{text}") {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Prints an error or a warning to standard error. Does not wait for it, and ignores failures, because there is no other
/// place to report them.
pub(super) fn notice(text: &impl Display) {
    log_lines::write(format!("{text}\n").as_bytes());
}

/// Prints a question to standard error, without the end of a line, before the answer is read.
pub(super) fn prompt(text: &impl Display) {
    log_lines::write(text.to_string().as_bytes());
    log_lines::flush();
}

/// Prints progress to standard error if it is a terminal.
pub(super) fn progress(text: &impl Display) {
    if io::stderr().is_terminal() {
        notice(text);
    }
}
