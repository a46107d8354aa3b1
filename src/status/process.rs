//! What the kernel says of this process, as Prometheus' own libraries report it, and of one that left a report.

use std::{fs, process, str::FromStr};

use super::report::Report;

/// One look at `/proc`. What could not be read is missing: `/proc` may be hidden.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Process {
    /// Processor time, in user and in system mode, in seconds.
    pub cpu_seconds: Option<f64>,
    /// When it started, in seconds since 1970.
    pub start_seconds: Option<f64>,
    /// Memory that it occupies, in bytes.
    pub resident_bytes: Option<u64>,
    /// Memory that it has addresses for, in bytes.
    pub virtual_bytes: Option<u64>,
    /// Threads.
    pub threads: Option<u64>,
    /// Open file descriptors.
    pub open_descriptors: Option<u64>,
    /// The most that it may have.
    pub descriptors_max: Option<u64>,
}

impl Process {
    /// Looks; a few system calls on files that never touch a disk.
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

/// Whether the process that wrote a report still runs here, as far as the kernel tells: one of its number and of this program's
/// name does. A number is given again, and a process of another container is not in sight.
pub fn is_writer_running(report: &Report) -> bool {
    let (writer, own) = (report.process_id, process::id());
    report.stopped_at.is_none()
        && writer != own
        && running_name(writer).is_some_and(|name| Some(name) == running_name(own))
}

/// The name of a process that runs; one that has ended and that nobody has asked about yet runs no more.
fn running_name(pid: u32) -> Option<String> {
    let stat = read(&format!("/proc/{pid}/stat"));
    let (head, state) = stat.rsplit_once(") ")?;
    let (_, name) = head.split_once('(')?;
    (!state.starts_with(['Z', 'X'])).then(|| name.to_owned())
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// The first word that follows a name at the beginning of a line.
fn value_of<T: FromStr>(text: &str, name: &str) -> Option<T> {
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    field(rest.split_whitespace().next())
}

fn field<T: FromStr>(text: Option<&str>) -> Option<T> {
    text?.parse().ok()
}

/// The unit in which Linux tells programs of processor time (`USER_HZ`), on every architecture that Rust's std has.
const TICKS_A_SECOND: f64 = 100.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_tells_all_of_it() {
        let process = Process::inspect();
        let Process { cpu_seconds, start_seconds, resident_bytes, virtual_bytes, threads, .. } = process;
        assert!(cpu_seconds.unwrap() >= 0.0);
        assert!(start_seconds.unwrap() > 1_600_000_000.0, "{start_seconds:?}");
        assert!(resident_bytes.unwrap() > 100_000 && resident_bytes < virtual_bytes);
        assert!(threads.unwrap() >= 1);
        assert!(process.open_descriptors.unwrap() >= 3 && process.open_descriptors <= process.descriptors_max);
    }
}
