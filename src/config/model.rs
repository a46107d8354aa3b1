//! The configuration as meant: types that cannot be wrong.

use std::{
    num::NonZeroUsize,
    path::{Component, PathBuf},
};

use super::{
    show::shown,
    value::{name, path::NAME_MARK},
};
use crate::{
    exchange::{Api, BaseUrl, HttpSettings, ProjectId},
    hook::Hook,
    output::{Address, Output, SetFolder},
    renewal::Policy,
    source::Source,
    status::Listen,
};

/// A whole configuration, every value checked.
#[derive(Clone, PartialEq, Debug)]
pub struct Config {
    /// The Descope project.
    pub project: ProjectId,
    /// Where its API is.
    pub base_url: BaseUrl,
    /// Where state is kept; its files are the program's own.
    pub state_directory: PathBuf,
    /// The credentials that are named one by one. Names and output paths are unique.
    pub credentials: Vec<Credential>,
    /// The folders in which every file is a key.
    pub key_directories: Vec<KeyDirectory>,
    /// The folders whose files change as one; their outputs know of it.
    pub sets: Vec<Set>,
    /// How requests are made.
    pub http: HttpSettings,
    /// The most exchanges under way at once.
    pub in_flight_max: NonZeroUsize,
    /// How logs are written.
    pub log: LogSettings,
    /// Where status is served, if it is.
    pub status: Option<Listen>,
    /// Whether the daemon takes from itself what it has no use for.
    pub confine: Confine,
}

/// One thing to keep fresh.
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
    /// Where its sessions are written; at least one.
    pub outputs: Vec<Output>,
    /// What follows a write, in this order.
    pub hooks: Vec<Hook>,
}

/// A folder with one key a file (`credentialsFrom`): a credential for each, named after the file.
#[derive(Clone, PartialEq, Debug)]
pub struct KeyDirectory {
    /// The folder.
    pub path: PathBuf,
    /// What each credential looks like. Its name is empty; the paths of its key file and its outputs hold
    /// `{name}`.
    pub pattern: Credential,
}

/// A folder whose files change as one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Set {
    /// The folder. Every output right in it is one of its files.
    pub directory: PathBuf,
    /// How the folders of its generations are made.
    pub folder: SetFolder,
}

/// A file in a folder of keys whose name no credential can have.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("file {file} in `{}` is no key: its name is no name of a credential; {}", directory.display(), name::RULE)]
pub struct NotACredential {
    /// The name as it may be shown.
    file: String,
    directory: PathBuf,
}

impl Credential {
    /// What its outputs write to.
    pub fn addresses(&self) -> impl Iterator<Item = Address> {
        self.outputs.iter().map(Output::address)
    }
}

impl KeyDirectory {
    /// The credential of one file in the folder, named after it. Names that begin with `.` are not keys at all, and
    /// callers pass over them in silence.
    pub fn credential(&self, file_name: &str) -> Result<Credential, NotACredential> {
        if !name::is_legal(file_name) {
            return Err(NotACredential { file: shown(file_name), directory: self.path.clone() });
        }
        let named = |pattern: &str| pattern.replace(NAME_MARK, file_name);
        let outputs = self.pattern.outputs.iter().map(|output| output.renamed(named));
        Ok(Credential {
            name: file_name.to_owned(),
            source: self.pattern.source.named(file_name),
            outputs: outputs.collect(),
            ..self.pattern.clone()
        })
    }

    /// The folders that hold its outputs, whatever the names of its keys: what is named after them lies below.
    pub fn output_folders(&self) -> impl Iterator<Item = PathBuf> {
        let is_common = |part: &Component| !part.as_os_str().to_string_lossy().contains(NAME_MARK);
        self.pattern
            .outputs
            .iter()
            .filter_map(Output::folder)
            .map(move |folder| folder.components().take_while(is_common).collect())
    }
}

impl Config {
    /// The project, and where its API is.
    pub fn api(&self) -> Api {
        Api { project: self.project.clone(), base_url: self.base_url.clone() }
    }

    /// The credential that stands in the way of one from a folder: it has the same name or an output on the same path. It
    /// wins, for it was named on purpose.
    pub fn named_rival(&self, from_folder: &Credential) -> Option<&Credential> {
        let same_target = |a: &Credential| {
            a.outputs.iter().any(|mine| from_folder.outputs.iter().any(|other| mine.is_same_target(other)))
        };
        self.credentials.iter().find(|named| named.name == from_folder.name || same_target(named))
    }
}

/// Whether a daemon takes from itself what it has no use for, when it starts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Confine {
    /// As far as the kernel goes, unless a hook runs commands.
    #[default]
    Auto,
    /// Never.
    Off,
}

/// How logs are written.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LogSettings {
    /// Text, JSON, or by where standard error goes.
    pub format: LogFormat,
    /// A filter such as `info` or `tokenwell=debug,hyper=warn`; `None` means `info`.
    pub level: Option<String>,
}

/// The look of log lines.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum LogFormat {
    /// Text on a terminal, JSON otherwise.
    #[default]
    Auto,
    /// For people.
    Text,
    /// For machines.
    Json,
}
