//! Why a command failed: the message, printed once, and the exit code.

use std::{error::Error, io, process::ExitCode};

use clap::error::{ContextKind, ContextValue};

use super::print;
use crate::{
    child::CannotStart,
    config::{Mistakes, looks_like_a_secret},
};

/// The failure of a command.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The configuration is wrong: exit code 2.
    #[error(transparent)]
    Configuration(#[from] Mistakes),
    /// The arguments are valid one by one, but cannot be carried out: exit code 2.
    #[error("{0}")]
    CommandLine(String),
    /// The program could not be started: exit code 126 or 127.
    #[error(transparent)]
    Program(#[from] CannotStart),
    /// It failed at run time: exit code 1.
    #[error(transparent)]
    AtRunTime(Box<dyn Error + Send + Sync>),
}

impl Failure {
    /// Wraps an error that happened at run time.
    pub fn at_run_time(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::AtRunTime(error.into())
    }

    /// Prints the chain of errors from the outermost to the innermost, and returns the exit code.
    pub(super) fn report(self) -> ExitCode {
        print::error(&format_args!("error: {}", with_reasons(&self)));
        match &self {
            Self::Configuration(_) | Self::CommandLine(_) => ExitCode::from(WRONG),
            Self::Program(error) => ExitCode::from(error.code()),
            Self::AtRunTime(_) => ExitCode::FAILURE,
        }
    }
}

/// An error with the reasons behind it, outermost first. A reason that the text already contains is not repeated.
fn with_reasons(error: &dyn Error) -> String {
    let mut message = error.to_string();
    let mut reason = error.source();
    while let Some(error) = reason {
        let text = error.to_string();
        if !message.contains(&text) {
            message.push_str(": ");
            message.push_str(&text);
        }
        reason = error.source();
    }
    message
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::at_run_time(error)
    }
}

/// Prints clap's message: help and the version to standard output, errors to standard error. Hides an argument that may
/// be an access key.
pub(super) fn report_usage(mut error: clap::Error) -> ExitCode {
    let may_be_secret: Vec<ContextKind> = error
        .context()
        .filter(|(_, value)| match value {
            ContextValue::String(text) => looks_like_a_secret(text),
            ContextValue::Strings(texts) => texts.iter().any(|text| looks_like_a_secret(text)),
            _ => false,
        })
        .map(|(kind, _)| kind)
        .collect();
    for kind in may_be_secret {
        error.insert(kind, ContextValue::String("(not shown: it may be a secret)".to_owned()));
    }
    if error.use_stderr() {
        print::error(&error.render().to_string().trim_end());
    } else {
        let _ = error.print();
    }
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(WRONG))
}

const WRONG: u8 = 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    enum Refused {
        #[error("cannot serve `s`: {source}; change `listen`")]
        WithReason { source: io::Error },
        #[error("cannot serve `s`")]
        Plain { source: io::Error },
    }

    #[test]
    fn every_reason_is_printed_once() {
        let source = || io::Error::other("no such folder");
        let printed = |refused: Refused| with_reasons(&Failure::at_run_time(refused));
        assert_eq!(
            printed(Refused::WithReason { source: source() }),
            "cannot serve `s`: no such folder; change `listen`"
        );
        assert_eq!(printed(Refused::Plain { source: source() }), "cannot serve `s`: no such folder");
    }
}
