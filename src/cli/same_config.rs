//! Whether a daemon that answers has the same configuration: on one machine, several configurations may use the same
//! address.

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    config::{Config, OwnOutputs},
    status::Report,
};

/// The configuration that the command was called with.
#[derive(Debug)]
pub(super) struct TargetConfig {
    pub(super) config: Arc<Config>,
    /// Its file; `None` if it was given by flags.
    pub(super) file: Option<PathBuf>,
}

impl TargetConfig {
    /// Whether the report is of this configuration: of the same file or, without a file or with other mounts, with an output in
    /// common. If its file is another one that is here too, it must have the same outputs. Blocks on the disk.
    pub(super) fn matches(&self, report: &Report) -> bool {
        let outputs = OwnOutputs::of(&self.config);
        let files = self.file.as_deref().zip(report.configuration.file.as_deref());
        let real = files.map(|(ours, other)| (ours.canonicalize(), other.canonicalize()));
        match real {
            Some((Ok(ours), Ok(other))) if ours == other => true,
            Some((Ok(_), Ok(_))) => outputs.are_all_in(report),
            Some(_) | None => outputs.are_some_in(report),
        }
    }
}

/// Whether there is no file of that path in this mount namespace, which may be another than the daemon's. Blocks on the disk.
pub(super) fn is_missing(path: &Path) -> bool {
    path.symlink_metadata().is_err_and(|error| error.kind() == ErrorKind::NotFound)
}
