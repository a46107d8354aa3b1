//! Kernel statistics of this process, as Prometheus' own libraries report them, and whether a report's writer still runs.

use std::{fs, process, str::FromStr};

use super::report::Report;

/// Statistics from `/proc`. Values that cannot be read are absent: `/proc` may be hidden.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Process {
    /// Processor time in user and system mode, in seconds.
    pub cpu_seconds: Option<f64>,
    /// When it started, in seconds since 1970.
    pub start_seconds: Option<f64>,
    /// Resident memory, in bytes.
    pub resident_bytes: Option<u64>,
    /// Virtual memory, in bytes.
    pub virtual_bytes: Option<u64>,
    /// The number of threads.
    pub threads: Option<u64>,
    /// The number of open file descriptors.
    pub open_descriptors: Option<u64>,
    /// The limit on open file descriptors.
    pub descriptors_max: Option<u64>,
}

impl Process {
    /// Reads the statistics with a few system calls that never touch a disk.
    pub fn inspect() -> Self {
        let stat = read("/proc/self/stat");
        // The second field is a name in parentheses that may hold anything.
        let fields: Vec<&str> = stat.rsplit_once(") ").map_or("", |(_, rest)| rest).split(' ').collect();
        let ticks = |n: usize| field::<f64>(fields.get(n - 3).copied()).map(|ticks| ticks / TICKS_A_SECOND);
        let status = read("/proc/self/status");
        let kibibytes = |name| value_of::<u64>(&status, name).map(|kibibytes| kibibytes * 1024);
        let booted = value_of::<f64>(&read("/proc/stat"), "btime");
        Self {
            cpu_seconds: ticks(14).zip(ticks(15)).map(|(user, system)| user + system),
            start_seconds: booted.zip(ticks(22)).map(|(booted, after)| booted + after),
            resident_bytes: kibibytes("VmRSS:"),
            virtual_bytes: kibibytes("VmSize:"),
            threads: value_of(&status, "Threads:"),
            open_descriptors: fs::read_dir("/proc/self/fd").ok().map(|open| open.count() as u64 - 1),
            descriptors_max: value_of(&read("/proc/self/limits"), "Max open files"),
        }
    }
}

/// Whether the process that wrote a report probably still runs: a process with its number and this program's name does.
/// Numbers are reused, and a process of another container is not visible.
pub fn is_writer_running(report: &Report) -> bool {
    let (writer, own) = (report.process_id, process::id());
    report.stopped_at.is_none()
        && writer != own
        && running_name(writer).is_some_and(|name| Some(name) == running_name(own))
}

/// Whether a process is `tokenwell run`, which signals ask to renew and to reload. `tokenwell exec` passes them on to its program.
pub fn is_signalled_daemon(pid: u32) -> bool {
    let arguments = read(&format!("/proc/{pid}/cmdline"));
    arguments.split('\0').nth(1) == Some("run") && running_name(pid) == running_name(process::id())
}

/// Returns the name of a running process. Returns `None` for a zombie.
fn running_name(pid: u32) -> Option<String> {
    let stat = read(&format!("/proc/{pid}/stat"));
    let (head, state) = stat.rsplit_once(") ")?;
    let (_, name) = head.split_once('(')?;
    (!state.starts_with(['Z', 'X'])).then(|| name.to_owned())
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// Returns the first word after a name at the start of a line.
fn value_of<T: FromStr>(text: &str, name: &str) -> Option<T> {
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    field(rest.split_whitespace().next())
}

fn field<T: FromStr>(text: Option<&str>) -> Option<T> {
    text?.parse().ok()
}

/// The unit of processor time in `/proc` (`USER_HZ`), on every architecture that Rust's std supports.
const TICKS_A_SECOND: f64 = 100.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_read_from_the_kernel() {
        let process = Process::inspect();
        let Process { cpu_seconds, start_seconds, resident_bytes, virtual_bytes, threads, .. } = process;
        assert!(cpu_seconds.unwrap() >= 0.0);
        assert!(start_seconds.unwrap() > 1_600_000_000.0, "{start_seconds:?}");
        assert!(resident_bytes.unwrap() > 100_000 && resident_bytes < virtual_bytes);
        assert!(threads.unwrap() >= 1);
        assert!(process.open_descriptors.unwrap() >= 3 && process.open_descriptors <= process.descriptors_max);
    }
}
