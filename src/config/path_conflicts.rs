//! What every name and path is used for: nothing is two things at once, be it by its letters or by way of links.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use super::{
    diagnostics::{Diagnostics, Location},
    reader::path_of,
    resolve::Places,
};
use crate::{file_id::FileId, output::LOCK_FILE};

/// What a path is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Purpose {
    /// Sessions are written there.
    Output,
    /// A source reads a secret from there.
    SecretFile,
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
pub(super) struct PathConflicts {
    names: HashMap<String, String>,
    paths: Vec<Use>,
    places: Places,
}

/// A path and what it is for.
struct Use {
    purpose: Purpose,
    /// As the configuration names it.
    named: PathBuf,
    /// Where that leads to.
    real: PathBuf,
    /// Of the file that stands there, if it is to be one.
    identity: Option<FileId>,
    location: Location,
}

impl PathConflicts {
    /// The paths of a file's configuration, of which the file itself is the first.
    pub(super) fn of_file(file: &Path) -> Self {
        let mut conflicts = Self::default();
        let named: PathBuf = file.components().collect();
        conflicts.note(Purpose::ConfigFile, Some(&named), &Location::WholeFile { path: String::new() });
        conflicts
    }

    /// A credential has that name; that another has it too is a mistake.
    pub(super) fn name(&mut self, name: &str, location: &Location, diagnostics: &mut Diagnostics) {
        if let Some(first) = self.names.get(name) {
            let what = format!("`{name}` is the name of {first} too");
            diagnostics.mistake(location, what, "give every credential a name of its own");
        } else {
            self.names.insert(name.to_owned(), path_of(location).replace(".name", ""));
        }
    }

    /// A path is used, if it could be read at all. Looks where it leads to.
    pub(super) fn note(&mut self, purpose: Purpose, path: Option<&Path>, location: &Location) {
        let Some(path) = path else { return };
        let (real, identity) = if purpose.is_folder() {
            (self.places.folder(path), None)
        } else {
            (self.places.file(path), FileId::of_regular_file(path))
        };
        self.paths.push(Use { purpose, named: path.to_owned(), real, identity, location: location.clone() });
    }

    /// Finds what is used twice.
    pub(super) fn check(&self, diagnostics: &mut Diagnostics) {
        let mut outputs: HashMap<&Path, &Use> = HashMap::new();
        for output in self.of(Purpose::Output) {
            if let Some(first) = outputs.get(output.real.as_path()) {
                let what = if first.named == output.named {
                    let another = if first.location == output.location { "another " } else { "" };
                    format!("the same path as {another}{}", path_of(&first.location))
                } else {
                    format!("the same file as {}{}", path_of(&first.location), output.by_way_of_a_link())
                };
                diagnostics.mistake(&output.location, what, "give every output a path of its own");
            } else {
                outputs.insert(&output.real, output);
            }
        }
        self.check_outputs(&outputs, diagnostics);
        self.check_folders(diagnostics);
        self.check_sets(&outputs, diagnostics);
    }

    /// No output stands where the program keeps its status.
    pub(super) fn check_status_file(&mut self, file: &Path, diagnostics: &mut Diagnostics) {
        let real = self.places.file(file);
        for output in self.of(Purpose::Output).filter(|output| output.real == real) {
            let way = output.way_to(file);
            diagnostics.mistake(
                &output.location,
                format!("the program's own status file{way}"),
                "write tokens somewhere else",
            );
        }
    }

    /// No output stands where something else is.
    fn check_outputs(&self, outputs: &HashMap<&Path, &Use>, diagnostics: &mut Diagnostics) {
        let standing: HashMap<FileId, &Use> =
            outputs.values().filter_map(|output| Some((output.identity?, *output))).collect();
        for other in &self.paths {
            let what = match other.purpose {
                Purpose::Output | Purpose::KeyDirectory | Purpose::StateDirectory | Purpose::Set => continue,
                Purpose::SecretFile
                | Purpose::TemplateFile
                | Purpose::CaFile
                | Purpose::PidFile
                | Purpose::Program
                | Purpose::StatusSocket => {
                    format!("the same file as {}", path_of(&other.location))
                }
                Purpose::ConfigFile => "this configuration file".to_owned(),
            };
            let found = outputs
                .get(other.real.as_path())
                .map(|output| (*output, output.way_to(&other.named)))
                .or_else(|| standing.get(&other.identity?).map(|output| (*output, output.one_file_with(other))));
            if let Some((output, way)) = found {
                diagnostics.mistake(
                    &output.location,
                    format!("{what}{way}: a token would replace it"),
                    "write tokens somewhere else",
                );
            }
        }
        let folders: Vec<_> = self.of(Purpose::KeyDirectory).collect();
        for (path, output) in outputs {
            if let Some(folder) = folders.iter().find(|folder| path.starts_with(&folder.real)) {
                let way =
                    if output.named.starts_with(&folder.named) { String::new() } else { output.by_way_of_a_link() };
                let what = format!("inside {}{way}, where every file is an access key", path_of(&folder.location));
                diagnostics.mistake(&output.location, what, "write tokens somewhere else");
            }
            if let Some(file) = path.ancestors().skip(1).find_map(|parent| outputs.get(parent)) {
                let what = format!("below {}, which is a file", path_of(&file.location));
                diagnostics.mistake(&output.location, what, "write tokens beside each other");
            }
        }
    }

