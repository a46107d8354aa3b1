//! Whether the daemon that answers is the one that was meant: on a machine with several, two may be told the same address.

use std::{
    borrow::Cow,
    collections::HashSet,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{config::Config, output::Output, status::Report};

/// What is asked about.
#[derive(Debug)]
pub(in crate::cli) struct Meant {
    pub(in crate::cli) config: Arc<Config>,
    /// The file that it stands in; none in the file-less form.
    pub(in crate::cli) file: Option<PathBuf>,
}

impl Meant {
    /// Whether a daemon that tells this has the same configuration: from the same file, or one that writes an output of this
    /// one, as where there is no file, or where it sees other mounts. Blocks on the disk.
    pub(super) fn is_of(&self, report: &Report) -> bool {
        let is_file = |ours: &Path, other: &Path| match (ours.canonicalize(), other.canonicalize()) {
            (Ok(ours), Ok(other)) => ours == other,
            (Err(_), _) | (_, Err(_)) => false,
        };
        let files = self.file.as_deref().zip(report.configuration.file.as_deref());
        files.is_some_and(|(ours, other)| is_file(ours, other)) || self.shares_an_output(report)
    }

    fn shares_an_output(&self, report: &Report) -> bool {
        let from_folders = report.credentials.iter().flat_map(|told| {
            self.config.key_directories.iter().filter_map(|folder| folder.credential(&told.name).ok())
        });
        let from_folders: Vec<_> = from_folders.collect();
        let outputs = self.config.credentials.iter().chain(&from_folders).flat_map(|credential| &credential.outputs);
        // As the report has them.
        let ours: HashSet<Cow<str>> = outputs.map(Output::name).collect();
        let mut told = report.credentials.iter().flat_map(|credential| &credential.outputs);
        told.any(|output| ours.contains(&output.path.to_string_lossy()))
    }
}
