//! The lock file of earlier builds, which programs that read a whole folder took for a token.

use std::{fs, os::unix::fs::MetadataExt as _, path::Path};

use rustix::process::geteuid;

/// Removes it if it is an empty file of this user. What cannot be removed does no harm.
pub(super) fn remove(folder: &Path) {
    let path = folder.join(OLD_LOCK_FILE);
    if fs::symlink_metadata(&path)
        .is_ok_and(|found| found.is_file() && found.len() == 0 && found.uid() == geteuid().as_raw())
    {
        let _ = fs::remove_file(path);
    }
}

const OLD_LOCK_FILE: &str = ".tokenwell.lock";
