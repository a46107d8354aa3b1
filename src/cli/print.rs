//! Prints lines to the terminal. The demo has a screen of its own.

use std::{
    fmt::Display,
    io::{self, IsTerminal as _, Write as _},
};

use tracing::Level;

use super::journal;
use crate::log_lines;

/// Prints a result to standard output. A closed pipe, as after `head`, is not a failure.
pub(super) fn result(text: &impl Display) -> io::Result<()> {
    match writeln!(io::stdout().lock(), "{text}") {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(of_standard_output(&error)),
        Ok(()) => Ok(()),
    }
}

/// Prints a part of a result to standard output. A closed pipe is not a failure.
pub(super) fn forward_result(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(of_standard_output(&error)),
        Ok(()) => Ok(()),
    }
}

/// Says what could not be written.
fn of_standard_output(error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("cannot write to standard output: {error}"))
}

/// Prints a part of the errors and warnings of another process, as [`notice`] does.
pub(super) fn forward_notice(bytes: &[u8]) {
    log_lines::write(bytes);
}

/// Prints an error to standard error, as [`notice`] does.
pub(super) fn error(text: &impl Display) {
    notice_of(Level::ERROR, text);
}

/// Prints a warning to standard error, as [`notice`] does.
pub(super) fn warning(text: &impl Display) {
    notice_of(Level::WARN, text);
}

/// Prints an error or a warning with the priority that the journal expects, if standard error goes there.
fn notice_of(level: Level, text: &impl Display) {
    if journal::is_standard_error() {
        log_lines::write(journal::with_priority(&text.to_string(), level).as_bytes());
    } else {
        notice(text);
    }
}

/// Prints a line to standard error. Does not wait for it, and ignores failures, because there is no other place to report
/// them.
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
    if is_notice_on_terminal() {
        notice(text);
    }
}

/// Whether a person sees notices at once.
pub(super) fn is_notice_on_terminal() -> bool {
    io::stderr().is_terminal()
}
