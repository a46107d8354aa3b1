//! Exchanges two files or folders in one step: a reader finds one or the other, and no other process can put a file in
//! between.

use std::path::Path;

use rustix::fs::{CWD, RenameFlags, renameat_with};

pub(crate) fn swap(one: &Path, other: &Path) {
    renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE).unwrap();
}
