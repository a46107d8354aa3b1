//! The desired credentials: those of the configuration, and one for each file in a key folder.

use std::{
    collections::{BTreeMap, HashSet},
    path::{Path, PathBuf},
};

use super::key_listing::{KeyFile, list_keys};
use crate::{
    config::{Config, Credential},
    output::Address,
    state::Ledger,
};

/// Returns the desired credentials: every configured one, and one for each selected file in a key folder that may be a key.
pub fn desired<'n>(config: &Config, files_in: impl Fn(&Path) -> &'n [KeyFile]) -> Vec<Credential> {
    let mut desired = config.credentials.clone();
    let mut names: HashSet<String> = desired.iter().map(|credential| credential.name.clone()).collect();
    let mut taken: HashSet<Address> = desired.iter().flat_map(Credential::addresses).collect();
    for directory in &config.key_directories {
        // A name that was chosen for a file counts more than that of a file.
        let (renamed, others): (Vec<_>, Vec<_>) = files_in(&directory.path)
            .iter()
            .filter(|file| file.may_be_a_key())
            .map(|file| file.name.as_str())
            .filter(|file| directory.selection.selects(file))
            .partition(|file| directory.selection.renames(file));
        for file in renamed.into_iter().chain(others) {
            let Ok(credential) = directory.credential(file) else { continue };
            let mine: Vec<_> = credential.addresses().collect();
            if names.contains(&credential.name) || mine.iter().any(|address| taken.contains(address)) {
                continue;
            }
            names.insert(credential.name.clone());
            taken.extend(mine);
            desired.push(credential);
        }
    }
    desired
}

/// Returns the desired credentials by the current content of the key folders, and an error text for each folder that cannot be
/// listed. Blocks on the disk.
pub fn credentials(config: &Config) -> (Vec<Credential>, Vec<String>) {
    let mut troubles = Vec::new();
    let mut listings: BTreeMap<PathBuf, Vec<KeyFile>> = BTreeMap::new();
    let ledger = Ledger::new(&config.state_directory);
    for directory in &config.key_directories {
        match list_keys(&directory.path, &config.key_directories, Some(&ledger)) {
            Ok((files, _)) => {
                listings.insert(directory.path.clone(), files);
            }
            Err(error) => troubles.push(error.to_string()),
        }
    }
    (desired(config, |folder: &Path| listings.get(folder).map_or(&[][..], Vec::as_slice)), troubles)
}
