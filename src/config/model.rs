//! The checked configuration: types that cannot hold a wrong value.

use std::{
    num::NonZeroUsize,
    path::{Component, PathBuf},
};

use super::{
    key_selection::KeySelection,
    show::shown,
    value::{name, path::NAME_PLACEHOLDER},
};
use crate::{
    exchange::{Api, BaseUrl, HttpSettings, Origin, ProjectId},
    hook::Hook,
    output::{Address, Output, SetFolder},
    renewal::Policy,
    source::Source,
    status::{AllowedHosts, Listen},
};

/// A whole configuration; every value is checked.
#[derive(Clone, PartialEq, Debug)]
pub struct Config {
    /// The Descope project.
    pub project: ProjectId,
    /// The base URL of its API.
    pub base_url: BaseUrl,
    /// The folder for state files; they belong to this program alone.
    pub state_directory: PathBuf,
    /// Where earlier versions kept the state files, if the folder is the default one. State of this configuration is taken over
    /// from there.
    pub former_state_directory: Option<PathBuf>,
    /// The credentials of `credentials`. Names and output paths are unique.
    pub credentials: Vec<Credential>,
    /// The folders of `credentialsFrom`: every file in one is a key.
    pub key_directories: Vec<KeyDirectory>,
    /// The folders whose files change atomically together; each output in one holds its `SetFolder`.
    pub sets: Vec<Set>,
    /// How requests are made.
    pub http: HttpSettings,
    /// The limit of concurrent exchanges.
    pub in_flight_max: NonZeroUsize,
    /// How logs are written.
    pub log: LogSettings,
    /// The address of the status server, if there is one.
    pub status: Option<Listen>,
    /// The names under which it answers by loopback, besides those of this machine.
    pub status_hosts: AllowedHosts,
    /// The name by which people tell this daemon from others.
    pub instance: Option<String>,
    /// Whether the daemon drops access rights that it does not need.
    pub confine: Confine,
}

/// One credential to keep fresh.
#[derive(Clone, PartialEq, Debug)]
pub struct Credential {
    /// `[a-z0-9]([-a-z0-9]*[a-z0-9])?`, at most 63 characters.
    pub name: String,
    /// How its sessions are had.
    pub source: Source,
    /// Whether it counts for readiness.
    pub required: bool,
    /// When it is renewed.
    pub policy: Policy,
    /// The outputs that its sessions are written to; at least one.
    pub outputs: Vec<Output>,
    /// The hooks that run after a write, in this order.
    pub hooks: Vec<Hook>,
}

/// A folder with one key per file (`credentialsFrom`). Each selected file becomes a credential that is named after it.
#[derive(Clone, PartialEq, Debug)]
pub struct KeyDirectory {
    /// The folder.
    pub path: PathBuf,
    /// Which of its files are keys.
    pub selection: KeySelection,
    /// The template for each credential. Its name is empty; the paths of its key file and its outputs contain `{name}`.
    pub pattern: Credential,
}

/// A folder whose files change atomically together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Set {
    /// The folder. Every output directly in it is one of its files.
    pub directory: PathBuf,
    /// Mode and group of the folders of its generations.
    pub folder: SetFolder,
}

/// A file in a folder of keys whose name is not a legal credential name.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("file {file} in `{}` is not used as a key: its name is not a legal credential name; {}, such as `{name}`; give it another one by `rename`, or leave it out by `exclude`", directory.display(), name::LIMITS)]
pub struct NotACredential {
    /// The name, escaped and safe to show.
    file: String,
    /// The name that a credential of this file has if the file is given by a flag.
    name: String,
    directory: PathBuf,
}

impl Credential {
    /// What its outputs write to.
    pub fn addresses(&self) -> impl Iterator<Item = Address> {
        self.outputs.iter().map(Output::address)
    }
}

impl KeyDirectory {
    /// Returns the credential of one selected file in the folder. Callers skip names that begin with `.`, which are not
    /// keys.
    pub fn credential(&self, file_name: &str) -> Result<Credential, NotACredential> {
        let name = self.selection.name_of(file_name);
        if !name::is_legal(name) {
            return Err(NotACredential {
                file: shown(file_name),
                name: name::of_file(file_name),
                directory: self.path.clone(),
            });
        }
        let named = |pattern: &str| pattern.replace(NAME_PLACEHOLDER, name);
        let outputs = self.pattern.outputs.iter().map(|output| output.renamed(named));
        Ok(Credential {
            name: name.to_owned(),
            source: self.pattern.source.named(file_name),
            outputs: outputs.collect(),
            ..self.pattern.clone()
        })
    }

    /// Returns the folders that hold its outputs, cut before the first part that contains `{name}`.
    pub fn output_folders(&self) -> impl Iterator<Item = PathBuf> {
        let is_common = |part: &Component| !part.as_os_str().to_string_lossy().contains(NAME_PLACEHOLDER);
        self.pattern
            .outputs
            .iter()
            .filter_map(Output::folder)
            .map(move |folder| folder.components().take_while(is_common).collect())
    }
}

impl Config {
    /// Returns the project and its API's base URL.
    pub fn api(&self) -> Api {
        Api { project: self.project.clone(), base_url: self.base_url.clone() }
    }

    /// Returns every origin that requests are sent to, the API's first.
    pub fn origins(&self) -> Vec<Origin> {
        let api = self.api();
        let patterns = self.key_directories.iter().map(|directory| &directory.pattern);
        let sources = self.credentials.iter().chain(patterns).map(|credential| credential.source.origin(&api));
        let mut origins = vec![api.base_url.origin()];
        for origin in sources {
            if !origins.contains(&origin) {
                origins.push(origin);
            }
        }
        origins
    }

    /// Returns the configured credential with the same name or a target in common with one from a folder. The
    /// configured one wins, because its name was chosen explicitly.
    pub fn conflicting_credential(&self, from_folder: &Credential) -> Option<&Credential> {
        let same_target = |a: &Credential| {
            a.outputs.iter().any(|mine| from_folder.outputs.iter().any(|other| mine.is_same_target(other)))
        };
        self.credentials.iter().find(|named| named.name == from_folder.name || same_target(named))
    }
}

/// Whether a daemon drops unneeded access rights when it starts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Confine {
    /// As far as the kernel supports it, unless a hook runs commands.
    #[default]
    Auto,
    /// Never.
    Off,
}

/// How logs are written.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LogSettings {
    /// Text, JSON, or chosen by whether standard error is a terminal.
    pub format: LogFormat,
    /// A filter such as `info` or `tokenwell=debug,hyper=warn`; `None` means `info`.
    pub level: Option<String>,
}

/// The format of log lines.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum LogFormat {
    /// Text on a terminal and in the journal of systemd, JSON otherwise.
    #[default]
    Auto,
    /// For people.
    Text,
    /// For machines.
    Json,
}
