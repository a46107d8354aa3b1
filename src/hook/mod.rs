//! What follows a write: somebody is told of the new token.
//!
//! A hook acts on the world beside us, so everything about it is bounded: how long it may take, what is read of what it
//! prints, whom it may reach. Nobody is given the token.

mod command;
mod display;
mod encodings;
mod named;
mod pid_file;
mod post;
mod printed;
mod process;
mod reach;
mod redact;
mod send;
mod signal;

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, SystemTime},
};

use crate::{child::ChildRegistry, session::Session};

pub use post::{LoopbackUrl, LoopbackUrlError};
pub use printed::PRINTED_BYTES_MAX;
pub use reach::{Reach, reach_listener, reach_process};
pub use signal::Signal;

/// One hook. It is bounded in time, and what becomes of it touches no renewal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Hook {
    /// A signal to one process or some.
    Signal {
        /// Which.
        signal: Signal,
        /// To whom.
        to: Recipient,
    },
    /// A program, without a shell.
    Command {
        /// The program's path; absolute.
        program: PathBuf,
        /// Its arguments; no NUL is in them.
        arguments: Vec<String>,
        /// After which it is stopped, with its whole process group.
        timeout: Duration,
    },
    /// An HTTP POST to a loopback address.
    Post {
        /// Where.
        url: LoopbackUrl,
        /// For the whole request.
        timeout: Duration,
    },
}

/// Who gets a signal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Recipient {
    /// The process whose number stands in this file, read anew each time.
    PidFile(PathBuf),
    /// Every process of that name that does not descend from another one of that name.
    Named(String),
}

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
    NobodyThere(String),
    /// It failed; why, in one line for people.
    Failed(String),
    /// It took too long and was stopped.
    TimedOut(Duration),
}

/// How a hook ended, and what it printed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ran {
    /// How it ended.
    pub outcome: HookOutcome,
    /// What a command printed: bounded, secrets masked, and otherwise as it is, lines and control characters included. Empty
    /// if nothing.
    pub printed: String,
}

/// Runs a hook to its end, which comes within its time-out and three seconds. Must be called on the loop's thread; it does
/// not block it. When it is dropped, a command is killed with its whole process group.
pub async fn run(hook: &Hook, context: &HookContext, children: &ChildRegistry) -> Ran {
    match hook {
        Hook::Signal { signal, to } => Ran::silent(send::send(*signal, to, context.booted_at).await),
        Hook::Command { program, arguments, timeout } => {
            command::run(program, arguments, *timeout, context, children).await
        }
        Hook::Post { url, timeout } => Ran::silent(post::post(url, *timeout, context).await),
    }
}

impl Ran {
    fn silent(outcome: HookOutcome) -> Self {
        Self { outcome, printed: String::new() }
    }
}
