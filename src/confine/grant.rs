//! Rights to real folders, derived from needs.

use std::path::{Path, PathBuf};

use super::{
    folders,
    needs::{Need, Right},
};

/// A real folder or file, and the right to it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Grant {
    pub(super) path: PathBuf,
    pub(super) right: Right,
}

impl Need {
    pub(super) fn at(&self, path: &Path) -> Grant {
        Grant { path: path.to_owned(), right: self.right() }
    }
}

/// Returns each place once; the right to write includes the right to read.
pub(super) fn grants(needs: &[Need]) -> Vec<Grant> {
    let mut grants: Vec<_> = needs
        .iter()
        .flat_map(|need| {
            let folders = folders::of_need(need);
            let above: Vec<_> =
                folders.iter().filter_map(|path| folders::accessible_parent(path, need.purpose)).collect();
            folders.into_iter().chain(above).map(|path| need.at(&path))
        })
        .collect();
    grants.sort_by(|a, b| (&a.path, b.right).cmp(&(&b.path, a.right)));
    grants.dedup_by(|later, first| later.path == first.path);
    grants
}
