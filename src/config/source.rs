//! Where a configuration comes from.

use std::path::PathBuf;

/// A configuration's source. The daemon keeps it, and loads from it again when it is told to reload.
#[derive(Clone)]
pub struct Source {
    /// The file, or the flags that stand for one.
    pub origin: Origin,
    /// `--project-id`, which beats the environment and the file.
    pub project_id: Option<String>,
    /// `--base-url`, which beats the environment and the file. It may hold a password by mistake: it is never printed.
    pub base_url: Option<String>,
}

/// What a configuration is made of.
#[derive(Clone)]
pub enum Origin {
    /// A YAML file.
    File(PathBuf),
    /// One credential, given by flags.
    Flags {
        /// `--access-key-file`; absolute.
        access_key_file: PathBuf,
        /// `--output`, once or more often; absolute.
        outputs: Vec<PathBuf>,
    },
}

impl Source {
    /// A file, without anything that overrides it.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self { origin: Origin::File(path.into()), project_id: None, base_url: None }
    }

    /// The file, if it is one: what a daemon watches.
    pub fn path(&self) -> Option<&std::path::Path> {
        match &self.origin {
            Origin::File(path) => Some(path),
            Origin::Flags { .. } => None,
        }
    }
}

/// The configuration that is read when none is named.
pub const DEFAULT_FILE: &str = "/etc/tokenwell/tokenwell.yaml";
