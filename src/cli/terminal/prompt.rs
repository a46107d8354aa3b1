//! Asks questions on a terminal, one line each.

use std::{
    io::{self, IsTerminal as _, stdin},
    os::fd::AsFd as _,
};

use futures_util::StreamExt as _;
use rustix::{
    io::{Errno, read},
    termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr},
};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook_tokio::Signals;

use crate::{
    blocking::{self, Lane},
    cli::{failure::Failure, print},
};

/// Whether a person can see a question and answer it. No control codes are needed, so any terminal will do.
pub(in crate::cli) fn is_possible() -> bool {
    stdin().is_terminal() && print::is_notice_on_terminal()
}

/// Questions to the terminal. A signal ends them.
pub(in crate::cli) struct Prompt {
    signals: Signals,
    /// The message if a signal or the end of the input comes before the last answer.
    stopped: &'static str,
    /// The remedy for a line that is longer than a terminal passes.
    instead: &'static str,
}

impl Prompt {
    pub(in crate::cli) fn open(stopped: &'static str, instead: &'static str) -> io::Result<Self> {
        Ok(Self { signals: Signals::new([SIGHUP, SIGINT, SIGQUIT, SIGTERM])?, stopped, instead })
    }

    /// Asks for a line, and returns it without its end. `None` at the end of the input.
    pub(in crate::cli) async fn ask(&mut self, question: &str) -> Result<Option<String>, Failure> {
        print::prompt(&question);
        let bytes = tokio::select! {
            read = blocking::submit(Lane::Read, read_line) => read.ok_or_else(|| self.stopped())??,
            _ = self.signals.next() => return Err(self.stopped()),
        };
        let mut bytes = match bytes {
            Line::Typed(bytes) => bytes,
            Line::TooLong => {
                return Err(Failure::CommandLine(format!("this line is too long; {}", self.instead)));
            }
            Line::End => return Ok(None),
        };
        while bytes.pop_if(|byte| matches!(byte, b'\n' | b'\r')).is_some() {}
        let text = String::from_utf8(bytes);
        text.map(Some).map_err(|_| Failure::CommandLine("what was typed is not UTF-8".to_owned()))
    }

    /// Returns the failure for questions that ended too early.
    pub(in crate::cli) fn stopped(&self) -> Failure {
        Failure::at_run_time(self.stopped)
    }
}

/// A terminal without echo. Dropping this restores it.
pub(in crate::cli) struct HiddenInput {
    before: Termios,
}

impl HiddenInput {
    pub(in crate::cli) fn begin() -> io::Result<Self> {
        let before = tcgetattr(stdin().as_fd())?;
        let mut hidden = before.clone();
        hidden.local_modes.remove(LocalModes::ECHO | LocalModes::ECHONL);
        tcsetattr(stdin().as_fd(), OptionalActions::Now, &hidden)?;
        Ok(Self { before })
    }
}

impl Drop for HiddenInput {
    fn drop(&mut self) {
        let _ = tcsetattr(stdin().as_fd(), OptionalActions::Now, &self.before);
    }
}

enum Line {
    Typed(Vec<u8>),
    TooLong,
    End,
}

/// Reads a line with its end. Not by the standard library, whose buffer would keep secrets.
fn read_line() -> io::Result<Line> {
    let mut bytes = Vec::with_capacity(LINE_BYTES_MAX);
    let mut chunk = vec![0; LINE_BYTES_MAX];
    while !bytes.ends_with(b"\n") {
        match read(stdin().as_fd(), &mut chunk) {
            Ok(0) if bytes.is_empty() => return Ok(Line::End),
            Ok(0) => break,
            Ok(count) if bytes.len() + count <= LINE_BYTES_MAX => bytes.extend_from_slice(&chunk[..count]),
            Ok(_) => return Ok(Line::TooLong),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Line::Typed(bytes))
}

/// A terminal passes at most this much as one line.
const LINE_BYTES_MAX: usize = 4096;
