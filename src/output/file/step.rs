//! The steps of a write of one file, by name.

use std::path::Path;

/// A step of a write, with its number in the documentation of `write.rs`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Step {
    /// 1. Look at the file at the target.
    Look = 1,
    /// 2. Make missing folders.
    MakeFolders,
    /// 3. Create the temporary file.
    CreateTemporary,
    /// 4. Write the content.
    WriteContent,
    /// 5. Set owner and group.
    SetOwner,
    /// 6. Set the mode.
    SetMode,
    /// 7. Sync the file.
    SyncFile,
    /// 8. Rename it over the target.
    Rename,
    /// 9. Sync the folder.
    SyncFolder,
}

impl Step {
    /// Every step, in order.
    pub const ALL: [Self; 9] = [
        Self::Look,
        Self::MakeFolders,
        Self::CreateTemporary,
        Self::WriteContent,
        Self::SetOwner,
        Self::SetMode,
        Self::SyncFile,
        Self::Rename,
        Self::SyncFolder,
    ];

    /// The step in words that follow "cannot", with the path that it is about.
    pub fn at(self, path: &Path) -> String {
        let path = path.display();
        match self {
            Self::Look => format!("look at token file `{path}`"),
            Self::MakeFolders => format!("make folder `{path}`"),
            Self::CreateTemporary => format!("create a temporary file in folder `{path}`"),
            Self::WriteContent => format!("write token file `{path}`"),
            Self::SetOwner => format!("set owner and group of token file `{path}`"),
            Self::SetMode => format!("set the mode of token file `{path}`"),
            Self::SyncFile => format!("sync token file `{path}` to disk"),
            Self::Rename => format!("replace token file `{path}`"),
            Self::SyncFolder => format!("sync folder `{path}` to disk"),
        }
    }
}
