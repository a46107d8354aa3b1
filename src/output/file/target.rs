//! A file as a target: where it is and whose it is to be.

use std::path::PathBuf;

use crate::{
    attributes::{Imposed, ImposedAttributes, WantedAttributes},
    output::render::Format,
};

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
    /// What happens on a file system that does not keep `mode`, `owner` and `group`.
    pub on_mode_ignored: OnModeIgnored,
    /// If its folder is a set, whose files change as one: how the folders of its generations are made.
    pub set: Option<SetFolder>,
}

/// What happens on a file system that gives a file other attributes than those that were asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum OnModeIgnored {
    /// The file is written with what the file system gives.
    #[default]
    Accept,
    /// The write fails before a reader can see anything.
    Refuse,
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
        let on_mode_ignored = OnModeIgnored::default();
        Self { path, mode: MODE_DEFAULT, owner: None, group: None, on_mode_ignored, set: None }
    }

    /// The attributes of the file.
    pub(super) fn attributes(&self) -> WantedAttributes {
        WantedAttributes { mode: self.mode, owner: self.owner, group: self.group }
    }

    /// The group of its folder, where that has to be made.
    pub(super) fn folder_group(&self) -> Option<u32> {
        self.set.as_ref().map_or(self.group, |set| set.group)
    }
}

impl SetFolder {
    /// The attributes of the folders.
    pub(super) fn attributes(&self) -> WantedAttributes {
        WantedAttributes { mode: self.mode, owner: None, group: self.group }
    }
}

/// A file and how a session is written to it.
#[derive(Clone, Copy)]
pub(in crate::output) struct FileOutput<'o> {
    pub(in crate::output) target: &'o FileTarget,
    pub(in crate::output) format: &'o Format,
    /// What its file system imposed at the last write.
    pub(in crate::output) imposed: Option<&'o Imposed>,
}

impl<'o> FileOutput<'o> {
    pub(super) fn expected(self) -> Expected<'o> {
        Expected { file: self.target, imposed: self.imposed }
    }
}

/// A file as it should be found: as it is configured, or with what its file system imposed.
#[derive(Clone, Copy)]
pub struct Expected<'o> {
    pub(super) file: &'o FileTarget,
    imposed: Option<&'o Imposed>,
}

impl<'o> Expected<'o> {
    /// A file that may have what its file system imposed at an earlier write.
    pub fn with(file: &'o FileTarget, imposed: Option<&'o Imposed>) -> Self {
        Self { file, imposed }
    }

    /// What the file system imposed on the file, if that is accepted.
    pub(super) fn imposed_on_file(self) -> Option<&'o ImposedAttributes> {
        self.accepted()?.file.as_ref()
    }

    /// What the file system imposed on the folder of a generation, if that is accepted.
    pub(super) fn imposed_on_folder(self) -> Option<&'o ImposedAttributes> {
        self.accepted()?.folder.as_ref()
    }

    fn accepted(self) -> Option<&'o Imposed> {
        match self.file.on_mode_ignored {
            OnModeIgnored::Accept => self.imposed,
            OnModeIgnored::Refuse => None,
        }
    }
}

impl<'o> From<&'o FileTarget> for Expected<'o> {
    fn from(file: &'o FileTarget) -> Self {
        Self { file, imposed: None }
    }
}

/// The mode of an output that names none.
const MODE_DEFAULT: u32 = 0o640;
