//! Which credentials a file on disk concerns, and which folders their outputs are in.

use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{BuildHasher as _, RandomState},
    path::{Path, PathBuf},
};

use crate::{output::Output, renewal::Id};

/// An index from watched files to credentials. A look-up does not grow with the number of credentials.
#[derive(Debug, Default)]
pub(super) struct OutputIndex {
    /// A hash of each watched path, with the credential. Paths would cost ten times the memory; two paths with one hash only
    /// cost the inspection of an output that was not touched.
    files: BTreeSet<(u64, Id)>,
    hasher: RandomState,
    /// How many outputs need a watch of each folder.
    folders: BTreeMap<PathBuf, usize>,
}

impl OutputIndex {
    /// Adds the outputs of a credential.
    pub(super) fn insert(&mut self, id: Id, outputs: &[Output]) {
        for output in outputs {
            for path in indexed(output) {
                self.files.insert((self.hasher.hash_one(path), id));
            }
            for folder in output.watched_folders() {
                *self.folders.entry(folder).or_default() += 1;
            }
        }
    }

    /// Removes the outputs of a credential, which were added as they are given here.
    pub(super) fn remove(&mut self, id: Id, outputs: &[Output]) {
        for output in outputs {
            for path in indexed(output) {
                self.files.remove(&(self.hasher.hash_one(path), id));
            }
            for folder in output.watched_folders() {
                if let Some(needed) = self.folders.get_mut(&folder) {
                    *needed -= 1;
                    if *needed == 0 {
                        self.folders.remove(&folder);
                    }
                }
            }
        }
    }

    /// The credentials with an output in which a change of this file shows, or in this set.
    pub(super) fn concerned(&self, file: &Path) -> impl Iterator<Item = Id> {
        let hash = self.hasher.hash_one(file);
        let from = (hash, Id::MIN);
        self.files.range(from..).take_while(move |(other, _)| *other == hash).map(|(_, id)| *id)
    }

    /// The folders to watch.
    pub(super) fn folders(&self) -> BTreeSet<PathBuf> {
        self.folders.keys().cloned().collect()
    }
}

/// The paths by which an output is found: those under which a change of it shows, and its set.
fn indexed(output: &Output) -> impl Iterator<Item = PathBuf> {
    let set = output.folder().filter(|_| output.keep_previous().is_some());
    output.watched_files().chain(set.map(Path::to_path_buf))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::daemon::credentials::tests::{credential, credentials};

    fn concerned(index: &OutputIndex, file: &str) -> Vec<Id> {
        index.concerned(Path::new(file)).collect()
    }

    #[test]
    fn a_file_leads_to_the_credentials_that_write_it() {
        let (_, [a, b]) = credentials(["a", "b"]);
        let outputs = |name: &str| credential(name).outputs;
        let mut index = OutputIndex::default();
        index.insert(a, &outputs("a"));
        index.insert(b, &outputs("b"));
        index.insert(b, &outputs("a"));
        assert_eq!(concerned(&index, "/out/a"), [a, b]);
        assert_eq!(concerned(&index, "/out/b"), [b]);
        assert_eq!(concerned(&index, "/out/c"), []);
        assert_eq!(index.folders(), BTreeSet::from(["/out".into()]));
        index.remove(b, &outputs("a"));
        assert_eq!(concerned(&index, "/out/a"), [a]);
        index.remove(a, &outputs("a"));
        assert_eq!(index.folders(), BTreeSet::from(["/out".into()]), "another output is in it");
        index.remove(b, &outputs("b"));
        assert_eq!((concerned(&index, "/out/b"), index.folders()), (Vec::new(), BTreeSet::new()));
    }
}
