//! What stands where files are to be written: outputs that cannot be replaced, and files of other programs in the state
//! directory. `run` may execute elsewhere, and what is in the way may go, so these are only warnings.

use std::collections::BTreeSet;

use super::{key_metadata::KeyMetadata, state_directory};
use crate::{
    config::Config,
    output::{self, Output, Target},
};

/// Returns a warning for each, without a write. Blocks on the disk.
pub fn warnings(config: &Config, keys: &KeyMetadata) -> Vec<String> {
    let credentials: Vec<_> = config.credentials.iter().chain(keys.in_folders.iter().flatten()).collect();
    let outputs = credentials.iter().flat_map(|credential| &credential.outputs);
    // Outputs in one set share an obstacle.
    let found: BTreeSet<_> = outputs.filter_map(Output::obstacle).map(|error| error.to_string()).collect();
    let more = found.len().saturating_sub(LISTED_MAX);
    let more = (more > 0).then(|| format!("and {more} more outputs that cannot be written"));
    let foreign = state_directory::foreign(&config.state_directory, credentials);
    let mounts = keys.in_folders.iter().flatten().flat_map(|credential| &credential.outputs).filter_map(mount);
    found.into_iter().take(LISTED_MAX).chain(more).chain(mounts.take(LISTED_MAX)).chain(foreign).collect()
}

/// Returns a warning if the file is a mount of its own. Reading the configuration warns of those that it names itself.
fn mount(output: &Output) -> Option<String> {
    let Target::File(file) = &output.target;
    output::is_mount_point(&file.path).then(|| format!("`{}`: {MOUNT}", file.path.display()))
}

const LISTED_MAX: usize = 20;
const MOUNT: &str = "the file is a mount of its own, as a bind mount of a single file or `subPath` makes it: it cannot be \
     replaced, so no token arrives; mount its folder instead";
