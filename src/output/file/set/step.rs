//! The steps of a write to a set by name, and what is said of one that failed.

use std::{
    ffi::OsStr,
    io,
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

impl SetStep {
    /// The step in words that follow "cannot", with the path that it is about: a token file, or the folder of the set.
    pub fn at(self, path: &Path) -> String {
        let path = path.display();
        match self {
            Self::Look => format!("look at `{path}`"),
            Self::MakeFolders => format!("make folder `{path}`"),
            Self::MakeGeneration => format!("make a new generation in set `{path}`"),
            Self::CreateFile => format!("create token file `{path}` in a new generation"),
            Self::WriteContent => format!("write token file `{path}`"),
            Self::SetOwner => format!("set owner and group of token file `{path}`"),
            Self::SetMode => format!("set the mode of token file `{path}`"),
            Self::SyncFile => format!("sync token file `{path}` to disk"),
            Self::CarryOver => format!("link token file `{path}` into a new generation"),
            Self::CopyOver => format!("copy token file `{path}` into a new generation"),
            Self::SetGenerationGroup => format!("set the group of a new generation in set `{path}`"),
            Self::SetGenerationMode => format!("set the mode of a new generation in set `{path}`"),
            Self::SyncGeneration => format!("sync a new generation in set `{path}` to disk"),
            Self::MakeDataLink => format!("make a link to a new generation in set `{path}`"),
            Self::Swap => format!("make a new generation the current one in set `{path}`"),
            Self::SyncFolder => format!("sync set `{path}` to disk"),
            Self::Link => format!("update the link of token file `{path}`"),
            Self::RemoveOld => format!("remove old generations in set `{path}`"),
        }
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

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn every_step_makes_a_sentence() {
        let path = PathBuf::from("/x");
        let source = || io::Error::other("why");
        let plain = Step::ALL.map(|step| WriteError::Failed { step, path: path.clone(), source: source() }.to_string());
        let in_set =
            SetStep::ALL.map(|step| WriteError::Set { step, path: path.clone(), source: source() }.to_string());
        insta::assert_snapshot!(plain.join("\n"), @r"
        cannot look at token file `/x`: why
        cannot make folder `/x`: why
        cannot create a temporary file in folder `/x`: why
        cannot write token file `/x`: why
        cannot set owner and group of token file `/x`: why
        cannot set the mode of token file `/x`: why
        cannot sync token file `/x` to disk: why
        cannot replace token file `/x`: why
        cannot sync folder `/x` to disk: why
        ");
        insta::assert_snapshot!(in_set.join("\n"), @r"
        cannot look at `/x`: why
        cannot make folder `/x`: why
        cannot make a new generation in set `/x`: why
        cannot create token file `/x` in a new generation: why
        cannot write token file `/x`: why
        cannot set owner and group of token file `/x`: why
        cannot set the mode of token file `/x`: why
        cannot sync token file `/x` to disk: why
        cannot link token file `/x` into a new generation: why
        cannot copy token file `/x` into a new generation: why
        cannot set the group of a new generation in set `/x`: why
        cannot set the mode of a new generation in set `/x`: why
        cannot sync a new generation in set `/x` to disk: why
        cannot make a link to a new generation in set `/x`: why
        cannot make a new generation the current one in set `/x`: why
        cannot sync set `/x` to disk: why
        cannot update the link of token file `/x`: why
        cannot remove old generations in set `/x`: why
        ");
    }
}
