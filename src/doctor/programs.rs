//! Whether the programs of hooks exist. `run` may execute elsewhere, so a missing program is only a
//! warning.

use std::{collections::BTreeSet, fs, path::Path};

use rustix::fs::{Access, access};

use crate::{config::Config, hook::Hook};

/// Returns a warning for each program that cannot be executed now.
pub fn warnings(config: &Config) -> Vec<String> {
    let patterns = config.key_directories.iter().map(|directory| &directory.pattern);
    let hooks = config.credentials.iter().chain(patterns).flat_map(|credential| &credential.hooks);
    let programs: BTreeSet<_> = hooks
        .filter_map(|hook| match hook {
            Hook::Command { program, .. } => Some(program.as_path()),
            Hook::Signal { .. } | Hook::Post { .. } => None,
        })
        .collect();
    programs.into_iter().filter_map(trouble).collect()
}

/// Returns why a program cannot be executed, if so. Blocks on the disk.
pub(super) fn trouble(program: &Path) -> Option<String> {
    let shown = program.display();
    match fs::metadata(program) {
        Err(_) => Some(format!("program `{shown}` of a hook is missing or not accessible")),
        Ok(found) if !found.is_file() => Some(format!("program `{shown}` of a hook is not a file")),
        Ok(_) if access(program, Access::EXEC_OK).is_err() => {
            Some(format!("program `{shown}` of a hook may not be executed by this user"))
        }
        Ok(_) => None,
    }
}
