//! A point in the life of a process, the same in every run: the n-th call of a kind about one file, regardless of the thread
//! and the random parts of names.

use std::{
    collections::HashMap,
    ffi::OsStr,
    fmt,
    path::{Path, PathBuf},
};

use super::call::Call;

#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct Point {
    pub(crate) call: &'static str,
    /// Relative to the test's folder; empty for a call about no file.
    pub(crate) subject: String,
    /// 1 for the first of its kind.
    pub(crate) nth: u32,
}

/// Identifies the points of one run, in order.
pub(crate) struct Points<'f> {
    /// The folder whose paths count, and the generation that was current at the start.
    folder: &'f Path,
    old_generation: PathBuf,
    counted: HashMap<(&'static str, String), u32>,
}

impl<'f> Points<'f> {
    pub(crate) fn of(folder: &'f Path, old_generation: PathBuf) -> Self {
        Self { folder, old_generation, counted: HashMap::new() }
    }

    /// `None` for a call about something else: the program itself, the system's files, the configuration and the keys.
    pub(crate) fn tell(&mut self, call: &Call) -> Option<Point> {
        let subjects: Option<Vec<_>> = call.paths.iter().map(|path| self.subject(path)).collect();
        let subject = subjects?.join(" -> ");
        let nth = self.counted.entry((call.name, subject.clone())).or_default();
        *nth += 1;
        Some(Point { call: call.name, subject, nth: *nth })
    }

    /// Whether the path is within the outputs, the set, or the state.
    pub(crate) fn is_counted(&self, path: &Path) -> bool {
        let inner = path.strip_prefix(self.folder);
        inner.is_ok_and(|inner| FOLDERS.iter().any(|folder| inner.starts_with(folder)))
    }

    fn subject(&self, path: &Path) -> Option<String> {
        let inner = path.strip_prefix(self.folder).ok().filter(|_| self.is_counted(path))?;
        let names: Vec<_> = inner.iter().filter(|name| *name != ".").map(|name| self.name(name)).collect();
        Some(names.join("/"))
    }

    fn name(&self, name: &OsStr) -> String {
        let text = name.to_str().unwrap();
        if name == self.old_generation {
            "(old generation)".to_owned()
        } else if text.starts_with("..2") {
            "(new generation)".to_owned()
        } else if text.starts_with("..data_tmp.") {
            "..data_tmp.*".to_owned()
        } else if let Some(inner) = text.strip_suffix(".tokenwell") {
            format!("{}.*.tokenwell", inner.rsplit_once('.').unwrap().0)
        } else if text.starts_with(".jwks.json.") {
            ".jwks.json.*".to_owned()
        } else {
            text.to_owned()
        }
    }
}

impl Point {
    /// Whether the call is a step of a write: it changes the disk, or is about a file under construction. Such points are
    /// the same in every run; the number of reads differs a little.
    pub(crate) fn is_of_a_write(&self) -> bool {
        let is_act = ACTS.iter().any(|act| self.call.starts_with(act));
        let is_new = [".*", "(new generation)", ".new"].iter().any(|mark| self.subject.contains(mark));
        is_act || is_new
    }

    /// Whether the call creates a descriptor and is about no file.
    pub(crate) fn makes_a_descriptor(&self) -> bool {
        self.subject.is_empty()
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}` #{}", self.call, self.subject, self.nth)
    }
}

pub(crate) const FOLDERS: [&str; 3] = ["out", "set", "state"];

/// Prefixes of the names of calls that change or lock something.
const ACTS: [&str; 10] =
    ["fchmod", "fchown", "flock", "fsync", "ftruncate", "mkdir", "rename", "symlink", "unlink", "write"];
