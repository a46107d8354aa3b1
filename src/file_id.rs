//! Identity of a file, whatever its name.

use std::{
    fs::{self, Metadata},
    io,
    os::unix::fs::MetadataExt as _,
    path::Path,
};

/// Device and inode of a file or a folder.
///
/// Two paths with one identity lead to one file. Some file systems reuse the inode of a removed file at once, so an equal
/// identity at a later time does not prove that it is the same file.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct FileId {
    device: u64,
    inode: u64,
}

impl FileId {
    /// Identity of the file or folder that a path leads to, links followed. Blocks on the disk.
    pub fn of_path(path: &Path) -> io::Result<Self> {
        fs::metadata(path).map(|found| Self::of(&found))
    }

    /// Identity of the regular file that a path leads to, links followed; `None` if there is none. Blocks on the disk.
    pub fn of_regular_file(path: &Path) -> Option<Self> {
        fs::metadata(path).ok().filter(Metadata::is_file).as_ref().map(Self::of)
    }

    /// Identity of what a path names; of a link, its own. Blocks on the disk.
    pub fn of_name(path: &Path) -> io::Result<Self> {
        fs::symlink_metadata(path).map(|found| Self::of(&found))
    }

    /// Identity of what was already looked up.
    pub fn of(found: &Metadata) -> Self {
        Self { device: found.dev(), inode: found.ino() }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn names_of_one_file_have_one_identity() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("file"), "").unwrap();
        fs::write(at("other"), "").unwrap();
        fs::hard_link(at("file"), at("hard")).unwrap();
        symlink(at("file"), at("link")).unwrap();
        let file = FileId::of_path(&at("file")).unwrap();
        assert_eq!(FileId::of_path(&at("hard")).unwrap(), file);
        assert_eq!(FileId::of_path(&at("link")).unwrap(), file);
        assert_ne!(FileId::of_path(&at("other")).unwrap(), file);
        assert_eq!(FileId::of_name(&at("hard")).unwrap(), file);
        assert_ne!(FileId::of_name(&at("link")).unwrap(), file);
    }

    #[test]
    fn only_a_regular_file_is_one() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        assert_eq!(FileId::of_regular_file(&file), None);
        assert_eq!(FileId::of_path(&file).unwrap_err().kind(), io::ErrorKind::NotFound);
        fs::write(&file, "").unwrap();
        assert_eq!(FileId::of_regular_file(&file), FileId::of_path(&file).ok());
        assert_eq!(FileId::of_regular_file(folder.path()), None);
        assert!(FileId::of_path(folder.path()).is_ok());
    }
}
