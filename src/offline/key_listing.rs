//! The files in a key folder, each with the form of its content.

use std::path::{Path, PathBuf};

use crate::{
    config::KeyDirectory,
    source::{self, KeyForm, ListError},
    state::Ledger,
};

/// A file in a key folder.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyFile {
    /// Its name.
    pub name: String,
    /// The form of its content. A file that brought a session before has a possible key: what is in it now is a mistake to report,
    /// and its token stays.
    pub form: KeyForm,
}

impl KeyFile {
    /// Whether it is a credential, if it is selected.
    pub fn may_be_a_key(&self) -> bool {
        match self.form {
            KeyForm::Possible | KeyForm::Doubtful(_) => true,
            KeyForm::Impossible(_) => false,
        }
    }
}

/// Lists the files of one folder, and the paths of all of them. `directories` are those of the configuration, and `ledger` has its
/// records, if this process may read them. Blocks on the disk.
pub fn list_keys(
    folder: &Path,
    directories: &[KeyDirectory],
    ledger: Option<&Ledger>,
) -> Result<(Vec<KeyFile>, Vec<PathBuf>), ListError> {
    let (names, paths): (Vec<_>, Vec<_>) = source::list(folder)?.into_iter().unzip();
    let directories: Vec<_> = directories.iter().filter(|directory| directory.path == folder).collect();
    let file = |(name, path): (String, &PathBuf)| {
        let is_selected = directories.iter().any(|directory| directory.selection.selects(&name));
        let form = if is_selected { KeyForm::of_file(path) } else { KeyForm::Possible };
        let form = match form {
            KeyForm::Impossible(_)
                if ledger.is_some_and(|ledger| has_brought_a_session(&name, &directories, ledger)) =>
            {
                KeyForm::Possible
            }
            form => form,
        };
        KeyFile { name, form }
    };
    let files = names.into_iter().zip(&paths).map(file).collect();
    Ok((files, paths))
}

fn has_brought_a_session(file: &str, directories: &[&KeyDirectory], ledger: &Ledger) -> bool {
    directories.iter().any(|directory| {
        let record = ledger.load(directory.selection.name_of(file));
        matches!(record, Ok(Some(record)) if record.written.is_some())
    })
}
