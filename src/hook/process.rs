//! Process information from `/proc`.

use std::{
    fs::{self, File},
    io::{self, Read},
    time::Duration,
};

use rustix::{io::Errno, param::clock_ticks_per_second, process::Pid};

/// A process at the time it was inspected.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct ProcessInfo {
    /// Its parent's number; 0 if the parent is not visible.
    pub(super) parent: i32,
    /// When it started, in clock ticks since boot. Together with the pid it identifies the process uniquely.
    pub(super) started: u64,
    /// Whether it has ended but was not yet waited for (a zombie).
    pub(super) has_ended: bool,
    /// Its name, which the kernel cuts to 15 bytes.
    name: Vec<u8>,
}

/// Inspects a process. Returns `None` if it is not visible. Blocks.
pub(super) fn inspect(pid: Pid) -> io::Result<Option<ProcessInfo>> {
    let Some(stat) = read_start(pid, "stat")? else { return Ok(None) };
    // The file of a process that ends during the read may be empty.
    if stat.is_empty() {
        return Ok(None);
    }
    parse(&stat).map(Some).ok_or_else(|| io::Error::other("`stat` is not as proc(5) describes it"))
}

/// Returns all visible processes, or `None` if there are too many. Blocks.
pub(super) fn all() -> io::Result<Option<Vec<Pid>>> {
    let mut pids = Vec::new();
    for (entries, entry) in fs::read_dir("/proc")?.enumerate() {
        if entries == ENTRIES_MAX {
            return Ok(None);
        }
        let name = entry?.file_name();
        pids.extend(name.to_str().and_then(|name| name.parse().ok()).and_then(Pid::from_raw));
    }
    Ok(Some(pids))
}

impl ProcessInfo {
    /// Returns how long after boot it started.
    pub(super) fn started_after_boot(&self) -> Duration {
        let ticks_a_second = clock_ticks_per_second().max(1);
        Duration::from_secs(self.started / ticks_a_second)
    }

    /// Whether it has that name: either the kernel's name for it or the file name of its program. Blocks.
    pub(super) fn is_named(&self, pid: Pid, name: &str) -> bool {
        let kept = &name.as_bytes()[..name.len().min(NAME_BYTES_MAX)];
        self.name == kept || program_name(pid).is_some_and(|program| program == name.as_bytes())
    }
}

/// Returns the file name of the program from the command line. Some programs overwrite their command line with a status
/// text; it has spaces and is ignored.
fn program_name(pid: Pid) -> Option<Vec<u8>> {
    let arguments = read_start(pid, "cmdline").ok().flatten()?;
    let program = arguments.split(|byte| *byte == 0).next()?;
    let file_name = program.rsplit(|byte| *byte == b'/').next()?;
    (!program.contains(&b' ')).then(|| file_name.to_owned())
}

/// Returns the first bytes of a process's file, or `None` if the process is not visible.
fn read_start(pid: Pid, file: &str) -> io::Result<Option<Vec<u8>>> {
    let mut start = Vec::new();
    let path = format!("/proc/{}/{file}", pid.as_raw_nonzero());
    let read = File::open(path).and_then(|file| file.take(FILE_BYTES_MAX).read_to_end(&mut start));
    match read {
        Ok(_) => Ok(Some(start)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) if Errno::from_io_error(&error) == Some(Errno::SRCH) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Parses `pid (name) state parent …`, where field 22 is the start time. The name may hold anything, brackets too.
fn parse(stat: &[u8]) -> Option<ProcessInfo> {
    let opened = stat.iter().position(|byte| *byte == b'(')?;
    let closed = stat.iter().rposition(|byte| *byte == b')').filter(|closed| *closed > opened)?;
    let mut fields = str::from_utf8(&stat[closed + 1..]).ok()?.split_ascii_whitespace();
    let has_ended = matches!(fields.next()?, "Z" | "X" | "x");
    let parent = fields.next()?.parse().ok()?;
    let started = fields.nth(START_FIELD - PARENT_FIELD - 1)?.parse().ok()?;
    Some(ProcessInfo { parent, started, has_ended, name: stat[opened + 1..closed].to_owned() })
}

/// Field numbers as in proc(5), which counts from one.
const PARENT_FIELD: usize = 4;
const START_FIELD: usize = 22;
const NAME_BYTES_MAX: usize = 15;
const FILE_BYTES_MAX: u64 = 4096;
/// More processes than any machine with a sidecar runs.
const ENTRIES_MAX: usize = 65_536;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_process_may_hold_anything() {
        let stat = b"42 (a) R 7 (\n) S 1 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987654 10 11\n";
        let seen = parse(stat).unwrap();
        assert_eq!((seen.parent, seen.started, seen.has_ended), (1, 987_654, false));
        assert_eq!(seen.name, b"a) R 7 (\n");
        assert!(parse(b"42 (a) Z 1 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 9").unwrap().has_ended);
        for odd in [&b""[..], b"42", b"42 )(", b"42 (a) S 1", b"42 (a) S x 42"] {
            assert_eq!(parse(odd), None);
        }
    }
}
