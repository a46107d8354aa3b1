//! Privileges that only root has.

use crate::skipped;

/// Whether the test runs as root, which may inspect a process that protects its secrets, and mount. If not, skips the test
/// with a notice; fails where nothing may be skipped, as in CI.
pub(crate) fn is_root(what_for: &str) -> bool {
    let root = nix::unistd::geteuid().is_root();
    if !root {
        skipped::without_root(&format!("only root may {what_for}"));
    }
    root
}
