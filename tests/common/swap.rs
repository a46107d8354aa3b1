//! Two files or folders change places in one step: whoever looks meanwhile finds the one or the other, and nobody can put
//! something of his own in between.

use std::path::Path;

use rustix::fs::{CWD, RenameFlags, renameat_with};

pub(crate) fn swap(one: &Path, other: &Path) {
    renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE).unwrap();
}
