//! What every name and path is used for: nothing is two things at once.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use super::{
    notes::{Notes, Spot},
    reader::path_of,
};
use crate::output::LOCK_FILE;

/// What a path is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Purpose {
    /// Sessions are written there.
    Output,
    /// An access key is read from there.
    KeyFile,
    /// Every file in it is an access key.
    KeyDirectory,
    /// A hook reads the number of a process from there.
    PidFile,
    /// A hook runs it.
    Program,
    /// A template of an output is read from there.
    TemplateFile,
    /// Roots of TLS are read from there.
    CaFile,
    /// The program keeps its own files there.
    StateDirectory,
    /// Status is served there.
    StatusSocket,
    /// Sessions are written there in generations.
    Set,
    /// The configuration itself.
    ConfigFile,
}

/// Every name and path of a configuration, those of entries that are otherwise mistaken included.
#[derive(Default)]
pub(super) struct Uses {
    names: HashMap<String, String>,
    paths: Vec<(Purpose, PathBuf, Spot)>,
}

impl Uses {
    /// The paths of a file's configuration, of which the file itself is the first.
    pub(super) fn of_file(file: &Path) -> Self {
        let spot = Spot::WholeFile { path: String::new() };
        Self { names: HashMap::new(), paths: vec![(Purpose::ConfigFile, file.components().collect(), spot)] }
    }

    /// A credential has that name; that another has it too is a mistake.
    pub(super) fn name(&mut self, name: &str, spot: &Spot, notes: &mut Notes) {
        if let Some(first) = self.names.get(name) {
            let what = format!("`{name}` is the name of {first} too");
            notes.mistake(spot, what, "give every credential a name of its own");
        } else {
            self.names.insert(name.to_owned(), path_of(spot).replace(".name", ""));
        }
    }

    /// A path is used, if it could be read at all.
    pub(super) fn note(&mut self, purpose: Purpose, path: Option<&Path>, spot: &Spot) {
        if let Some(path) = path {
            self.paths.push((purpose, path.to_owned(), spot.clone()));
        }
    }

    /// Finds what is used twice.
    pub(super) fn check(&self, notes: &mut Notes) {
        let mut outputs: HashMap<&Path, &Spot> = HashMap::new();
        for (path, spot) in self.of(Purpose::Output) {
            if let Some(first) = outputs.get(path) {
                let what =
                    format!("the same path as {}{}", if *first == spot { "another " } else { "" }, path_of(first));
                notes.mistake(spot, what, "give every output a path of its own");
            } else {
                outputs.insert(path, spot);
            }
        }
        self.check_outputs(&outputs, notes);
        self.check_folders(notes);
        self.check_sets(&outputs, notes);
    }

    /// No output stands where the program keeps its status.
    pub(super) fn check_status_file(&self, file: &Path, notes: &mut Notes) {
        for (_, spot) in self.of(Purpose::Output).filter(|(path, _)| *path == file) {
            notes.mistake(spot, "the program's own status file", "write tokens somewhere else");
        }
    }

    /// No output stands where something else is.
    fn check_outputs(&self, outputs: &HashMap<&Path, &Spot>, notes: &mut Notes) {
        for (purpose, path, spot) in &self.paths {
            let other = match purpose {
                Purpose::Output | Purpose::KeyDirectory | Purpose::StateDirectory | Purpose::Set => continue,
                Purpose::KeyFile
                | Purpose::TemplateFile
                | Purpose::CaFile
                | Purpose::PidFile
                | Purpose::Program
                | Purpose::StatusSocket => {
                    format!("the same file as {}", path_of(spot))
                }
                Purpose::ConfigFile => "this configuration file".to_owned(),
            };
            if let Some(output) = outputs.get(path.as_path()) {
                notes.mistake(output, format!("{other}: a token would replace it"), "write tokens somewhere else");
            }
        }
        let folders: Vec<_> = self.of(Purpose::KeyDirectory).collect();
        for (path, spot) in outputs {
            if let Some((_, folder)) = folders.iter().find(|(folder, _)| path.starts_with(folder)) {
                let what = format!("inside {}, where every file is an access key", path_of(folder));
                notes.mistake(spot, what, "write tokens somewhere else");
            }
            if let Some(file) = path.ancestors().skip(1).find_map(|parent| outputs.get(parent)) {
                let what = format!("below {}, which is a file", path_of(file));
                notes.mistake(spot, what, "write tokens beside each other");
            }
        }
    }

