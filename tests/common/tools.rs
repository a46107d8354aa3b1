//! Programs that only some tests need.

use std::{env, path::Path};

/// Whether a program is there. If not, the test is skipped loudly; where nothing may be skipped, as in CI, it fails.
pub(crate) fn needs(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path).chain(["/usr/sbin".into()]).any(|folder| is_there(&folder.join(program)));
    if !found {
        assert!(env::var_os("TOKENWELL_TESTS_SKIP_NOTHING").is_none(), "`{program}` is not installed");
        eprintln!("SKIPPED: `{program}` is not installed");
    }
    found
}

fn is_there(path: &Path) -> bool {
    path.is_file()
}
