//! How a program ended, or why it did not begin, as a shell tells it.

use std::{ffi::OsString, io, os::unix::process::ExitStatusExt, process::ExitStatus};

use rustix::{io::Errno, process::Signal};

/// The exit code that a shell gives for this end: the program's own, or 128 and the signal that ended it.
pub fn code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| status.signal().map(|signal| AFTER_SIGNAL + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX)
}

/// The exit code that a shell gives for a program that this signal ended.
pub fn code_after(signal: Signal) -> u8 {
    u8::try_from(AFTER_SIGNAL + signal.as_raw()).unwrap_or(u8::MAX)
}

/// Why a program cannot be started.
#[derive(Debug, thiserror::Error)]
#[error("cannot start `{program}`: {why}", program = program.display(), why = why(error))]
pub struct CannotStart {
    /// As it was named.
    pub program: OsString,
    /// What the system said.
    pub error: io::Error,
}

impl CannotStart {
    /// The exit code that a shell gives for it: 127 if it is not there, 126 if it is there and is of no use.
    pub fn code(&self) -> u8 {
        if self.error.kind() == io::ErrorKind::NotFound { NOT_FOUND } else { NOT_EXECUTABLE }
    }
}

/// The reason and the remedy.
fn why(error: &io::Error) -> String {
    let text = match Errno::from_io_error(error) {
        Some(Errno::NOENT) => {
            "there is no such program; check its name, `$PATH`, and that its interpreter (the one behind `#!`, or the \
             loader of its libc) is there too"
        }
        Some(Errno::ACCESS) => {
            "permission denied; make it executable (`chmod +x`) and see that its file system is not mounted `noexec`"
        }
        Some(Errno::NOEXEC) => {
            "it is no program for this machine; begin a script with a `#!` line, take a binary of this architecture"
        }
        Some(Errno::TOOBIG) => "its arguments and its environment are too long; hand them over in files",
        Some(Errno::AGAIN | Errno::NOMEM) => {
            "there is no room for another process; raise the limits on processes and memory"
        }
        _ => return format!("{error}; see that it can be run without tokenwell"),
    };
    text.to_owned()
}

const AFTER_SIGNAL: i32 = 128;
const NOT_EXECUTABLE: u8 = 126;
const NOT_FOUND: u8 = 127;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_told_as_a_shell_tells_it() {
        let exited = |raw| code(ExitStatus::from_raw(raw));
        assert_eq!((exited(0), exited(5 << 8), exited(255 << 8)), (0, 5, 255));
        assert_eq!((exited(15), exited(9), exited(0x8b)), (143, 137, 139));
        assert_eq!(code_after(Signal::TERM), 143);
    }

    #[test]
    fn what_is_not_there_is_127_and_what_cannot_be_run_126() {
        let cannot = |errno: Errno| CannotStart { program: "app".into(), error: errno.into() };
        assert_eq!(cannot(Errno::NOENT).code(), 127);
        for errno in [Errno::ACCESS, Errno::NOEXEC, Errno::NOTDIR, Errno::AGAIN] {
            assert_eq!(cannot(errno).code(), 126);
        }
        assert_eq!(
            cannot(Errno::ACCESS).to_string(),
            "cannot start `app`: permission denied; make it executable (`chmod +x`) and see that its file system is not \
             mounted `noexec`"
        );
    }
}
