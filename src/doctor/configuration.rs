//! The configuration, which is already validated, and the user that examines it.

use std::path::Path;

use super::{finding::Finding, needs::ProcessUser};
use crate::config::{Config, Credential};

/// Reports the counts, the project and the user.
pub(super) fn findings(
    config: &Config,
    file: Option<&Path>,
    credentials: &[Credential],
    identity: &ProcessUser,
) -> Vec<Finding> {
    let file = file.map_or("the command line".to_owned(), |file| format!("`{}`", file.display()));
    let counts = [
        (credentials.len(), "credential"),
        (config.key_directories.len(), "key folder"),
        (credentials.iter().map(|credential| credential.outputs.len()).sum(), "output"),
        (config.sets.len(), "set"),
        (credentials.iter().map(|credential| credential.hooks.len()).sum(), "hook"),
    ];
    let counts: Vec<_> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}{}", if *count == 1 { "" } else { "s" }))
        .collect();
    let counts = if counts.is_empty() { "no credential".to_owned() } else { counts.join(", ") };
    vec![
        Finding::passed(SUBJECT, format!("{file}: {counts}")),
        Finding::passed(SUBJECT, format!("project `{}` at `{}`", config.project, config.base_url)),
        Finding::passed(SUBJECT, format!("examined as {identity}")),
    ]
}

const SUBJECT: &str = "config";
