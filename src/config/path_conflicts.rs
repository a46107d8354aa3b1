//! Finds names and paths that are used twice, whether they are spelled the same or lead to the same file through links.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use super::{
    diagnostics::{Diagnostics, Location},
    kernel_folders,
    path_use::{PathUse, Purpose},
    reader::path_of,
    resolve::PathResolver,
};
use crate::{blocking, file_id::FileId, output::LOCK_FILE};

/// Every name and path of a configuration, including those of entries with other mistakes.
#[derive(Default)]
pub(super) struct PathConflicts {
    names: HashMap<String, String>,
    paths: Vec<PathUse>,
    resolver: PathResolver,
}

impl PathConflicts {
    /// Starts with the path of the configuration file itself.
    pub(super) fn of_file(file: &Path) -> Self {
        let mut conflicts = Self::default();
        let written: PathBuf = file.components().collect();
        conflicts.record(Purpose::ConfigFile, Some(&written), &Location::WholeFile { path: String::new() });
        conflicts
    }

    /// Records the name of a credential; a second one of the same name is a mistake.
    pub(super) fn record_name(&mut self, name: &str, location: &Location, diagnostics: &mut Diagnostics) {
        if let Some(first) = self.names.get(name) {
            let what = format!("`{name}` is also the name of {first}");
            diagnostics.mistake(location, what, "give every credential a name of its own");
        } else {
            self.names.insert(name.to_owned(), path_of(location).replace(".name", ""));
        }
    }

    /// Records a path, if one could be read, and resolves it.
    pub(super) fn record(&mut self, purpose: Purpose, path: Option<&Path>, location: &Location) {
        let Some(path) = path else { return };
        let (resolved, identity) = if purpose.is_folder() {
            (self.resolver.folder(path), None)
        } else {
            let identity = if blocking::reaches(path) { FileId::of_regular_file(path) } else { None };
            (self.resolver.file(path), identity)
        };
        self.paths.push(PathUse { purpose, written: path.to_owned(), resolved, identity, location: location.clone() });
    }

    /// Reports what is used twice.
    pub(super) fn check(&mut self, diagnostics: &mut Diagnostics) {
        self.paths.retain(|path| !kernel_folders::check(path, diagnostics));
        let mut outputs: HashMap<&Path, &PathUse> = HashMap::new();
        for output in self.of(Purpose::Output) {
            if let Some(first) = outputs.get(output.resolved.as_path()) {
                let what = if first.written == output.written {
                    let another = if first.location == output.location { "another " } else { "" };
                    format!("the same path as {another}{}", path_of(&first.location))
                } else {
                    format!("the same file as {}{}", path_of(&first.location), output.through_a_link())
                };
                diagnostics.mistake(&output.location, what, "give every output a path of its own");
            } else {
                outputs.insert(&output.resolved, output);
            }
        }
        self.check_outputs(&outputs, diagnostics);
        self.check_refresh_tokens(diagnostics);
        self.check_folders(diagnostics);
        self.check_sets(&outputs, diagnostics);
    }

    /// Reports an output that would overwrite the program's own status file.
    pub(super) fn check_status_file(&mut self, file: &Path, diagnostics: &mut Diagnostics) {
        let resolved = self.resolver.file(file);
        for output in self.of(Purpose::Output).filter(|output| output.resolved == resolved) {
            let note = output.link_note(file);
            diagnostics.mistake(
                &output.location,
                format!("the program's own status file{note}"),
                "write tokens somewhere else",
            );
        }
    }

    /// Reports outputs on the path of something else.
    fn check_outputs(&self, outputs: &HashMap<&Path, &PathUse>, diagnostics: &mut Diagnostics) {
        let existing: HashMap<FileId, &PathUse> =
            outputs.values().filter_map(|output| Some((output.identity?, *output))).collect();
        for other in &self.paths {
            let what = match other.purpose {
                Purpose::Output | Purpose::KeyDirectory | Purpose::StateDirectory | Purpose::Set => continue,
                Purpose::SecretFile
                | Purpose::RefreshTokenFile
                | Purpose::TemplateFile
                | Purpose::CaFile
                | Purpose::ClientCertificateFile
                | Purpose::ClientKeyFile
                | Purpose::PidFile
                | Purpose::Program
                | Purpose::StatusSocket => {
                    format!("the same file as {}", path_of(&other.location))
                }
                Purpose::ConfigFile => "this configuration file".to_owned(),
            };
            let found = outputs
                .get(other.resolved.as_path())
                .map(|output| (*output, output.link_note(&other.written)))
                .or_else(|| existing.get(&other.identity?).map(|output| (*output, output.same_file_note(other))));
            if let Some((output, note)) = found {
                diagnostics.mistake(
                    &output.location,
                    format!("{what}{note}: a token would replace it"),
                    "write tokens somewhere else",
                );
            }
        }
        let folders: Vec<_> = self.of(Purpose::KeyDirectory).collect();
        for (path, output) in outputs {
            if let Some(folder) = folders.iter().find(|folder| path.starts_with(&folder.resolved)) {
                let note =
                    if output.written.starts_with(&folder.written) { String::new() } else { output.through_a_link() };
                let what = format!("inside {}{note}, in which every file is an access key", path_of(&folder.location));
                diagnostics.mistake(&output.location, what, "write tokens somewhere else");
            }
            if let Some(file) = path.ancestors().skip(1).find_map(|parent| outputs.get(parent)) {
                let what = format!("below {}, which is a file", path_of(&file.location));
                diagnostics.mistake(&output.location, what, "write tokens beside each other");
            }
        }
    }

