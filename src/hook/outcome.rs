//! A hook's input and its result.

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, SystemTime},
};

use crate::{session::Session, source::Source};

/// The input of a hook.
#[derive(Clone, Debug)]
pub struct HookContext {
    /// The credential's name.
    pub credential: String,
    /// The path of its first output.
    pub path: PathBuf,
    /// When the token expires, as readers of the output see it.
    pub expires_at: SystemTime,
    /// The session. It only serves to mask its token in a command's output; no hook receives it.
    pub session: Arc<Session>,
    /// The credential's source. It is read when a command has printed something, to mask its secrets in that output.
    pub source: Source,
    /// When the machine booted, by the current wall clock. The kernel counts a process's start from boot, and file times
    /// are by the wall clock; comparing the two detects a pid file that is older than the process it names.
    pub booted_at: SystemTime,
}

/// How a hook ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum HookOutcome {
    /// It succeeded.
    Done,
    /// No recipient is running. That is not a failure: the application reads the new token when it starts. Holds the
    /// reason in one line.
    NoRecipient(String),
    /// It failed; holds the reason in one line.
    Failed(String),
    /// It exceeded this time limit and was stopped.
    TimedOut(Duration),
}

/// How a hook ended, and what it printed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HookRun {
    /// How it ended.
    pub outcome: HookOutcome,
    /// A command's output: bounded, with secrets masked, otherwise unchanged including line breaks and control
    /// characters. Empty if it printed nothing.
    pub printed: String,
}

impl HookRun {
    pub(super) fn silent(outcome: HookOutcome) -> Self {
        Self { outcome, printed: String::new() }
    }
}
