//! Ranges of a lock file, and the system calls that lock and inspect them.

use std::{fs::File, io};

use nix::{
    errno::Errno,
    fcntl::{FcntlArg, fcntl},
    libc,
};

use super::held::Holder;

/// A range of a lock file.
#[derive(Clone, Copy)]
pub(super) struct Range {
    start: i64,
    /// Zero: to the end, however far that is.
    length: i64,
}

impl Range {
    /// The range of a set: the whole file.
    pub(super) const ALL: Self = Self { start: 0, length: 0 };

    /// The range of a plain output: one byte.
    pub(super) fn byte(start: i64) -> Self {
        Self { start, length: 1 }
    }

    /// Locks the range for this process. If another process holds it, the error is that holder as the kernel reports
    /// it; an I/O error means that there are no locks here.
    pub(super) fn lock(self, file: &File) -> io::Result<Result<(), Option<Holder>>> {
        for _ in 0..ATTEMPTS_MAX {
            match fcntl(file, FcntlArg::F_SETLK(&self.of(WRITE))) {
                Ok(_) => return Ok(Ok(())),
                Err(Errno::EACCES | Errno::EAGAIN) => {}
                Err(error) => return Err(error.into()),
            }
            if let held @ Err(_) = self.look(file)? {
                return Ok(held);
            }
            // It was released in between.
        }
        Ok(Err(None))
    }

    /// Returns whether another process holds the range, as [`Range::lock`] does, but locks nothing.
    pub(super) fn look(self, file: &File) -> io::Result<Result<(), Option<Holder>>> {
        let mut lock = self.of(WRITE);
        fcntl(file, FcntlArg::F_GETLK(&mut lock))?;
        Ok(if lock.l_type == NONE { Ok(()) } else { Err(Holder::of(lock.l_pid)) })
    }

    /// Releases the range. If that fails, the range is released when the process ends.
    pub(super) fn unlock(self, file: &File) {
        let _ = fcntl(file, FcntlArg::F_SETLK(&self.of(NONE)));
    }

    fn of(self, kind: i16) -> libc::flock {
        libc::flock { l_type: kind, l_whence: FROM_THE_START, l_start: self.start, l_len: self.length, l_pid: 0 }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the system's own constants, for fields of the system's own type")]
const WRITE: i16 = libc::F_WRLCK as i16;
#[expect(clippy::cast_possible_truncation, reason = "as above")]
const NONE: i16 = libc::F_UNLCK as i16;
#[expect(clippy::cast_possible_truncation, reason = "as above")]
const FROM_THE_START: i16 = libc::SEEK_SET as i16;

/// How often to retry a lock that was released before its holder could be read.
const ATTEMPTS_MAX: usize = 3;
