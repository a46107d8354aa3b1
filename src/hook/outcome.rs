//! What a hook gets, and how it ended.

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, SystemTime},
};

use crate::session::Session;

/// What a hook is told.
#[derive(Clone, Debug)]
pub struct HookContext {
    /// The credential's name.
    pub credential: String,
    /// Its first output.
    pub path: PathBuf,
    /// When the token ends, as readers are told.
    pub expires_at: SystemTime,
    /// The session itself, so that its token can be masked in what a command prints. It is given to nobody.
    pub session: Arc<Session>,
    /// Where the access key is, which is masked too. It is read when a command has printed something.
    pub key_file: PathBuf,
    /// When the machine booted, by the wall clock of now. Processes tell their start from there, files by the wall clock:
    /// with both a pid file is found out that is older than the process it names.
    pub booted_at: SystemTime,
}

/// How a hook ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum HookOutcome {
    /// It was told.
    Done,
    /// Nobody is there to be told, which is no failure: it will read the new token when it starts. Why, in one line.
    NoRecipient(String),
    /// It failed; why, in one line for people.
    Failed(String),
    /// It took too long and was stopped.
    TimedOut(Duration),
}

/// How a hook ended, and what it printed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HookRun {
    /// How it ended.
    pub outcome: HookOutcome,
    /// What a command printed: bounded, secrets masked, and otherwise as it is, lines and control characters included. Empty
    /// if nothing.
    pub printed: String,
}

impl HookRun {
    pub(super) fn silent(outcome: HookOutcome) -> Self {
        Self { outcome, printed: String::new() }
    }
}
