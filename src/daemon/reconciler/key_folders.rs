//! The files in each key folder, as the last scan found them.

use std::{
    collections::{BTreeMap, HashSet},
    path::{Path, PathBuf},
};

use crate::{offline::KeyFile, source::ListError};

/// The listings of the key folders.
#[derive(Debug, Default)]
pub(in crate::daemon) struct KeyFolders {
    listings: BTreeMap<PathBuf, Listing>,
}

#[derive(Debug, Default)]
struct Listing {
    /// Whether the folder was listed once.
    is_listed: bool,
    files: Vec<KeyFile>,
    /// Why it cannot be listed now.
    error: Option<ListError>,
}

/// What a scan changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::daemon) enum FolderChange {
    /// The folder holds other files.
    Listed,
    /// It cannot be listed, for a new reason, which is a message for the log. The files that were listed before still count.
    Failed(String),
    None,
}

impl KeyFolders {
    /// Takes the listing of a folder.
    pub(in crate::daemon) fn note(&mut self, folder: &Path, listed: Result<Vec<KeyFile>, ListError>) -> FolderChange {
        let listing = self.listings.entry(folder.to_owned()).or_default();
        match listed {
            Ok(files) => {
                listing.error = None;
                if listing.is_listed && listing.files == files {
                    return FolderChange::None;
                }
                *listing = Listing { is_listed: true, files, error: None };
                FolderChange::Listed
            }
            Err(error) => {
                let why = error.to_string();
                let before = listing.error.replace(error);
                if before.is_some_and(|before| before.to_string() == why) {
                    FolderChange::None
                } else {
                    FolderChange::Failed(why)
                }
            }
        }
    }

    /// Forgets folders that the configuration does not name.
    pub(in crate::daemon) fn retain(&mut self, folders: &HashSet<&Path>) {
        self.listings.retain(|folder, _| folders.contains(folder.as_path()));
    }

    /// The files of a folder; none if it was never listed.
    pub(in crate::daemon) fn files(&self, folder: &Path) -> &[KeyFile] {
        self.listings.get(folder).map_or(&[][..], |listing| &listing.files)
    }

    /// Why a folder was never listed; `None` if it was.
    pub(in crate::daemon) fn why_unlisted(&self, folder: &Path) -> Option<String> {
        match self.listings.get(folder) {
            Some(listing) if listing.is_listed => None,
            Some(Listing { error: Some(why), .. }) => Some(format!("waiting for keys: {why}")),
            Some(_) | None => Some(format!("key folder `{}` was not looked at yet", folder.display())),
        }
    }

    /// Why folders cannot be listed now.
    pub(in crate::daemon) fn errors(&self) -> impl Iterator<Item = &ListError> {
        self.listings.values().filter_map(|listing| listing.error.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::KeyForm;

    #[test]
    fn a_folder_that_cannot_be_listed_keeps_its_files() {
        let folder = Path::new("/keys");
        let error = || ListError::Missing { folder: folder.to_owned() };
        let file = |name: &&str| KeyFile { name: (*name).to_owned(), form: KeyForm::Possible };
        let files = |names: &[&str]| Ok(names.iter().map(file).collect::<Vec<_>>());
        let mut folders = KeyFolders::default();
        assert!(folders.why_unlisted(folder).unwrap().contains("not looked at yet"));
        assert_eq!(folders.note(folder, Err(error())), FolderChange::Failed(error().to_string()));
        assert_eq!(folders.note(folder, Err(error())), FolderChange::None);
        assert!(folders.why_unlisted(folder).unwrap().contains("waiting for keys"));
        assert_eq!(folders.note(folder, files(&["a"])), FolderChange::Listed);
        assert_eq!((folders.errors().count(), folders.why_unlisted(folder)), (0, None));
        assert_eq!(folders.note(folder, files(&["a"])), FolderChange::None);
        assert_eq!(folders.note(folder, Err(error())), FolderChange::Failed(error().to_string()));
        assert_eq!((folders.files(folder), folders.errors().count()), (&[file(&"a")][..], 1));
        assert_eq!(folders.note(folder, files(&["a"])), FolderChange::None, "nothing has changed");
        assert_eq!(folders.errors().count(), 0);
        folders.retain(&HashSet::new());
        assert!(folders.files(folder).is_empty());
    }

    #[test]
    fn an_empty_folder_counts_as_listed() {
        let mut folders = KeyFolders::default();
        assert_eq!(folders.note(Path::new("/keys"), Ok(Vec::new())), FolderChange::Listed);
        assert_eq!(folders.why_unlisted(Path::new("/keys")), None);
    }
}