    /// No folder of keys is used for anything else.
    fn check_folders(&self, notes: &mut Notes) {
        let mut folders: HashMap<&Path, &Spot> = HashMap::new();
        for (path, spot) in self.of(Purpose::KeyDirectory) {
            if let Some(first) = folders.insert(path, spot) {
                let what = format!("the same folder as {}", path_of(first));
                notes.mistake(spot, what, "name every folder once, with all outputs under it");
            }
        }
        for (path, spot) in self.of(Purpose::StateDirectory) {
            if let Some(folder) = path.ancestors().find_map(|parent| folders.get(parent)) {
                let what = format!("inside {}, where every file is an access key", path_of(folder));
                notes.mistake(spot, what, "keep state somewhere else");
            }
        }
    }

    /// A set's folder is nothing else, and its files have names of their own.
    fn check_sets(&self, outputs: &HashMap<&Path, &Spot>, notes: &mut Notes) {
        let mut sets: HashMap<&Path, &Spot> = HashMap::new();
        for (path, spot) in self.of(Purpose::Set) {
            if let Some(first) = sets.get(path) {
                let what = format!("the same folder as {}", path_of(first));
                notes.mistake(spot, what, "name every set once");
            } else {
                sets.insert(path, spot);
            }
        }
        for (path, spot) in &sets {
            if let Some(outer) = path.ancestors().skip(1).find_map(|above| sets.get(above)) {
                let what = format!("inside {}, which is a set", path_of(outer));
                notes.mistake(spot, what, "write sets beside each other");
            }
            if let Some(output) = outputs.get(path) {
                let what = format!("the same path as {}, which is a file", path_of(output));
                notes.mistake(spot, what, "give the set a folder of its own");
            }
        }
        for (purpose, path, spot) in &self.paths {
            let (folder, what) = match purpose {
                Purpose::KeyDirectory => (
                    Some(path.as_path()),
                    format!("the same folder as {}, where every file is an access key", path_of(spot)),
                ),
                Purpose::StateDirectory => {
                    (Some(path.as_path()), format!("the same folder as {}, where state is kept", path_of(spot)))
                }
                Purpose::ConfigFile => (path.parent(), "the folder of this configuration file".to_owned()),
                Purpose::StatusSocket => (path.parent(), format!("the folder of the socket of {}", path_of(spot))),
                Purpose::Output
                | Purpose::KeyFile
                | Purpose::TemplateFile
                | Purpose::CaFile
                | Purpose::PidFile
                | Purpose::Program
                | Purpose::Set => continue,
            };
            if let Some(set) = folder.and_then(|folder| sets.get(folder)) {
                notes.mistake(set, what, "give the set a folder of its own");
            }
        }
        for (path, spot) in outputs {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let in_set = path.parent().is_some_and(|folder| sets.contains_key(folder));
            if in_set && name.starts_with("..") {
                let what = "in a set, names that begin with `..` are those of its generations";
                notes.mistake(spot, what, "give the file another name");
            }
            if name == LOCK_FILE {
                let what = format!("`{LOCK_FILE}` is the file by which tokenwell keeps other processes away");
                notes.mistake(spot, what, "give the file another name");
            }
        }
    }

    fn of(&self, wanted: Purpose) -> impl Iterator<Item = (&Path, &Spot)> {
        let wanted = self.paths.iter().filter(move |(purpose, ..)| *purpose == wanted);
        wanted.map(|(_, path, spot)| (path.as_path(), spot))
    }
}
