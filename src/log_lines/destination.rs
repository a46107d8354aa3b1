//! Writes to standard error by its descriptor. The lock of `std::io::Stderr` is never taken: a write that blocks would keep
//! it from other threads.

use std::{io, os::fd::AsFd as _, time::Duration};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::{Errno, write},
};

/// How long a write may take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Patience {
    /// As long as the destination needs, on a thread for this alone.
    Unlimited,
    /// This long; with zero, only bytes that the destination takes at once are written.
    AtMost(Duration),
}

/// The result of a write.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Outcome {
    /// So many bytes were written, at least one.
    Written(usize),
    /// The destination takes nothing now.
    NotReady,
    /// It fails: it is closed, its reader is gone, or its disk is full.
    Failed,
}

/// Writes some of the bytes.
///
/// `O_NONBLOCK` is not set on standard error: that flag belongs to the open file description, which other processes share,
/// such as the shell, the program of `tokenwell exec` and the other end of a terminal, and would break their writes. So
/// with limited patience the descriptor is polled first, and no more is written than a pipe or socket that polls as writable
/// takes whole.
pub(super) fn write_some(bytes: &[u8], patience: Patience) -> Outcome {
    let count = match patience {
        Patience::Unlimited => bytes.len(),
        Patience::AtMost(timeout) if !is_writable(Some(timeout)) => return Outcome::NotReady,
        Patience::AtMost(_) => bytes.len().min(PIPE_BUF),
    };
    loop {
        match write(io::stderr().as_fd(), &bytes[..count]) {
            Ok(0) => return Outcome::Failed,
            Ok(written) => return Outcome::Written(written),
            Err(Errno::INTR) => {}
            // Another process has set `O_NONBLOCK`.
            Err(Errno::AGAIN) => match patience {
                Patience::Unlimited if is_writable(None) => {}
                Patience::Unlimited => return Outcome::Failed,
                Patience::AtMost(_) => return Outcome::NotReady,
            },
            Err(_) => return Outcome::Failed,
        }
    }
}

/// Whether a write would not block, or would fail, within the timeout; `None` waits without end.
fn is_writable(timeout: Option<Duration>) -> bool {
    let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
    let stderr = io::stderr();
    let mut descriptors = [PollFd::new(&stderr, PollFlags::OUT)];
    loop {
        match poll(&mut descriptors, timeout.as_ref()) {
            Ok(ready) => return ready > 0,
            Err(Errno::INTR) => {}
            Err(_) => return false,
        }
    }
}

/// A pipe that polls as writable has room for this many bytes: `PIPE_BUF` of `pipe(7)`.
const PIPE_BUF: usize = 4096;
