//! A file as a target: where it is and whose it is to be.

use std::{path::PathBuf, time::Duration};

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

/// The folders of a set: its own, and those of its generations.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SetFolder {
    /// Permission bits, at most 0o777; the owner has all of them.
    pub mode: u32,
    /// The group's gid, if it is to be set.
    pub group: Option<u32>,
    /// What happens to its own folder if another program made it.
    pub existing: ExistingFolder,
    /// How long a generation stays after it was replaced.
    pub keep_previous: Duration,
}

/// What happens to the folder of a set that another program made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ExistingFolder {
    /// It stays as it is.
    #[default]
    Keep,
    /// It gets the mode and the group of the set, if it belongs to this user and holds nothing but the set.
    Adjust,
}

/// How a folder is made that is missing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct NewFolder {
    /// Permission bits.
    pub(super) mode: u32,
    /// The group's gid, if it is to be set.
    pub(super) group: Option<u32>,
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

    /// Its folder, where that has to be made.
    pub(super) fn new_folder(&self) -> NewFolder {
        self.set.as_ref().map_or(NewFolder { mode: FOLDER_MODE, group: self.group }, SetFolder::new_folder)
    }
}

impl SetFolder {
    /// How long a generation stays where the configuration does not say: more time than any reader needs between opening a folder and
    /// opening a file in it.
    pub const KEEP_PREVIOUS: Duration = Duration::from_secs(5);

    /// With that mode and group, and all else as usual.
    pub const fn new(mode: u32, group: Option<u32>) -> Self {
        Self { mode, group, existing: ExistingFolder::Keep, keep_previous: Self::KEEP_PREVIOUS }
    }

    /// The folder of the set itself, where that has to be made.
    pub(super) fn new_folder(&self) -> NewFolder {
        NewFolder { mode: self.mode, group: self.group }
    }

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
/// The mode of a folder that is made for an output: owner everything, group may read and pass, others nothing.
pub(super) const FOLDER_MODE: u32 = 0o750;