    /// Warns about refresh tokens of two credentials: each would keep a chain of its own, and a server that rotates them accepts
    /// one chain.
    fn check_refresh_tokens(&self, diagnostics: &mut Diagnostics) {
        let mut tokens: HashMap<&Path, &PathUse> = HashMap::new();
        for token in self.of(Purpose::RefreshTokenFile) {
            if let Some(first) = tokens.get(token.resolved.as_path()) {
                let note = token.link_note(&first.written);
                let what = format!("the same file as {}{note}: {ENDS_THE_OTHER}", path_of(&first.location));
                diagnostics.warning(&token.location, what, "sign in once for each credential");
            } else {
                tokens.insert(&token.resolved, token);
            }
        }
    }

    /// Reports folders of keys that are also used for something else.
    fn check_folders(&self, diagnostics: &mut Diagnostics) {
        let mut folders: HashMap<&Path, &PathUse> = HashMap::new();
        for folder in self.of(Purpose::KeyDirectory) {
            if let Some(first) = folders.insert(&folder.resolved, folder) {
                let what =
                    format!("the same folder as {}{}", path_of(&first.location), folder.link_note(&first.written));
                diagnostics.mistake(&folder.location, what, "name every folder once, with all outputs under it");
            }
        }
        for state in self.of(Purpose::StateDirectory) {
            if let Some(folder) = state.resolved.ancestors().find_map(|parent| folders.get(parent)) {
                let note =
                    if state.written.starts_with(&folder.written) { String::new() } else { state.through_a_link() };
                let what = format!("inside {}{note}, in which every file is an access key", path_of(&folder.location));
                diagnostics.mistake(&state.location, what, "keep state somewhere else");
            }
        }
    }

    /// Reports sets whose folder is also used for something else, and illegal file names in sets.
    fn check_sets(&self, outputs: &HashMap<&Path, &PathUse>, diagnostics: &mut Diagnostics) {
        let mut sets: HashMap<&Path, &PathUse> = HashMap::new();
        for set in self.of(Purpose::Set) {
            if let Some(first) = sets.get(set.resolved.as_path()) {
                let what = format!("the same folder as {}{}", path_of(&first.location), set.link_note(&first.written));
                diagnostics.mistake(&set.location, what, "name every set once");
            } else {
                sets.insert(&set.resolved, set);
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
        for PathUse { purpose, resolved, location, .. } in &self.paths {
            let (folder, what) = match purpose {
                Purpose::KeyDirectory => (
                    Some(resolved.as_path()),
                    format!("the same folder as {}, in which every file is an access key", path_of(location)),
                ),
                Purpose::StateDirectory => {
                    (Some(resolved.as_path()), format!("the same folder as {}, which holds state", path_of(location)))
                }
                Purpose::ConfigFile => (resolved.parent(), "the folder of this configuration file".to_owned()),
                Purpose::StatusSocket => {
                    (resolved.parent(), format!("the folder of the socket of {}", path_of(location)))
                }
                Purpose::Output
                | Purpose::SecretFile
                | Purpose::RefreshTokenFile
                | Purpose::TemplateFile
                | Purpose::CaFile
                | Purpose::ClientCertificateFile
                | Purpose::ClientKeyFile
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
                let what = "in a set, names that begin with `..` are reserved for its generations";
                diagnostics.mistake(&output.location, what, "give the file another name");
            }
            if let Some(set) = set.filter(|set| output.written.parent() != Some(&set.written)) {
                let what = format!("in the folder of {}{}", path_of(&set.location), output.through_a_link());
                diagnostics.mistake(&output.location, what, "name the folder as the set names it");
            }
            if name == LOCK_FILE {
                let what = format!("`{LOCK_FILE}` is reserved for tokenwell's lock file");
                diagnostics.mistake(&output.location, what, "give the file another name");
            }
        }
    }

    /// The paths of a purpose.
    pub(super) fn of(&self, wanted: Purpose) -> impl Iterator<Item = &PathUse> {
        self.paths.iter().filter(move |path| path.purpose == wanted)
    }
}

const ENDS_THE_OTHER: &str =
    "if the project rotates refresh tokens, the session of one credential ends that of the other";
