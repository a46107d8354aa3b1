//! Whether a process is stopped.

use std::fs;

/// Whether a signal has stopped the first thread of the process.
pub(crate) fn is_stopped(process: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    stat.rsplit_once(") ").unwrap().1.starts_with('T')
}
