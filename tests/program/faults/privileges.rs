//! Privileges that only root has.

use crate::skipped;

/// Whether this is root, who may look into a process that keeps its secrets, and mount. If not, the test is skipped loudly;
/// where nothing may be skipped, as in CI, it fails.
pub(crate) fn is_root(what_for: &str) -> bool {
    let root = nix::unistd::geteuid().is_root();
    if !root {
        skipped::for_lack_of(&format!("only root may {what_for}"));
    }
    root
}
