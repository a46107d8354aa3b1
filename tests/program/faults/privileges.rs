//! What only root may do.

use std::env;

/// Whether this is root, who may look into a process that keeps its secrets, and mount. If not, the test is skipped loudly;
/// where nothing may be skipped, as in CI, it fails.
pub(crate) fn is_root(what_for: &str) -> bool {
    let root = nix::unistd::geteuid().is_root();
    if !root {
        assert!(env::var_os("TOKENWELL_TESTS_SKIP_NOTHING").is_none(), "only root may {what_for}");
        eprintln!("SKIPPED: only root may {what_for}");
    }
    root
}
