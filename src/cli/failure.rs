//! Why a command ended badly, told once.

use std::{error::Error, io, process::ExitCode};

use clap::error::{ContextKind, ContextValue};

use super::print;
use crate::{
    child::CannotStart,
    config::{Mistakes, looks_like_a_secret},
};

/// A command's bad end.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The configuration is wrong: exit code 2.
    #[error(transparent)]
    Configuration(#[from] Mistakes),
    /// What the command line says cannot be done: exit code 2.
    #[error("{0}")]
    CommandLine(String),
    /// The program that was to be run could not be started: exit code 126 or 127.
    #[error(transparent)]
    Program(#[from] CannotStart),
    /// It failed at run time: exit code 1.
    #[error(transparent)]
    AtRunTime(Box<dyn Error + Send + Sync>),
}

impl Failure {
    /// Something failed while running.
    pub fn at_run_time(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::AtRunTime(error.into())
    }

    /// Prints it as a chain from the outermost to the innermost reason, and answers with the exit code.
    pub(super) fn tell(self) -> ExitCode {
        let mut said = format!("error: {self}");
        let mut reason = self.source();
        while let Some(error) = reason {
            said.push_str(": ");
            said.push_str(&error.to_string());
            reason = error.source();
        }
        print::complaint(&said);
        match &self {
            Self::Configuration(_) | Self::CommandLine(_) => ExitCode::from(WRONG),
            Self::Program(error) => ExitCode::from(error.code()),
            Self::AtRunTime(_) => ExitCode::FAILURE,
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::at_run_time(error)
    }
}

/// Prints what clap has to say: help and the version to standard output, errors to standard error. An argument that may be
/// an access key is not repeated.
pub(super) fn tell_usage(mut error: clap::Error) -> ExitCode {
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
    let _ = error.print();
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(WRONG))
}

const WRONG: u8 = 2;
