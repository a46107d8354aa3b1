//! Attributes that a file system does not keep: accepted, or a reason to refuse the write, as the output says.

use std::{fs::File, io};

use super::{
    FileTarget, OnModeIgnored, WriteError,
    ownership::{own, permit, read_back},
};
use crate::attributes::{ImposedAttributes, WantedAttributes};

/// Sets attributes on an empty file, and takes the rights of other users away again. Answers with what the file system imposed
/// instead.
pub(super) fn try_on(
    empty: &File,
    wanted: WantedAttributes,
    mode_until_whole: u32,
) -> io::Result<Option<ImposedAttributes>> {
    own(empty, wanted.owner, wanted.group)?;
    permit(empty, wanted.mode)?;
    let imposed = read_back(empty, wanted)?;
    permit(empty, mode_until_whole)?;
    Ok(imposed)
}

/// Whether an output refuses a file system that keeps no attributes.
pub(super) fn refuses(wanted: &FileTarget) -> bool {
    match wanted.on_mode_ignored {
        OnModeIgnored::Accept => false,
        OnModeIgnored::Refuse => true,
    }
}

/// Fails if something is imposed and the output refuses that.
pub(super) fn check(imposed: Option<ImposedAttributes>, wanted: &FileTarget) -> Result<(), WriteError> {
    match imposed {
        Some(imposed) if refuses(wanted) => Err(WriteError::NotKept { path: wanted.path.clone(), imposed }),
        Some(_) | None => Ok(()),
    }
}
