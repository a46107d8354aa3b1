//! The configuration as meant: types that cannot be wrong.

use std::{num::NonZeroUsize, path::PathBuf};

use crate::{
    exchange::{BaseUrl, HttpSettings, LoginOptions, ProjectId},
    output::Output,
    renewal::Policy,
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
    /// How requests are made.
    pub http: HttpSettings,
    /// The most exchanges under way at once.
    pub in_flight_max: NonZeroUsize,
    /// How logs are written.
    pub log: LogSettings,
}

/// One thing to keep fresh.
#[derive(Clone, PartialEq, Debug)]
pub struct Credential {
    /// `[a-z0-9]([-a-z0-9]*[a-z0-9])?`, at most 63 characters.
    pub name: String,
    /// The access key's file.
    pub key_file: PathBuf,
    /// Whether it counts for readiness.
    pub required: bool,
    /// Login options of the exchange.
    pub options: LoginOptions,
    /// When it is renewed.
    pub policy: Policy,
    /// Where its sessions are written; at least one.
    pub outputs: Vec<Output>,
}

/// A folder with one key a file (`credentialsFrom`): a credential for each, named after the file.
#[derive(Clone, PartialEq, Debug)]
pub struct KeyDirectory {
    /// The folder.
    pub path: PathBuf,
    /// What each credential looks like. Its name and key file are empty; its output paths hold `{name}`.
    pub pattern: Credential,
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
