//! Exit codes as a shell reports them, and the errors of a program that cannot be started.

use std::{ffi::OsString, io, os::unix::process::ExitStatusExt, process::ExitStatus};

use rustix::{io::Errno, process::Signal};

/// Returns the exit code that a shell reports for this status: the program's own, or 128 plus the signal that ended it.
pub fn code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| status.signal().map(|signal| AFTER_SIGNAL + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX)
}

/// Returns the exit code that a shell reports for a program that this signal ended.
pub fn code_after(signal: Signal) -> u8 {
    u8::try_from(AFTER_SIGNAL + signal.as_raw()).unwrap_or(u8::MAX)
}

/// Why a program cannot be started.
#[derive(Debug, thiserror::Error)]
#[error("cannot start `{program}`: {why}", program = program.display(), why = why(error))]
pub struct CannotStart {
    /// The program as it was named on the command line.
    pub program: OsString,
    /// The system's error.
    pub error: io::Error,
}

impl CannotStart {
    /// Returns the exit code that a shell reports: 127 if the program was not found, 126 if it cannot be executed.
    pub fn code(&self) -> u8 {
        if self.error.kind() == io::ErrorKind::NotFound { NOT_FOUND } else { NOT_EXECUTABLE }
    }
}

/// Returns the reason and the remedy.
fn why(error: &io::Error) -> String {
    let text = match Errno::from_io_error(error) {
        Some(Errno::NOENT) => {
            "there is no such program; check its name, `$PATH`, and that its interpreter (the one after `#!`, or the \
             loader of its libc) exists too"
        }
        Some(Errno::ACCESS) => {
            "permission denied; make it executable (`chmod +x`) and check that its file system is not mounted `noexec`"
        }
        Some(Errno::NOEXEC) => {
            "it is not a program for this machine; start a script with a `#!` line, use a binary for this architecture"
        }
        Some(Errno::TOOBIG) => "its arguments and its environment are too long; pass them in files",
        Some(Errno::AGAIN | Errno::NOMEM) => {
            "the limit on processes or memory is reached; raise it (`ulimit -u`, `TasksMax=`, `pids.max`, memory)"
        }
        _ => return format!("{error}; check that it runs without tokenwell"),
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
    fn exit_codes_are_those_of_a_shell() {
        let exited = |raw| code(ExitStatus::from_raw(raw));
        assert_eq!((exited(0), exited(5 << 8), exited(255 << 8)), (0, 5, 255));
        assert_eq!((exited(15), exited(9), exited(0x8b)), (143, 137, 139));
        assert_eq!(code_after(Signal::TERM), 143);
    }

    #[test]
    fn a_missing_program_is_127_and_one_that_cannot_run_is_126() {
        let cannot = |errno: Errno| CannotStart { program: "app".into(), error: errno.into() };
        assert_eq!(cannot(Errno::NOENT).code(), 127);
        for errno in [Errno::ACCESS, Errno::NOEXEC, Errno::NOTDIR, Errno::AGAIN] {
            assert_eq!(cannot(errno).code(), 126);
        }
        assert_eq!(
            cannot(Errno::ACCESS).to_string(),
            "cannot start `app`: permission denied; make it executable (`chmod +x`) and check that its file system is \
             not mounted `noexec`"
        );
    }
}
