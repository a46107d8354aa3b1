//! Files that no token may replace, whatever the configuration says: those that hold access keys.
//!
//! A configuration is checked when it is read. Links and mounts can change later, and `credentialsFrom` brings keys that the
//! configuration does not name. So every write and every removal first asks here: by the folder and the name that it would
//! replace, and by the file that is there. Keys are looked up by device and inode, so ten thousand keys cost a write no more
//! than one. A hit counts only after another look at that key, because inode numbers are used again.

use std::{
    collections::HashMap,
    ffi::OsString,
    fs::{self, Metadata},
    path::{Path, PathBuf},
};

use super::FileTarget;
use crate::{
    blocking::{Access, at_file},
    file_id::FileId,
};

/// The key files and the folders of keys as they were last seen.
#[derive(Clone, Debug, Default)]
pub struct ProtectedKeys {
    /// By the file that the path leads to, links followed.
    files: HashMap<FileId, PathBuf>,
    /// By its folder and its name therein.
    names: HashMap<(FileId, OsString), PathBuf>,
    /// The folders in which every file is a key.
    folders: HashMap<FileId, PathBuf>,
}

impl ProtectedKeys {
    /// Looks where the keys are. Blocks on the disk. What is missing cannot be replaced.
    pub fn look<'p>(files: impl IntoIterator<Item = &'p Path>, folders: impl IntoIterator<Item = &'p Path>) -> Self {
        let mut protected_keys = Self::default();
        let mut seen: HashMap<&Path, Option<FileId>> = HashMap::new();
        for file in files {
            at_file(Access::Read, file);
            if let Some(identity) = FileId::of_regular_file(file) {
                protected_keys.files.insert(identity, file.to_owned());
            }
            let (Some(folder), Some(name)) = (file.parent(), file.file_name()) else { continue };
            if let Some(folder) = *seen.entry(folder).or_insert_with(|| identity(folder)) {
                protected_keys.names.insert((folder, name.to_owned()), file.to_owned());
            }
        }
        for folder in folders {
            at_file(Access::Read, folder);
            if let Some(identity) = identity(folder) {
                protected_keys.folders.insert(identity, folder.to_owned());
            }
        }
        protected_keys
    }

    /// Adds other files and folders.
    pub fn extend(&mut self, other: Self) {
        let Self { files, names, folders } = other;
        self.files.extend(files);
        self.names.extend(names);
        self.folders.extend(folders);
    }

    /// The key file or folder of keys that a write to this output would destroy. Blocks on the disk.
    pub fn in_the_way_of(&self, file: &FileTarget) -> Option<&Path> {
        let (folder, name) = (file.path.parent()?, file.path.file_name()?);
        let folder = identity(folder)?;
        let by_folder = self.folders.get(&folder).filter(|keys| identity(keys) == Some(folder));
        let by_name = || {
            let key = self.names.get(&(folder, name.to_owned()))?;
            (key.parent().and_then(identity) == Some(folder)).then_some(key)
        };
        // A link at the target is itself replaced, and the file that it leads to stays.
        let by_file = || {
            let standing = fs::symlink_metadata(&file.path).ok().filter(Metadata::is_file).as_ref().map(FileId::of)?;
            self.files.get(&standing).filter(|key| FileId::of_regular_file(key) == Some(standing))
        };
        by_folder.or_else(by_name).or_else(by_file).map(PathBuf::as_path)
    }
}

fn identity(path: &Path) -> Option<FileId> {
    FileId::of_path(path).ok()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_key_is_found_by_its_place_by_links_and_by_hard_links() {
        let base = tempfile::tempdir().unwrap();
        let at = |name: &str| base.path().join(name);
        for folder in ["keys", "out", "all"] {
            fs::create_dir(at(folder)).unwrap();
        }
        for file in ["keys/a", "keys/b", "out/c", "all/d", "out/token"] {
            fs::write(at(file), "").unwrap();
        }
        fs::hard_link(at("keys/b"), at("out/b")).unwrap();
        symlink("../out/c", at("keys/c")).unwrap();
        symlink("keys", at("by-link")).unwrap();
        symlink("all", at("all-by-link")).unwrap();
        symlink("../keys/a", at("out/link")).unwrap();
        let files = ["a", "b", "c", "missing"].map(|name| at("keys").join(name));
        let all = at("all");
        let protected_keys = ProtectedKeys::look(files.iter().map(PathBuf::as_path), [all.as_path()]);
        let found = |name: &str| protected_keys.in_the_way_of(&FileTarget::at(at(name))).map(Path::to_owned);
        assert_eq!(found("by-link/a"), Some(at("keys/a")));
        assert_eq!(found("by-link/missing"), Some(at("keys/missing")), "a key may come back");
        assert_eq!(found("out/b"), Some(at("keys/b")));
        assert_eq!(found("out/c"), Some(at("keys/c")), "the key is a link to it");
        assert_eq!(found("all-by-link/new"), Some(at("all")));
        assert_eq!(found("out/link"), None, "a link is replaced itself");
        for free in ["out/token", "out/new", "by-link/new", "nowhere/a"] {
            assert_eq!(found(free), None, "{free}");
        }
    }

    #[test]
    fn what_is_not_so_any_more_is_not_believed() {
        let base = tempfile::tempdir().unwrap();
        let (key, token) = (base.path().join("key"), base.path().join("token"));
        fs::write(&key, "").unwrap();
        fs::hard_link(&key, &token).unwrap();
        let protected_keys = ProtectedKeys::look([key.as_path()], []);
        assert!(protected_keys.in_the_way_of(&FileTarget::at(token.clone())).is_some());
        fs::remove_file(&key).unwrap();
        fs::write(&key, "").unwrap();
        assert_eq!(protected_keys.in_the_way_of(&FileTarget::at(token)), None);
    }
}
