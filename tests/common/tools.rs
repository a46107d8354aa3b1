//! Programs that only some tests need.

use std::{env, path::Path};

use crate::skipped;

/// Whether a program is installed. If not, the test is skipped.
pub(crate) fn needs(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path).chain(["/usr/sbin".into()]).any(|folder| is_there(&folder.join(program)));
    if !found {
        skipped::without_program(&format!("`{program}` is not installed"));
    }
    found
}

fn is_there(path: &Path) -> bool {
    path.is_file()
}
