//! The atomic write, in numbered steps.
//!
//! 1. Look at the target. If it is the very file that is wanted, stop: watchers of the file are not woken for nothing.
//! 2. Make missing folders, 0750 whatever the umask.
//! 3. Create a temporary file beside the target: exclusively, never through a link, mode 0600, and locked.
//! 4. Write the content. Until it is whole only this process may open it.
//! 5. Set owner and group, on the descriptor.
//! 6. Set the mode, on the descriptor, so that the umask cannot cut it. Read owner, group and mode back: a file system may impose
//!    others. If the output refuses that, this is tried in step 3 already, while the file is empty.
//! 7. Sync the file.
//! 8. Rename it over the target, unless that has become something that is never replaced. A reader has the old token or the new one, each whole and with its final owner and mode.
//! 9. Sync the folder.
//!
//! Steps 1 to 8: any failure removes the temporary file and leaves the target as it was. A crash leaves at most one
//! temporary file, which [`super::sweep`] finds.
//!
//! Step 9: the rename has happened and readers have the new token, so the write has succeeded whatever the sync says;
//! were it reported as a failure, what follows a write (a hook, say) would never follow, because the next attempt finds
//! nothing to do. A loss of power may bring back the old token. That is logged, and a restart then renews it.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt,
    path::PathBuf,
};

use rustix::fs::{FlockOperation, OFlags, flock};
use tempfile::NamedTempFile;
use tracing::warn;

use super::{
    FileTarget, Step, WriteError, folder,
    look::{Found, look},
    name::{Place, TEMPORARY_RANDOM_CHARS, TEMPORARY_SUFFIX},
    not_kept,
    ownership::{own, permit, read_back},
    target::Expected,
};
use crate::{attributes::Imposed, irreplaceable::Irreplaceable};

/// The result of a write.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Written {
    /// The file was replaced.
    Written,
    /// The file was already as wanted and was not touched.
    Unchanged,
}

/// The result of a write to one output.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Published {
    /// Whether the file was replaced.
    pub written: Written,
    /// What the file system imposed on it.
    pub imposed: Option<Imposed>,
}

/// Writes these bytes to the output's file, which is in no set. Blocks on the disk.
pub fn write<'o>(file: impl Into<Expected<'o>>, bytes: &[u8]) -> Result<Published, WriteError> {
    write_observed(file, bytes, &mut |_| Ok(()))
}

/// [`write`] with an observer that is called before each step and may fail it, or end the process: this is how tests
/// meet a full disk or a crash between any two steps.
pub fn write_observed<'o>(
    file: impl Into<Expected<'o>>,
    bytes: &[u8],
    before: &mut dyn FnMut(Step) -> io::Result<()>,
) -> Result<Published, WriteError> {
    let expected = file.into();
    let file = expected.file;
    let mut steps = WriteSteps { file, before };
    let place = Place::of(file).map_err(|source| steps.failed(Step::Look, source))?;
    let target = place.target();

    // 1.
    match steps.take(Step::Look, || Ok(look(&target, expected, bytes)))? {
        Found::Same(imposed) => {
            return Ok(Published { written: Written::Unchanged, imposed: Imposed::of(imposed, None) });
        }
        Found::Different | Found::Unseen => {}
        Found::Unfit(what) => return Err(WriteError::Unfit { path: target, what }),
    }
    // 2.
    steps.take(Step::MakeFolders, || folder::make(place.folder, file.new_folder()))?;
    // 3.
    let mut temporary = steps.take(Step::CreateTemporary, || create_beside(place))?;
    if not_kept::refuses(file) {
        let try_on = || not_kept::try_on(temporary.as_file(), file.attributes(), TEMPORARY_MODE);
        not_kept::check(steps.take(Step::SetMode, try_on)?, file)?;
    }
    // 4.
    steps.take(Step::WriteContent, || temporary.as_file_mut().write_all(bytes))?;
    // 5.
    steps.take(Step::SetOwner, || own(temporary.as_file(), file.owner, file.group))?;
    // 6.
    let imposed = steps.take(Step::SetMode, || {
        permit(temporary.as_file(), file.mode)?;
        read_back(temporary.as_file(), file.attributes())
    })?;
    not_kept::check(imposed, file)?;
    // 7.
    steps.take(Step::SyncFile, || temporary.as_file().sync_all())?;
    // 8.
    let renamed = || match Irreplaceable::at_again(&target) {
        Some(irreplaceable) => Ok(Some(irreplaceable)),
        None => temporary.persist(&target).map(|_| None).map_err(|refused| refused.error),
    };
    if let Some(what) = steps.take(Step::Rename, renamed)? {
        return Err(WriteError::Unfit { path: target, what });
    }
    // 9.
    if let Err(error) = steps.take(Step::SyncFolder, || folder::sync(place.folder)) {
        warn!("{error}; the new token is in place, but a loss of power now may bring back the old one");
    }
    Ok(Published { written: Written::Written, imposed: Imposed::of(imposed, None) })
}

struct WriteSteps<'w> {
    file: &'w FileTarget,
    before: &'w mut dyn FnMut(Step) -> io::Result<()>,
}

impl WriteSteps<'_> {
    fn take<T>(&mut self, step: Step, act: impl FnOnce() -> io::Result<T>) -> Result<T, WriteError> {
        (self.before)(step).and_then(|()| act()).map_err(|source| self.failed(step, source))
    }

    fn failed(&self, step: Step, source: io::Error) -> WriteError {
        let file = &self.file.path;
        let path = match step {
            Step::MakeFolders | Step::CreateTemporary | Step::SyncFolder => {
                file.parent().map_or_else(PathBuf::new, PathBuf::from)
            }
            Step::Look | Step::WriteContent | Step::SetOwner | Step::SetMode | Step::SyncFile | Step::Rename => {
                file.clone()
            }
        };
        WriteError::Failed { step, path, source }
    }
}

/// The lock shows a sweep that the writer is alive; it ends with the process. On a file system without locks the write
/// goes on without one.
pub(super) fn create_beside(place: Place<'_>) -> io::Result<NamedTempFile<File>> {
    let prefix = place.temporary_prefix();
    let temporary = tempfile::Builder::new()
        .prefix(&prefix)
        .suffix(TEMPORARY_SUFFIX)
        .rand_bytes(TEMPORARY_RANDOM_CHARS)
        .make_in(place.folder, |path| {
            let mut options = OpenOptions::new();
            options.write(true).create_new(true).mode(TEMPORARY_MODE);
            options.custom_flags((OFlags::NOFOLLOW | OFlags::CLOEXEC).bits().cast_signed()).open(path)
        })?;
    let _ = flock(temporary.as_file(), FlockOperation::NonBlockingLockExclusive);
    Ok(temporary)
}

/// The mode of a temporary file until its content is whole.
const TEMPORARY_MODE: u32 = 0o600;
