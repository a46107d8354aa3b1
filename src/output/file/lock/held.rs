//! The process that holds an output, as an error of the process that wants it.

use std::{fmt, fs::File, io::Read as _, path::PathBuf};

/// Another process writes to this output, or to its set.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub struct Held {
    /// The output, or the set's folder.
    pub(super) path: PathBuf,
    pub(super) is_set: bool,
    /// `None` if the kernel does not tell.
    pub(super) holder: Option<Holder>,
}

impl Held {
    /// The holder in words: `process 7 (`tokenwell`)`.
    pub fn by(&self) -> String {
        match &self.holder {
            Some(Holder { process, name: Some(name) }) => format!("process {process} (`{name}`)"),
            Some(Holder { process, name: None }) => format!("process {process}"),
            None => "a process in another container or on another machine, whose number cannot be seen here".to_owned(),
        }
    }

    /// The remedy.
    pub fn remedy(&self) -> &'static str {
        if self.is_set { "stop it, or give this one another folder" } else { "stop it, or give this one another path" }
    }
}

/// The first process.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Holder {
    process: i32,
    /// The name of the program, if it can be read.
    name: Option<String>,
}

impl Holder {
    /// The kernel says 0 of a process outside of this one's container, and less of one on another machine.
    pub(super) fn of(process: i32) -> Option<Self> {
        (process > 0).then(|| Self { process, name: program(process) })
    }
}

/// The name of the program of a process, without its arguments, which may hold secrets.
fn program(process: i32) -> Option<String> {
    let mut name = Vec::new();
    File::open(format!("/proc/{process}/comm")).ok()?.take(PROGRAM_BYTES_MAX).read_to_end(&mut name).ok()?;
    let name: String = String::from_utf8_lossy(&name).chars().filter(|c| !c.is_control() && *c != '`').collect();
    (!name.is_empty()).then_some(name)
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.is_set { "set " } else { "" };
        write!(f, "{what}`{}` is written by another tokenwell: {}", self.path.display(), self.by())?;
        write!(f, "; {}", self.remedy())
    }
}

/// More than the kernel keeps of a program's name.
const PROGRAM_BYTES_MAX: u64 = 64;
