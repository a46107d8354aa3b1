//! The memory of a process, as root sees it.

use std::{
    fs::{self, File},
    os::unix::fs::FileExt as _,
};

/// A memory region that the process may write to: heap, stacks, statics.
pub(crate) struct Stretch {
    /// Its line in `/proc/PID/maps`.
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

/// Reads all writable memory of the process. Skips regions that are unmapped meanwhile.
pub(crate) fn of(process: u32) -> Vec<Stretch> {
    let maps = fs::read_to_string(format!("/proc/{process}/maps")).unwrap();
    let memory = File::open(format!("/proc/{process}/mem")).unwrap();
    let writable = maps.lines().filter(|line| line.split(' ').nth(1).is_some_and(|rights| rights.starts_with("rw")));
    writable
        .filter_map(|line| {
            let (from, to) = line.split(' ').next()?.split_once('-')?;
            let number = |text| u64::from_str_radix(text, 16).unwrap();
            let (from, to) = (number(from), number(to));
            let mut bytes = vec![0; usize::try_from(to - from).unwrap()];
            // The guard page of a stack, or a mapping that was removed.
            memory.read_exact_at(&mut bytes, from).ok()?;
            Some(Stretch { name: line.to_owned(), bytes })
        })
        .collect()
}
