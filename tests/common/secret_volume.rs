//! A mounted Kubernetes Secret, updated as the kubelet does it (`pkg/volume/util/atomic_writer.go`).

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

/// `<mount>/..2026_N/<name>` is a file, `<mount>/..data` links to the newest folder, and users read
/// `<mount>/<name> -> ..data/<name>`.
pub(crate) struct SecretVolume {
    mount: PathBuf,
    generation: u32,
}

impl SecretVolume {
    pub(crate) fn new(mount: &Path, files: &[(&str, &str)]) -> Self {
        fs::create_dir_all(mount).unwrap();
        let mut volume = Self { mount: mount.to_owned(), generation: 0 };
        volume.update(files);
        volume
    }

    /// Updates in this order: new folder, its files, a new link renamed over `..data`, the visible links, removal of the old
    /// folder.
    pub(crate) fn update(&mut self, files: &[(&str, &str)]) {
        let old = self.folder();
        self.generation += 1;
        let new = self.folder();
        fs::create_dir(&new).unwrap();
        for (name, text) in files {
            fs::write(new.join(name), text).unwrap();
        }
        symlink(new.file_name().unwrap(), self.mount.join("..data_tmp")).unwrap();
        fs::rename(self.mount.join("..data_tmp"), self.mount.join("..data")).unwrap();
        for (name, _) in files {
            if fs::symlink_metadata(self.path(name)).is_err() {
                symlink(Path::new("..data").join(name), self.path(name)).unwrap();
            }
        }
        for entry in fs::read_dir(&self.mount).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if !name.starts_with("..") && files.iter().all(|(kept, _)| *kept != name) {
                fs::remove_file(self.path(&name)).unwrap();
            }
        }
        if old.exists() {
            fs::remove_dir_all(old).unwrap();
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.mount.join(name)
    }

    fn folder(&self) -> PathBuf {
        self.mount.join(format!("..2026_{}", self.generation))
    }
}
