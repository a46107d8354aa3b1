//! A hook as it is configured.

use std::{path::PathBuf, time::Duration};

use super::{post::LoopbackUrl, signal::Signal};

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
    ProcessName(String),
}
