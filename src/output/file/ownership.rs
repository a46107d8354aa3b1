//! Owner, group and mode, set on a descriptor, and only where they differ.

use std::{
    fs::{File, Permissions},
    io,
    os::unix::fs::{MetadataExt, PermissionsExt, fchown},
};

/// Sets owner and group where they are asked for and differ. A process without privileges whose file already has the
/// right group, from a set-group-id folder for one, is thus not refused.
pub(super) fn own(file: &File, owner: Option<u32>, group: Option<u32>) -> io::Result<()> {
    let is = file.metadata()?;
    let owner = owner.filter(|owner| *owner != is.uid());
    let group = group.filter(|group| *group != is.gid());
    if owner.is_none() && group.is_none() {
        return Ok(());
    }
    loop {
        match fchown(file, owner, group) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}

/// Sets the mode where it differs. On a descriptor the umask has no say.
pub(super) fn permit(file: &File, mode: u32) -> io::Result<()> {
    if file.metadata()?.mode() & 0o7777 == mode {
        return Ok(());
    }
    file.set_permissions(Permissions::from_mode(mode))
}

/// Sets the mode of a new folder. The set-group-id bit stays as the folder inherited it: a volume's root that has it
/// (`fsGroup` in Kubernetes) wants everything below to be its group's.
pub(super) fn permit_folder(folder: &File, mode: u32) -> io::Result<()> {
    permit(folder, mode | folder.metadata()?.mode() & S_ISGID)
}

/// The set-group-id bit.
pub(super) const S_ISGID: u32 = 0o2000;
