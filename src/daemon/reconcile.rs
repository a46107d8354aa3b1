//! Who is kept fresh: what the configuration and the key folders want.

use std::{collections::HashSet, path::Path};

use crate::{
    config::{Config, Credential},
    output::Address,
};

/// What a key folder holds, as far as is known.
#[derive(Clone, Debug, Default)]
pub(super) struct Listing {
    pub(super) seen: bool,
    pub(super) names: Vec<String>,
    /// Why it cannot be listed now.
    pub(super) trouble: Option<String>,
}

/// What a change of the members came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Reconciled {
    pub(super) added: usize,
    pub(super) changed: usize,
    pub(super) removed: usize,
}

/// What should be kept fresh: every credential that is named, and one for each file in a key folder.
pub(super) fn desired<'n>(config: &Config, names_in: impl Fn(&Path) -> &'n [String]) -> Vec<Credential> {
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
