//! The steps of a write to a set, by name.

use std::path::Path;

use crate::output::file::Step;

/// A step of a write to a set, in order; the page of the set ([`super`]) has their numbers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum SetStep {
    /// 1. Look at the existing set.
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
