//! Where a configuration comes from.

use std::path::PathBuf;

/// A configuration's source. The daemon keeps it to reload the configuration.
#[derive(Clone)]
pub struct ConfigSource {
    /// The file, or the flags that replace one.
    pub origin: Origin,
    /// `--project-id`, which overrides the environment and the file.
    pub project_id: Option<String>,
    /// `--base-url`, which overrides the environment and the file. It is never printed, because it may hold a password
    /// by mistake.
    pub base_url: Option<String>,
}

/// A configuration file, or flags.
#[derive(Clone)]
pub enum Origin {
    /// A YAML file.
    File(PathBuf),
    /// One credential, given by flags.
    Flags {
        /// `--access-key-file`; absolute.
        access_key_file: PathBuf,
        /// `--output`, one or more; absolute, but for `-`, which is a mistake.
        outputs: Vec<PathBuf>,
    },
}

impl ConfigSource {
    /// Returns a source for a file without overrides.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self { origin: Origin::File(path.into()), project_id: None, base_url: None }
    }

    /// Returns the path of the file, if there is one. The daemon watches it.
    pub fn path(&self) -> Option<&std::path::Path> {
        match &self.origin {
            Origin::File(path) => Some(path),
            Origin::Flags { .. } => None,
        }
    }
}

/// The configuration file that is read by default.
pub const DEFAULT_FILE: &str = "/etc/tokenwell/tokenwell.yaml";
