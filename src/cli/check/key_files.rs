//! What can be said of key files without reading a key.

use std::{
    collections::HashMap,
    fs, io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use crate::config::{Config, Credential};

/// What is there.
#[derive(Default)]
pub(super) struct KeyFiles {
    /// Key files, and what to say of each.
    pub(super) found: HashMap<PathBuf, &'static str>,
    /// The credentials of each folder of keys, in the order of the folders.
    pub(super) in_folders: Vec<Vec<Credential>>,
    /// What will not work as things are.
    pub(super) warnings: Vec<String>,
}

/// Looks at every key file and every folder of keys.
pub(super) fn look(config: &Config) -> KeyFiles {
    let mut keys = KeyFiles::default();
    for credential in &config.credentials {
        keys.look_at_file(&credential.key_file);
        if let Some(folder) = credential.key_file.parent() {
            keys.look_at_folder(folder);
        }
    }
    for directory in &config.key_directories {
        let (mut credentials, mut rejected) = (Vec::new(), Vec::new());
        match names_in(&directory.path) {
            Ok(names) if names.is_empty() => {
                keys.warnings.push(format!("key folder `{}` has no keys in it", directory.path.display()));
            }
            Ok(names) => {
                for name in names {
                    match directory.credential(&name) {
                        Ok(credential) => credentials.push(credential),
                        Err(error) => rejected.push(error.to_string()),
                    }
                }
            }
            Err(error) => keys.warnings.push(cannot("read key folder", &directory.path, &error)),
        }
        keys.look_at_folder(&directory.path);
        for credential in &credentials {
            keys.look_at_file(&credential.key_file);
            if let Some(rival) = config.named_rival(credential) {
                let what =
                    "key file `{}` makes no credential of its own: credential `{}` has its name or an output of it";
                keys.warnings.push(what.replacen("{}", &credential.key_file.to_string_lossy(), 1).replacen(
                    "{}",
                    &rival.name,
                    1,
                ));
            }
        }
        credentials.retain(|credential| config.named_rival(credential).is_none());
        keys.in_folders.push(credentials);
        keys.warnings.append(&mut rejected);
    }
    keys
}

impl KeyFiles {
    fn look_at_file(&mut self, path: &Path) {
        if self.found.contains_key(path) {
            return;
        }
        let said = match fs::metadata(path) {
            Ok(found) if !found.is_file() => {
                self.warnings.push(format!("key file `{}` is not a regular file", path.display()));
                "not a file"
            }
            Ok(found) => {
                if found.mode() & MAY_BE_WRITTEN_BY_OTHERS != 0 {
                    let mode = found.mode() & 0o777;
                    self.warnings.push(format!("others may write key file `{}` (mode {mode:04o})", path.display()));
                }
                "present"
            }
            Err(error) => {
                self.warnings.push(cannot("look at key file", path, &error));
                if error.kind() == io::ErrorKind::NotFound { "missing" } else { "out of sight" }
            }
        };
        self.found.insert(path.to_owned(), said);
    }

    /// In a sticky folder, such as a mounted Secret's, nobody can replace another's file.
    fn look_at_folder(&mut self, path: &Path) {
        if self.found.contains_key(path) {
            return;
        }
        if let Ok(found) = fs::metadata(path) {
            self.found.insert(path.to_owned(), "folder");
            if found.mode() & WORLD_WRITES != 0 && found.mode() & STICKY == 0 {
                let mode = found.mode() & 0o777;
                self.warnings.push(format!("every user may replace keys in `{}` (mode {mode:04o})", path.display()));
            }
        }
    }
}

/// The names of the files that may be keys, sorted.
fn names_in(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

fn cannot(what: &str, path: &Path, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => {
            format!("cannot {what} `{}`: there is no such file; `run` waits for it", path.display())
        }
        io::ErrorKind::PermissionDenied => format!("cannot {what} `{}`: permission denied", path.display()),
        _ => format!("cannot {what} `{}`: {error}", path.display()),
    }
}

const MAY_BE_WRITTEN_BY_OTHERS: u32 = 0o022;
const WORLD_WRITES: u32 = 0o002;
const STICKY: u32 = 0o1000;
