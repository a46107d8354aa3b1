//! The process that holds an output, as an error of the process that wants it.

use std::{fmt, fs::File, io::Read as _, path::PathBuf};

/// Another process writes to this output or to its set, or uses this state directory.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub struct Held {
    /// The output, or the folder.
    pub(super) path: PathBuf,
    pub(super) claimed: Claimed,
    /// `None` if the kernel does not tell.
    pub(super) holder: Option<Holder>,
}

/// What a process can claim.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Claimed {
    /// A plain output.
    Output,
    /// A set.
    Set,
    /// A state directory.
    StateDirectory,
}

impl Held {
    /// The number of the process; `None` if the kernel does not tell, because it is in another container or on another machine.
    pub fn process(&self) -> Option<i32> {
        self.holder.as_ref().map(|holder| holder.process)
    }

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
        match self.claimed {
            Claimed::Output => "stop it, or give this one another path",
            Claimed::Set => "stop it, or give this one another folder",
            Claimed::StateDirectory => "stop it, or give this one another `stateDirectory`",
        }
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
        let (what, use_of) = match self.claimed {
            Claimed::Output => ("", "written"),
            Claimed::Set => ("set ", "written"),
            Claimed::StateDirectory => ("state directory ", "used"),
        };
        write!(f, "{what}`{}` is {use_of} by another tokenwell: {}", self.path.display(), self.by())?;
        write!(f, "; {}", self.remedy())
    }
}

/// More than the kernel keeps of a program's name.
const PROGRAM_BYTES_MAX: u64 = 64;
