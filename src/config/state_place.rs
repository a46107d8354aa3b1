//! The state directory by default: a folder of its own beside the first output, `.tokenwell/HASH`.
//!
//! The hash is that of the first output when the state was begun. Outputs may come, go and change places afterwards: the folder
//! stays the one whose status file names an output of this configuration. A folder whose status file names only outputs of others
//! is never used.

use std::{
    fs,
    path::{Path, PathBuf},
};

use ring::digest;

use super::own_outputs::OwnOutputs;
use crate::{
    blocking,
    status::{self, ReadError},
};

/// Returns the default state directory beside `first`, in `folder`. Blocks on the disk.
pub(super) fn beside(folder: &Path, first: &str, outputs: &OwnOutputs<'_>) -> PathBuf {
    let parent = folder.join(PARENT);
    let own_name = |number: u32| parent.join(name(first, number));
    if !blocking::reaches(&parent) || !parent.is_dir() {
        return own_name(0);
    }
    let mut unused = None;
    for number in 0..NAMES_MAX {
        let directory = own_name(number);
        match owner(&directory, outputs) {
            Owner::ThisConfiguration => return directory,
            Owner::Another => {}
            Owner::Unknown => {
                unused = Some(directory);
                break;
            }
        }
    }
    let others = fs::read_dir(&parent).into_iter().flatten().flatten().take(OTHERS_MAX).map(|entry| entry.path());
    let begun_before = others.filter(|directory| Some(directory) != unused.as_ref());
    let mut begun_before = begun_before.filter(|directory| owner(directory, outputs) == Owner::ThisConfiguration);
    begun_before.next().or(unused).unwrap_or_else(|| own_name(0))
}

/// Whose state a folder holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Owner {
    ThisConfiguration,
    Another,
    /// There is no status file yet, or it cannot be read.
    Unknown,
}

fn owner(directory: &Path, outputs: &OwnOutputs<'_>) -> Owner {
    match status::read(&status::path_in(directory)) {
        Ok(report) if outputs.are_some_in(&report) => Owner::ThisConfiguration,
        Ok(report) if report.credentials.iter().all(|credential| credential.outputs.is_empty()) => Owner::Unknown,
        Ok(_) => Owner::Another,
        Err(ReadError::Missing { .. } | ReadError::Io { .. } | ReadError::Other { .. } | ReadError::Foreign { .. }) => {
            Owner::Unknown
        }
    }
}

/// Returns the beginning of the hash of the path and, after the first name, of a number.
fn name(first: &str, number: u32) -> String {
    let text = if number == 0 { first.to_owned() } else { format!("{first}\0{number}") };
    let hash = digest::digest(&digest::SHA256, text.as_bytes());
    hash.as_ref().iter().take(NAME_BYTES).fold(String::new(), |name, byte| format!("{name}{byte:02x}"))
}

/// The folder of all default state directories beside outputs. Its name begins with a dot, so that sets, key folders and globs pass
/// over it.
const PARENT: &str = ".tokenwell";
/// Twelve hex digits.
const NAME_BYTES: usize = 6;
/// How many names are tried, if others have the first ones.
const NAMES_MAX: u32 = 16;
/// How many folders of other configurations are looked at.
const OTHERS_MAX: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_stable_and_different() {
        assert_eq!(name("/run/app/a.jwt", 0).len(), 12);
        assert_eq!(name("/run/app/a.jwt", 0), name("/run/app/a.jwt", 0));
        assert_ne!(name("/run/app/a.jwt", 0), name("/run/app/b.jwt", 0));
        assert_ne!(name("/run/app/a.jwt", 0), name("/run/app/a.jwt", 1));
    }

    #[test]
    fn without_state_the_name_follows_from_the_first_output() {
        let folder = tempfile::tempdir().unwrap();
        let outputs = OwnOutputs::new(&[], &[]);
        let expected = folder.path().join(PARENT).join(name("/a", 0));
        assert_eq!(beside(folder.path(), "/a", &outputs), expected);
        fs::create_dir_all(&expected).unwrap();
        fs::write(expected.join("status.json"), "of a person").unwrap();
        assert_eq!(beside(folder.path(), "/a", &outputs), expected);
    }
}
