//! Owner, group and mode, set on a descriptor only where they differ, and read back.
//!
//! Some file systems keep no such attributes: they ignore the calls or refuse them, and every file has what their mount options
//! say. A call that only such a file system would refuse is no failure here; what it gave instead is read back.

use std::{
    fs::{File, Metadata, Permissions},
    io,
    os::unix::fs::{MetadataExt, PermissionsExt, fchown},
};

use rustix::{
    io::Errno,
    process::geteuid,
    thread::{CapabilitySet, capabilities},
};

use crate::attributes::{Attributes, ImposedAttributes, WantedAttributes};

/// Sets owner and group where they are asked for and differ. A process without privileges whose file already has the
/// right group, from a set-group-id folder for one, is thus not refused.
pub(super) fn own(file: &File, owner: Option<u32>, group: Option<u32>) -> io::Result<()> {
    if owner.is_none() && group.is_none() {
        return Ok(());
    }
    let is = file.metadata()?;
    let owner = owner.filter(|owner| *owner != is.uid());
    let group = group.filter(|group| *group != is.gid());
    if owner.is_none() && group.is_none() {
        return Ok(());
    }
    loop {
        match fchown(file, owner, group) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if keeps_no_owners(&error, &is) => return Ok(()),
            done => return done,
        }
    }
}

/// Sets the mode where it differs. On a descriptor the umask has no say.
pub(super) fn permit(file: &File, mode: u32) -> io::Result<()> {
    let is = file.metadata()?;
    if is.mode() & MODE_BITS == mode {
        return Ok(());
    }
    match file.set_permissions(Permissions::from_mode(mode)) {
        Err(error) if keeps_no_modes(&error, &is) => Ok(()),
        done => done,
    }
}

/// Sets the mode of a new folder. The set-group-id bit stays as the folder inherited it: a volume's root that has it
/// (`fsGroup` in Kubernetes) wants everything below to be its group's.
pub(super) fn permit_folder(folder: &File, mode: u32) -> io::Result<()> {
    permit(folder, mode | folder.metadata()?.mode() & S_ISGID)
}

/// What the file system imposed instead of these attributes, which were set on the file before.
pub(super) fn read_back(file: &File, wanted: WantedAttributes) -> io::Result<Option<ImposedAttributes>> {
    Ok(wanted.instead(attributes(&file.metadata()?)))
}

/// The same for the folder of a generation, whose set-group-id bit is not asked for.
pub(super) fn read_back_folder(folder: &File, wanted: WantedAttributes) -> io::Result<Option<ImposedAttributes>> {
    let is = attributes(&folder.metadata()?);
    Ok(wanted.instead(Attributes { mode: is.mode & !S_ISGID, ..is }))
}

/// The attributes of a file.
pub(super) fn attributes(found: &Metadata) -> Attributes {
    Attributes { mode: found.mode() & MODE_BITS, owner: found.uid(), group: found.gid() }
}

/// Whether `fchown` failed because the file system keeps no owners, and not for lack of a right. `is` is the new file as it
/// was before.
fn keeps_no_owners(error: &io::Error, is: &Metadata) -> bool {
    match Errno::from_io_error(error) {
        Some(Errno::NOTSUP | Errno::NOSYS) => true,
        Some(Errno::PERM) => is.uid() != geteuid().as_raw() || may(CapabilitySet::CHOWN),
        Some(_) | None => false,
    }
}

/// Whether `fchmod` failed because the file system keeps no modes. The owner of a file may set its mode, so a refusal is for lack of
/// a right only if this process gave the file to another user before.
fn keeps_no_modes(error: &io::Error, is: &Metadata) -> bool {
    match Errno::from_io_error(error) {
        Some(Errno::NOTSUP | Errno::NOSYS | Errno::INVAL) => true,
        Some(Errno::PERM) => {
            let may_have_given_it_away = may(CapabilitySet::CHOWN) && !may(CapabilitySet::FOWNER);
            is.uid() == geteuid().as_raw() || !may_have_given_it_away
        }
        Some(_) | None => false,
    }
}

fn may(capability: CapabilitySet) -> bool {
    capabilities(None).is_ok_and(|sets| sets.effective.contains(capability))
}

/// The set-group-id bit.
const S_ISGID: u32 = 0o2000;
/// Permission bits, with set-user-id, set-group-id and sticky.
const MODE_BITS: u32 = 0o7777;
