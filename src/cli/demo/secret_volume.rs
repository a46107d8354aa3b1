//! A folder laid out and updated like a mounted Kubernetes Secret (`pkg/volume/util/atomic_writer.go`).

use std::{
    fs::{self, DirBuilder, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, symlink},
    path::{Path, PathBuf},
    time::SystemTime,
};

use crate::secret::Secret;

/// `<mount>/..2026_11_23_13_23_45.1` contains the files, `<mount>/..data` links to the newest such folder, and users
/// read `<mount>/<name> -> ..data/<name>`.
pub(super) struct SecretVolume {
    mount: PathBuf,
    /// The folder that `..data` links to.
    newest: Option<PathBuf>,
    updates: u32,
}

impl SecretVolume {
    /// Creates an empty volume in a new folder.
    pub(super) fn new(mount: PathBuf) -> io::Result<Self> {
        DirBuilder::new().mode(FOLDER_MODE).create(&mount)?;
        Ok(Self { mount, newest: None, updates: 0 })
    }

    /// Replaces all files atomically, like the kubelet:
    ///
    /// 1. Create a new folder, named after the time.
    /// 2. Write the files into it.
    /// 3. Create a link to it and rename it to `..data`: from here on readers get the new files.
    /// 4. Create the missing links to the files. Names are never removed here, so no links are.
    /// 5. Remove the old folder.
    pub(super) fn update<'a>(
        &mut self,
        now: SystemTime,
        files: impl Iterator<Item = (&'a str, &'a Secret)> + Clone,
    ) -> io::Result<()> {
        // 1.
        self.updates += 1;
        let time = humantime::format_rfc3339_seconds(now).to_string().replace(['-', 'T', ':'], "_");
        let folder = PathBuf::from(format!("..{}.{}", time.trim_end_matches('Z'), self.updates));
        let whole = self.mount.join(&folder);
        DirBuilder::new().mode(FOLDER_MODE).create(&whole)?;
        // 2.
        for (name, key) in files.clone() {
            let mut file = OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(whole.join(name))?;
            file.write_all(key.expose().as_bytes())?;
        }
        // 3.
        let link = self.mount.join("..data_tmp");
        symlink(folder, &link)?;
        fs::rename(link, self.mount.join("..data"))?;
        // 4.
        for (name, _) in files {
            let visible = self.path(name);
            if fs::symlink_metadata(&visible).is_err() {
                symlink(Path::new("..data").join(name), visible)?;
            }
        }
        // 5.
        self.newest.replace(whole).map_or(Ok(()), fs::remove_dir_all)
    }

    /// Returns the path that users read.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.mount.join(name)
    }
}

/// The kubelet's default. The parent folder belongs to the demo and is closed to others.
const FILE_MODE: u32 = 0o644;
const FOLDER_MODE: u32 = 0o755;

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    #[test]
    fn an_update_is_one_rename_and_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let mut volume = SecretVolume::new(folder.path().join("secret")).unwrap();
        let secret = |text: &str| Secret::new(text.to_owned());
        let mut keys = [("billing", secret("K2a")), ("search", secret("K2b"))];
        for text in ["K2a", "K2c", "K2d"] {
            keys[0].1 = secret(text);
            volume.update(UNIX_EPOCH, keys.iter().map(|(name, key)| (*name, key))).unwrap();
            for (name, key) in &keys {
                assert_eq!(fs::read_to_string(volume.path(name)).unwrap().trim(), key.expose());
            }
        }
        let mut entries: Vec<_> =
            fs::read_dir(folder.path().join("secret")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        entries.sort();
        assert_eq!(entries, ["..1970_01_01_00_00_00.3", "..data", "billing", "search"]);
        let link = |name: &str| fs::read_link(volume.path(name)).unwrap();
        assert_eq!(link("..data"), Path::new("..1970_01_01_00_00_00.3"));
        assert_eq!(link("billing"), Path::new("..data/billing"));
    }
}
