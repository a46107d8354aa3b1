//! Whether a daemon that answers has the same configuration: on one machine, several configurations may use the same
//! address.

use std::{
    borrow::Cow,
    collections::HashSet,
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{config::Config, output::Output, status::Report};

/// The configuration that the command was called with.
#[derive(Debug)]
pub(super) struct TargetConfig {
    pub(super) config: Arc<Config>,
    /// Its file; `None` if it was given by flags.
    pub(super) file: Option<PathBuf>,
}

impl TargetConfig {
    /// Whether the daemon with this report has the same configuration: the same file or, without a file or with other
    /// mounts, an output in common. Blocks on the disk.
    pub(super) fn matches(&self, report: &Report) -> bool {
        let is_file = |ours: &Path, other: &Path| match (ours.canonicalize(), other.canonicalize()) {
            (Ok(ours), Ok(other)) => ours == other,
            (Err(_), _) | (_, Err(_)) => false,
        };
        let files = self.file.as_deref().zip(report.configuration.file.as_deref());
        files.is_some_and(|(ours, other)| is_file(ours, other)) || self.shares_an_output(report)
    }

    fn shares_an_output(&self, report: &Report) -> bool {
        let from_folders = report.credentials.iter().flat_map(|reported| {
            self.config.key_directories.iter().filter_map(|folder| {
                let file = folder.selection.file_of(&reported.name);
                folder.credential(file).ok().filter(|_| folder.selection.selects(file))
            })
        });
        let from_folders: Vec<_> = from_folders.collect();
        let outputs = self.config.credentials.iter().chain(&from_folders).flat_map(|credential| &credential.outputs);
        // The report has its names in this form too.
        let ours: HashSet<Cow<str>> = outputs.map(Output::name).collect();
        let mut reported = report.credentials.iter().flat_map(|credential| &credential.outputs);
        reported.any(|output| ours.contains(&output.path.to_string_lossy()))
    }
}

/// Whether there is no file of that path in this mount namespace, which may be another than the daemon's. Blocks on the disk.
pub(super) fn is_missing(path: &Path) -> bool {
    path.symlink_metadata().is_err_and(|error| error.kind() == ErrorKind::NotFound)
}
