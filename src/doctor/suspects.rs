//! Secret files that probably hold something else than their secret. It may be a secret of an unusual form, so these are only
//! warnings.

use std::collections::BTreeSet;

use super::key_metadata::KeyMetadata;
use crate::config::Config;

/// Returns a warning for each file. Blocks on the disk.
pub fn warnings(config: &Config, keys: &KeyMetadata) -> Vec<String> {
    let credentials = config.credentials.iter().chain(keys.in_folders.iter().flatten());
    let found: BTreeSet<_> =
        credentials.flat_map(|credential| credential.source.suspects()).map(|suspect| suspect.to_string()).collect();
    let more = found.len().saturating_sub(LISTED_MAX);
    let more = (more > 0).then(|| format!("and {more} more files that probably hold something else than their secret"));
    found.into_iter().take(LISTED_MAX).chain(more).collect()
}

const LISTED_MAX: usize = 20;