    /// No folder of keys is used for anything else.
    fn check_folders(&self, diagnostics: &mut Diagnostics) {
        let mut folders: HashMap<&Path, &Use> = HashMap::new();
        for folder in self.of(Purpose::KeyDirectory) {
            if let Some(first) = folders.insert(&folder.real, folder) {
                let what = format!("the same folder as {}{}", path_of(&first.location), folder.way_to(&first.named));
                diagnostics.mistake(&folder.location, what, "name every folder once, with all outputs under it");
            }
        }
        for state in self.of(Purpose::StateDirectory) {
            if let Some(folder) = state.real.ancestors().find_map(|parent| folders.get(parent)) {
                let way = if state.named.starts_with(&folder.named) { String::new() } else { state.by_way_of_a_link() };
                let what = format!("inside {}{way}, where every file is an access key", path_of(&folder.location));
                diagnostics.mistake(&state.location, what, "keep state somewhere else");
            }
        }
    }

    /// A set's folder is nothing else, and its files have names of their own.
    fn check_sets(&self, outputs: &HashMap<&Path, &Use>, diagnostics: &mut Diagnostics) {
        let mut sets: HashMap<&Path, &Use> = HashMap::new();
        for set in self.of(Purpose::Set) {
            if let Some(first) = sets.get(set.real.as_path()) {
                let what = format!("the same folder as {}{}", path_of(&first.location), set.way_to(&first.named));
                diagnostics.mistake(&set.location, what, "name every set once");
            } else {
                sets.insert(&set.real, set);
            }
        }
        for (path, set) in &sets {
            if let Some(outer) = path.ancestors().skip(1).find_map(|above| sets.get(above)) {
                let what = format!("inside {}, which is a set", path_of(&outer.location));
                diagnostics.mistake(&set.location, what, "write sets beside each other");
            }
            if let Some(output) = outputs.get(path) {
                let what = format!("the same path as {}, which is a file", path_of(&output.location));
                diagnostics.mistake(&set.location, what, "give the set a folder of its own");
            }
        }
        for Use { purpose, real, location, .. } in &self.paths {
            let (folder, what) = match purpose {
                Purpose::KeyDirectory => (
                    Some(real.as_path()),
                    format!("the same folder as {}, where every file is an access key", path_of(location)),
                ),
                Purpose::StateDirectory => {
                    (Some(real.as_path()), format!("the same folder as {}, where state is kept", path_of(location)))
                }
                Purpose::ConfigFile => (real.parent(), "the folder of this configuration file".to_owned()),
                Purpose::StatusSocket => (real.parent(), format!("the folder of the socket of {}", path_of(location))),
                Purpose::Output
                | Purpose::SecretFile
                | Purpose::TemplateFile
                | Purpose::CaFile
                | Purpose::PidFile
                | Purpose::Program
                | Purpose::Set => continue,
            };
            if let Some(set) = folder.and_then(|folder| sets.get(folder)) {
                diagnostics.mistake(&set.location, what, "give the set a folder of its own");
            }
        }
        for (path, output) in outputs {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let set = path.parent().and_then(|folder| sets.get(folder));
            if set.is_some() && name.starts_with("..") {
                let what = "in a set, names that begin with `..` are those of its generations";
                diagnostics.mistake(&output.location, what, "give the file another name");
            }
            if let Some(set) = set.filter(|set| output.named.parent() != Some(&set.named)) {
                let what = format!("in the folder of {}{}", path_of(&set.location), output.by_way_of_a_link());
                diagnostics.mistake(&output.location, what, "name the folder as the set names it");
            }
            if name == LOCK_FILE {
                let what = format!("`{LOCK_FILE}` is the file by which tokenwell keeps other processes away");
                diagnostics.mistake(&output.location, what, "give the file another name");
            }
        }
    }

    fn of(&self, wanted: Purpose) -> impl Iterator<Item = &Use> {
        self.paths.iter().filter(move |path| path.purpose == wanted)
    }
}

impl Purpose {
    fn is_folder(self) -> bool {
        match self {
            Self::KeyDirectory | Self::StateDirectory | Self::Set => true,
            Self::Output
            | Self::SecretFile
            | Self::PidFile
            | Self::Program
            | Self::TemplateFile
            | Self::CaFile
            | Self::StatusSocket
            | Self::ConfigFile => false,
        }
    }
}

impl Use {
    /// What is said where this and another path are the same: nothing, if the letters say it.
    fn way_to(&self, named: &Path) -> String {
        if self.named == named { String::new() } else { self.by_way_of_a_link() }
    }

    /// Two names of one file, be one of them a link or both of equal rank.
    fn one_file_with(&self, other: &Self) -> String {
        format!(" by way of a link (`{}` and `{}` are one file)", self.named.display(), other.named.display())
    }

    fn by_way_of_a_link(&self) -> String {
        if self.named == self.real {
            return " by way of a link".to_owned();
        }
        format!(" by way of a link (`{}` is `{}`)", self.named.display(), self.real.display())
    }
}
