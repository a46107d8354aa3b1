//! The outputs of a configuration, to tell its own status report from that of another one.

use std::{borrow::Cow, collections::HashSet};

use super::model::{Config, Credential, KeyDirectory};
use crate::{output::Output, status::Report};

/// The outputs of a configuration.
#[derive(Debug)]
pub struct OwnOutputs<'c> {
    credentials: &'c [Credential],
    key_directories: &'c [KeyDirectory],
}

impl<'c> OwnOutputs<'c> {
    /// Returns those of a whole configuration.
    pub fn of(config: &'c Config) -> Self {
        Self::new(&config.credentials, &config.key_directories)
    }

    pub(super) fn new(credentials: &'c [Credential], key_directories: &'c [KeyDirectory]) -> Self {
        Self { credentials, key_directories }
    }

    /// Whether the report names one of them.
    pub fn are_some_in(&self, report: &Report) -> bool {
        let ours = self.possible_in(report);
        reported(report).any(|output| ours.contains(&output))
    }

    /// Whether the report names all of them that need no key, and no others.
    pub fn are_all_in(&self, report: &Report) -> bool {
        let ours = self.possible_in(report);
        let reported: HashSet<_> = reported(report).collect();
        let fixed = self.credentials.iter().flat_map(|credential| &credential.outputs).map(Output::name);
        reported.is_subset(&ours) && fixed.into_iter().all(|output| reported.contains(&output))
    }

    /// Returns the fixed outputs, and those that the credentials of the report have if they come from key folders.
    fn possible_in(&self, report: &Report) -> HashSet<Cow<'static, str>> {
        let from_folders = report.credentials.iter().flat_map(|reported| {
            self.key_directories.iter().filter_map(|folder| {
                let file = folder.selection.file_of(&reported.name);
                folder.credential(file).ok().filter(|_| folder.selection.selects(file))
            })
        });
        let from_folders: Vec<_> = from_folders.collect();
        let outputs = self.credentials.iter().chain(&from_folders).flat_map(|credential| &credential.outputs);
        // The report has its names in this form too.
        outputs.map(|output| Cow::Owned(output.name().into_owned())).collect()
    }
}

fn reported(report: &Report) -> impl Iterator<Item = Cow<'_, str>> {
    let outputs = report.credentials.iter().flat_map(|credential| &credential.outputs);
    outputs.map(|output| output.path.to_string_lossy())
}
