//! A hook as it is configured.

use std::{path::PathBuf, time::Duration};

use super::{post::LoopbackUrl, signal::Signal};

/// One hook. It is bounded in time, and its outcome never affects a renewal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Hook {
    /// Sends a signal to one or more processes.
    Signal {
        /// The signal.
        signal: Signal,
        /// The processes that receive it.
        to: Recipient,
    },
    /// Runs a program, without a shell.
    Command {
        /// The program's path; absolute.
        program: PathBuf,
        /// Its arguments, without NUL bytes.
        arguments: Vec<String>,
        /// The time after which its whole process group is stopped.
        timeout: Duration,
    },
    /// Sends an HTTP POST to a loopback address.
    Post {
        /// The address.
        url: LoopbackUrl,
        /// The time limit for the whole request.
        timeout: Duration,
    },
}

/// The processes that receive a signal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Recipient {
    /// The process whose number is in this file; the file is read before each signal.
    PidFile(PathBuf),
    /// Every process with that name, except descendants of another process with that name.
    ProcessName(String),
}
