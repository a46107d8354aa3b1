//! Reads pid files.

use std::{
    fs::OpenOptions,
    io::{self, Read},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    time::SystemTime,
};

use rustix::{fs::OFlags, io::Errno, process::Pid};

use super::outcome::HookOutcome;

/// The content of a pid file.
#[derive(Clone, Copy, Debug)]
pub(super) struct PidFile {
    /// The process.
    pub(super) pid: Pid,
    /// When the file was last modified.
    pub(super) written_at: SystemTime,
}

/// Reads a pid file, following links; `Err` is the hook's outcome. Only the first line counts: some programs, such as
/// `postgres`, write more. Blocks on the disk, but never on a pipe or a device.
pub(super) fn read(path: &Path) -> Result<PidFile, HookOutcome> {
    let shown = path.display();
    let no_recipient = |what: &str| HookOutcome::NoRecipient(format!("pid file `{shown}` {what}"));
    let (start, written_at) = match start(path) {
        Ok(Some(found)) => found,
        Ok(None) => return Err(failed(path, "it is not a regular file; name the file that the app writes")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(no_recipient("is missing")),
        Err(error) => return Err(failed(path, &refused(&error))),
    };
    if start.len() < LINE_BYTES_MAX && start.trim_ascii().is_empty() {
        return Err(no_recipient("is empty"));
    }
    match pid_in(&start) {
        Some(pid) => Ok(PidFile { pid, written_at }),
        None => Err(failed(path, "its first line is not a process number; name the file that the app writes")),
    }
}

/// Returns the first bytes of a pid file and when it was modified, or `None` if it is not a regular file.
fn start(path: &Path) -> io::Result<Option<(Vec<u8>, SystemTime)>> {
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let opened = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path);
    let file = match opened {
        Ok(file) => file,
        // A socket, or a device without a driver, cannot be opened at all.
        Err(error) if matches!(Errno::from_io_error(&error), Some(Errno::NXIO | Errno::NODEV)) => return Ok(None),
        Err(error) => return Err(error),
    };
    let about = file.metadata()?;
    if !about.is_file() {
        return Ok(None);
    }
    let written_at = about.modified()?;
    let mut start = Vec::with_capacity(LINE_BYTES_MAX);
    file.take(LINE_BYTES_MAX as u64).read_to_end(&mut start)?;
    Ok(Some((start, written_at)))
}

fn pid_in(start: &[u8]) -> Option<Pid> {
    let line = start.trim_ascii_start().split(|byte| *byte == b'\n').next()?.trim_ascii_end();
    // A number at the end of the buffer may be cut.
    if start.len() == LINE_BYTES_MAX && start.ends_with(line) || !line.iter().all(u8::is_ascii_digit) {
        return None;
    }
    str::from_utf8(line).ok()?.parse().ok().and_then(Pid::from_raw)
}

fn failed(path: &Path, why: &str) -> HookOutcome {
    HookOutcome::Failed(format!("cannot use pid file `{}`: {why}", path.display()))
}

fn refused(error: &io::Error) -> String {
    match Errno::from_io_error(error) {
        Some(Errno::ACCESS | Errno::PERM) => {
            "permission denied; let tokenwell's user read it (run both as one user, or share a group)".to_owned()
        }
        Some(Errno::NOTDIR) => "a part of its path is a file where a folder is needed; correct the path".to_owned(),
        Some(Errno::LOOP) => "the links on its path lead in a circle; repair them".to_owned(),
        Some(Errno::MFILE | Errno::NFILE) => {
            "too many files are open; raise the limit (`ulimit -n`, `LimitNOFILE=`)".to_owned()
        }
        Some(_) | None => error.to_string(),
    }
}

/// The number of bytes that are read from a pid file.
const LINE_BYTES_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_first_line_with_a_positive_number_is_accepted() {
        let number = |text: &[u8]| pid_in(text).map(|pid| pid.as_raw_nonzero().get());
        for text in ["7", "7\n", " \n\t7 \r\n", "7\n/var/lib/postgresql\n1700000000\n5432\n"] {
            assert_eq!(number(text.as_bytes()), Some(7), "{text:?}");
        }
        for text in ["0", "-7", "+7", "7 8", "7x", "0x7", "99999999999", "4294967297", "pid 7", "\u{661}", "7\0"] {
            assert_eq!(number(text.as_bytes()), None, "{text:?}");
        }
        let long = format!("{}1", " ".repeat(LINE_BYTES_MAX - 1));
        assert_eq!(number(long.as_bytes()), None, "the number may be cut");
    }
}
