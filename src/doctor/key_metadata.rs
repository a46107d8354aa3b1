//! Metadata of key files, without reading a key.

use std::{
    collections::{HashMap, HashSet},
    fs, io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use crate::{
    clock,
    config::{Config, Credential, KeyDirectory},
    exchange::{ClientCertificateFiles, judge_ca_file, judge_client_certificate},
    offline,
    source::{self, SecretFile},
    state::Ledger,
};

/// Metadata of all key files and key folders.
#[derive(Default)]
pub struct KeyMetadata {
    /// The state of each key file, in words.
    pub found: HashMap<PathBuf, &'static str>,
    /// The credentials of each folder of keys, in the order of the folders.
    pub in_folders: Vec<Vec<Credential>>,
    /// What does not work, or is not safe, now.
    pub warnings: Vec<String>,
    /// Folders in which other users may replace keys.
    pub exposed: Vec<String>,
    /// Files in folders of keys that make no credential.
    pub ignored: Vec<String>,
    folders: HashSet<PathBuf>,
}

impl KeyMetadata {
    /// Inspects every key file and every key folder. Blocks on the disk.
    pub fn of(config: &Config) -> Self {
        let mut keys = Self::default();
        for file in config.credentials.iter().flat_map(|credential| credential.source.files()) {
            keys.inspect_file(file);
        }
        for directory in &config.key_directories {
            let credentials = keys.credentials_in(directory, config);
            keys.in_folders.push(credentials);
        }
        if let Some(file) = &config.http.ca_file
            && let Err(error) = judge_ca_file(file)
        {
            let file = file.display();
            keys.warnings.push(format!("`run` will not start: cannot use `http.caFile` `{file}`: {error}"));
        }
        if let Some(files) = &config.http.client_certificate {
            keys.inspect_client_certificate(files);
        }
        keys
    }

    /// Returns the credentials of a key folder. Warns about every file that makes none.
    fn credentials_in(&mut self, directory: &KeyDirectory, config: &Config) -> Vec<Credential> {
        self.inspect_folder(&directory.path);
        let names = match names_in(&directory.path) {
            Ok(names) => {
                self.warnings.extend(source::empty_credentials(&directory.path).filter(|_| names.is_empty()));
                names
            }
            Err(error) => {
                self.warnings.push(cannot("key folder", &directory.path, &error));
                Vec::new()
            }
        };
        let ledger = Ledger::new(&config.state_directory);
        let files = offline::list_keys(&directory.path, &config.key_directories, Some(&ledger)).unwrap_or_default().0;
        if !files.is_empty() {
            self.ignored.extend(offline::key_folder_notes(directory, &files));
        }
        let is_no_key = |name: &String| files.iter().any(|file| file.name == *name && !file.may_be_a_key());
        let mut credentials: Vec<Credential> = Vec::new();
        let (renamed, others): (Vec<_>, Vec<_>) = names
            .into_iter()
            .filter(|name| directory.selection.selects(name) && !is_no_key(name))
            .partition(|name| directory.selection.renames(name));
        for name in renamed.into_iter().chain(others) {
            match directory.credential(&name) {
                Ok(credential) if credentials.iter().any(|other| other.name == credential.name) => {}
                Ok(credential) => credentials.push(credential),
                Err(error) => self.ignored.push(error.to_string()),
            }
        }
        credentials.sort_by(|one, other| one.name.cmp(&other.name));
        credentials.retain(|credential| {
            let rival = config.conflicting_credential(credential);
            if let Some(rival) = rival.filter(|rival| rival.source.files() != credential.source.files()) {
                let (file, name) = (directory.path.join(directory.selection.file_of(&credential.name)), &rival.name);
                let what = "makes no credential of its own: a credential of `credentials` has its name or its output";
                self.ignored.push(format!("key file `{}` {what}, `{name}`", file.display()));
            }
            rival.is_none()
        });
        for file in credentials.iter().flat_map(|credential| credential.source.files()) {
            self.inspect_file(file);
        }
        credentials
    }

    fn inspect_client_certificate(&mut self, files: &ClientCertificateFiles) {
        match judge_client_certificate(files, clock::wall()) {
            Ok(warning) => self.warnings.extend(warning),
            Err(error) => self.warnings.push(format!("`run` will not start: {error}")),
        }
        if let Ok(found) = fs::metadata(&files.key)
            && found.mode() & OTHERS_WRITE != 0
        {
            let (file, mode) = (files.key.display(), found.mode() & PERMISSIONS);
            self.warnings.push(format!("others may write the client's key file `{file}` (mode {mode:04o})"));
        }
        if let Some(folder) = files.key.parent() {
            self.inspect_folder(folder);
        }
    }

    fn inspect_file(&mut self, SecretFile { kind, path }: SecretFile<'_>) {
        let noun = kind.file_noun();
        if self.found.contains_key(path) {
            return;
        }
        let state = match fs::metadata(path) {
            Ok(found) if !found.is_file() => {
                self.warnings.push(format!("{noun} `{}` is not a regular file", path.display()));
                "not a file"
            }
            Ok(found) => {
                if found.mode() & OTHERS_WRITE != 0 {
                    let mode = found.mode() & PERMISSIONS;
                    self.warnings.push(format!("others may write {noun} `{}` (mode {mode:04o})", path.display()));
                }
                "present"
            }
            Err(error) => {
                self.warnings.push(cannot(noun, path, &error));
                if error.kind() == io::ErrorKind::NotFound { "missing: `run` waits for it" } else { "not accessible" }
            }
        };
        self.found.insert(path.to_owned(), state);
        if let Some(folder) = path.parent() {
            self.inspect_folder(folder);
        }
    }

    /// Records a folder in which every user may replace keys. In a sticky folder, such as a mounted Secret's, users can replace
    /// only their own files.
    fn inspect_folder(&mut self, path: &Path) {
        if self.folders.insert(path.to_owned())
            && let Ok(found) = fs::metadata(path)
            && found.mode() & WORLD_WRITES != 0
            && found.mode() & STICKY == 0
        {
            let mode = found.mode() & PERMISSIONS;
            self.exposed.push(format!("every user may replace the keys in `{}` (mode {mode:04o})", path.display()));
        }
    }
}

/// The names of the files that may be keys, sorted.
fn names_in(folder: &Path) -> io::Result<Vec<String>> {
    let names = fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    let mut names: Vec<String> = names.collect::<io::Result<_>>()?;
    names.retain(|name| !name.starts_with('.'));
    names.sort();
    Ok(names)
}

fn cannot(what: &str, path: &Path, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => {
            let remedy = source::missing_credential(path).map(|remedy| format!("; {remedy}")).unwrap_or_default();
            format!("{what} `{}` is missing{remedy}", path.display())
        }
        io::ErrorKind::PermissionDenied => format!("cannot look at {what} `{}`: permission denied", path.display()),
        _ => format!("cannot look at {what} `{}`: {error}", path.display()),
    }
}

const OTHERS_WRITE: u32 = 0o022;
const WORLD_WRITES: u32 = 0o002;
const STICKY: u32 = 0o1000;
const PERMISSIONS: u32 = 0o777;
