//! A file as a target: where it is and whose it is to be.

use std::path::PathBuf;

use crate::output::render::Format;

/// A file that holds a session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileTarget {
    /// Where; absolute.
    pub path: PathBuf,
    /// Permission bits, at most 0o777.
    pub mode: u32,
    /// The owner's uid, if it is to be set.
    pub owner: Option<u32>,
    /// The group's gid, if it is to be set.
    pub group: Option<u32>,
    /// If its folder is a set, whose files change as one: how the folders of its generations are made.
    pub set: Option<SetFolder>,
}

/// The folders of a set's generations.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SetFolder {
    /// Permission bits, at most 0o777; the owner has all of them.
    pub mode: u32,
    /// The group's gid, if it is to be set.
    pub group: Option<u32>,
}

impl FileTarget {
    /// The file at that path, with the mode of an output that names none.
    pub fn at(path: PathBuf) -> Self {
        Self { path, mode: MODE_DEFAULT, owner: None, group: None, set: None }
    }

    /// The group of its folder, where that has to be made.
    pub(super) fn folder_group(&self) -> Option<u32> {
        self.set.as_ref().map_or(self.group, |set| set.group)
    }
}

/// A file and how a session is written to it.
#[derive(Clone, Copy)]
pub(in crate::output) struct FileOutput<'o> {
    pub(in crate::output) target: &'o FileTarget,
    pub(in crate::output) format: &'o Format,
}

/// The mode of an output that names none.
const MODE_DEFAULT: u32 = 0o640;
