//! The steps of a write to a set by name, and what is said of one that failed.

use std::{
    ffi::OsStr,
    fmt, io,
    path::{Path, PathBuf},
};

use crate::output::file::{Step, WriteError};

/// A step of a write to a set, in order; the page of the set ([`super`]) has their numbers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum SetStep {
    /// 1. Look at what stands there.
    Look,
    /// 2. Make missing folders.
    MakeFolders,
    /// 3. Make the folder of the new generation.
    MakeGeneration,
    /// 4. Create a file in it.
    CreateFile,
    /// 4. Write its content.
    WriteContent,
    /// 4. Set its owner and group.
    SetOwner,
    /// 4. Set its mode.
    SetMode,
    /// 4. Sync it.
    SyncFile,
    /// 5. Link to a file of the current generation.
    CarryOver,
    /// 5. Copy one that may not be linked to.
    CopyOver,
    /// 6. Set the group of the generation's folder.
    SetGenerationGroup,
    /// 6. Set its mode.
    SetGenerationMode,
    /// 6. Sync it.
    SyncGeneration,
    /// 7. Make the new `..data` under a temporary name.
    MakeDataLink,
    /// 8. Rename it over `..data`.
    Swap,
    /// 9. Sync the set's folder.
    SyncFolder,
    /// 10. Make, repair or remove the link by which readers know a file.
    Link,
    /// 11. Remove old generations.
    RemoveOld,
}

impl SetStep {
    /// Every step, in order.
    pub const ALL: [Self; 18] = [
        Self::Look,
        Self::MakeFolders,
        Self::MakeGeneration,
        Self::CreateFile,
        Self::WriteContent,
        Self::SetOwner,
        Self::SetMode,
        Self::SyncFile,
        Self::CarryOver,
        Self::CopyOver,
        Self::SetGenerationGroup,
        Self::SetGenerationMode,
        Self::SyncGeneration,
        Self::MakeDataLink,
        Self::Swap,
        Self::SyncFolder,
        Self::Link,
        Self::RemoveOld,
    ];

    /// The step of a plain write that meets the same troubles and has the same remedies.
    pub fn plain(self) -> Step {
        match self {
            Self::Look => Step::Look,
            Self::MakeFolders => Step::MakeFolders,
            Self::MakeGeneration | Self::CreateFile | Self::CarryOver | Self::CopyOver | Self::MakeDataLink => {
                Step::CreateTemporary
            }
            Self::WriteContent => Step::WriteContent,
            Self::SetOwner | Self::SetGenerationGroup => Step::SetOwner,
            Self::SetMode | Self::SetGenerationMode => Step::SetMode,
            Self::SyncFile | Self::SyncGeneration => Step::SyncFile,
            Self::Swap | Self::Link | Self::RemoveOld => Step::Rename,
            Self::SyncFolder => Step::SyncFolder,
        }
    }
}

impl fmt::Display for SetStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Look => "look at set",
            Self::MakeFolders => "make folder",
            Self::MakeGeneration => "make a new generation in set",
            Self::CreateFile => "create in a new generation token file",
            Self::WriteContent => "write token file",
            Self::SetOwner => "set owner and group of token file",
            Self::SetMode => "set the mode of token file",
            Self::SyncFile => "sync to disk token file",
            Self::CarryOver => "carry over into a new generation token file",
            Self::CopyOver => "copy into a new generation token file",
            Self::SetGenerationGroup => "set the group of a new generation in set",
            Self::SetGenerationMode => "set the mode of a new generation in set",
            Self::SyncGeneration => "sync to disk a new generation in set",
            Self::MakeDataLink => "make a link to a new generation in set",
            Self::Swap => "make a new generation current in set",
            Self::SyncFolder => "sync to disk set",
            Self::Link => "link to its generation token file",
            Self::RemoveOld => "remove old generations in set",
        })
    }
}

/// Takes the steps of one write, each told to the observer first.
pub(super) struct SetSteps<'w> {
    pub(super) directory: &'w Path,
    pub(super) before: &'w mut dyn FnMut(SetStep) -> io::Result<()>,
}

impl SetSteps<'_> {
    /// A step about the set.
    pub(super) fn take<T>(&mut self, step: SetStep, act: impl FnOnce() -> io::Result<T>) -> Result<T, WriteError> {
        (self.before)(step).and_then(|()| act()).map_err(|source| WriteError::Set {
            step,
            path: self.directory.to_owned(),
            source,
        })
    }

    /// A step about one file of it.
    pub(super) fn take_of<T>(
        &mut self,
        step: SetStep,
        name: &OsStr,
        act: impl FnOnce() -> io::Result<T>,
    ) -> Result<T, WriteError> {
        let path = self.path_of(name);
        (self.before)(step).and_then(|()| act()).map_err(|source| WriteError::Set { step, path, source })
    }

    /// Where readers find a file.
    pub(super) fn path_of(&self, name: &OsStr) -> PathBuf {
        self.directory.join(name)
    }
}
