//! Paths of outputs that are legal and rarely intended: mounts of single files, and formats of Traefik in a set.

use std::path::Path;

use super::{diagnostics::Diagnostics, path_conflicts::PathConflicts, path_use::Purpose};
use crate::{blocking, output};

/// Warns of each.
pub(super) fn warn(paths: &PathConflicts, diagnostics: &mut Diagnostics) {
    for output in paths.of(Purpose::Output) {
        if blocking::reaches(&output.written) && output::is_mount_point(&output.written) {
            diagnostics.warning(&output.location, MOUNT, MOUNT_REMEDY);
        }
        let is_in_a_set = paths.of(Purpose::Set).any(|set| output.written.parent() == Some(&set.written));
        if is_in_a_set && is_read_by_traefik(&output.written) {
            diagnostics.warning(&output.location, TRAEFIK, TRAEFIK_REMEDY);
        }
    }
}

/// Whether Traefik reads a file of this name in a folder, as its dynamic configuration.
pub(super) fn is_read_by_traefik(path: &Path) -> bool {
    // To Go, `.yaml` has an extension.
    let name = path.file_name().unwrap_or_default().as_encoded_bytes();
    let extension = name.rsplit(|byte| *byte == b'.').next().filter(|extension| extension.len() < name.len());
    extension.is_some_and(|extension| {
        TRAEFIK_EXTENSIONS.iter().any(|known| extension.eq_ignore_ascii_case(known.as_bytes()))
    })
}

/// The extensions that Traefik's file provider reads, in any case.
const TRAEFIK_EXTENSIONS: [&str; 3] = ["yaml", "yml", "toml"];

const MOUNT: &str = "the file is a mount of its own, as a bind mount of a single file or `subPath` makes it: it cannot be replaced, so \
     no token arrives";
const MOUNT_REMEDY: &str = "mount its folder instead";
const TRAEFIK: &str = "Traefik reads such a file in each folder of the set, and the older one wins until it is deleted";
const TRAEFIK_REMEDY: &str = "for Traefik, write it into a folder that is no set";
