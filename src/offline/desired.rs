//! The desired credentials: those of the configuration, and one for each file in a key folder.

use std::{
    collections::{BTreeMap, HashSet},
    path::Path,
};

use crate::{
    config::{Config, Credential},
    output::Address,
    source,
};

/// Returns the desired credentials: every configured one, and one for each file in a key folder.
pub fn desired<'n>(config: &Config, names_in: impl Fn(&Path) -> &'n [String]) -> Vec<Credential> {
    let mut desired = config.credentials.clone();
    let mut names: HashSet<String> = desired.iter().map(|credential| credential.name.clone()).collect();
    let mut taken: HashSet<Address> = desired.iter().flat_map(Credential::addresses).collect();
    for directory in &config.key_directories {
        for file in names_in(&directory.path) {
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
    let mut listings = BTreeMap::new();
    for directory in &config.key_directories {
        match source::list(&directory.path) {
            Ok(entries) => {
                listings.insert(directory.path.clone(), entries.into_iter().map(|(name, _)| name).collect());
            }
            Err(error) => troubles.push(error.to_string()),
        }
    }
    (desired(config, |folder: &Path| listings.get(folder).map_or(&[][..], Vec::as_slice)), troubles)
}
