//! A generation: the folder with all files of a set as they were at one time.

use std::{
    ffi::{OsStr, OsString},
    fs::File,
    io::{self, Read as _, Write as _},
    os::unix::fs::MetadataExt,
};

use rustix::{
    fs::{AtFlags, FileType, Mode, OFlags, linkat, mkdirat, openat},
    io::Errno,
};
use zeroize::Zeroizing;

use super::{
    SetStep,
    directory::Directory,
    member::Member,
    name::{self, DATA},
    steps::SetSteps,
};
use crate::{
    attributes::ImposedAttributes,
    output::file::{
        SetFolder, WriteError, folder, not_kept,
        ownership::{own, permit, permit_folder, read_back, read_back_folder},
    },
};

/// A generation that is whole.
pub(super) struct Generation {
    pub(super) name: OsString,
    pub(super) directory: Directory,
}

impl Generation {
    /// The one that `..data` leads to; `None` if it leads nowhere, or to what is none of ours.
    pub(super) fn current(set: &Directory) -> io::Result<Option<Self>> {
        let Some(name) = set.link(OsStr::new(DATA))?.filter(|name| name::is_generation(name)) else { return Ok(None) };
        match set.enter(&name) {
            Ok(directory) => Ok(Some(Self { name, directory })),
            Err(error) => match Errno::from_io_error(&error) {
                Some(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => Ok(None),
                Some(_) | None => Err(error),
            },
        }
    }

    /// Whether its folder has the wanted mode and group, or what its file system imposed as far as is known.
    pub(super) fn is_open_as(&self, folder: &SetFolder, known: Option<&ImposedAttributes>) -> io::Result<bool> {
        let imposed = self.imposed(folder)?;
        Ok(imposed.is_none() || imposed.as_ref() == known)
    }

    /// What the file system imposed on its folder, if no other program has changed it.
    pub(super) fn imposed(&self, folder: &SetFolder) -> io::Result<Option<ImposedAttributes>> {
        read_back_folder(&self.directory.file, folder.attributes())
    }

    /// The names of its files.
    pub(super) fn files(&self) -> io::Result<Vec<OsString>> {
        let entries = self.directory.entries(FILES_MAX)?;
        Ok(entries.into_iter().filter(|(_, kind)| *kind == FileType::RegularFile).map(|(name, _)| name).collect())
    }
}

/// A generation that is being made. No other user may enter it. It is removed if it is dropped before it is kept.
pub(super) struct Draft<'s> {
    set: &'s Directory,
    pub(super) made: Generation,
    is_kept: bool,
}

impl<'s> Draft<'s> {
    /// Makes the folder, for this process alone.
    pub(super) fn make(set: &'s Directory, new_name: impl Fn() -> OsString) -> io::Result<Self> {
        for _ in 0..ATTEMPTS_MAX {
            let name = new_name();
            match mkdirat(&set.file, &name, Mode::RWXU) {
                Err(Errno::EXIST) => continue,
                made => made?,
            }
            let file = folder::open_made(&set.file, name.as_ref()).inspect_err(|_| {
                let _ = set.remove_folder(&name);
            })?;
            return Ok(Self { set, made: Generation { name, directory: Directory { file } }, is_kept: false });
        }
        Err(Errno::EXIST.into())
    }

    /// Puts a file in: exclusively, never through a link, for this process alone until its content is whole.
    /// Answers with what its file system imposed.
    pub(super) fn put(
        &self,
        member: &Member<'_>,
        steps: &mut SetSteps<'_>,
    ) -> Result<Option<ImposedAttributes>, WriteError> {
        let Member { wanted, name, bytes } = member;
        let wanted = wanted.file;
        let mut file = steps.take_of(SetStep::CreateFile, name, || self.create(name))?;
        if not_kept::refuses(wanted) {
            let private = FILE_MODE.as_raw_mode();
            let imposed =
                steps.take_of(SetStep::SetMode, name, || not_kept::try_on(&file, wanted.attributes(), private))?;
            not_kept::check(imposed, wanted)?;
        }
        steps.take_of(SetStep::WriteContent, name, || file.write_all(bytes))?;
        steps.take_of(SetStep::SetOwner, name, || own(&file, wanted.owner, wanted.group))?;
        let imposed = steps.take_of(SetStep::SetMode, name, || {
            permit(&file, wanted.mode)?;
            read_back(&file, wanted.attributes())
        })?;
        not_kept::check(imposed, wanted)?;
        steps.take_of(SetStep::SyncFile, name, || file.sync_all())?;
        Ok(imposed)
    }

    /// Takes a file over as it is: by a second name for it, or where that is refused, by a copy.
    pub(super) fn carry_over(
        &self,
        from: &Generation,
        name: &OsStr,
        steps: &mut SetSteps<'_>,
    ) -> Result<(), WriteError> {
        let (old, new) = (&from.directory.file, &self.made.directory.file);
        match steps.take_of(SetStep::CarryOver, name, || Ok(linkat(old, name, new, name, AtFlags::empty())?)) {
            Err(WriteError::Set { source, .. }) if is_refused(&source) => {
                steps.take_of(SetStep::CopyOver, name, || self.copy(from, name))
            }
            // It was deleted just now. The next write of its credential puts it back.
            Err(WriteError::Set { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(()),
            carried => carried,
        }
    }

    /// Lets readers in: the group first, then the mode. Answers with what the file system imposed.
    pub(super) fn open_up(
        &self,
        folder: &SetFolder,
        steps: &mut SetSteps<'_>,
    ) -> Result<Option<ImposedAttributes>, WriteError> {
        let directory = &self.made.directory.file;
        steps.take(SetStep::SetGenerationGroup, || own(directory, None, folder.group))?;
        steps.take(SetStep::SetGenerationMode, || {
            permit_folder(directory, folder.mode)?;
            read_back_folder(directory, folder.attributes())
        })
    }

    /// Brings it to the disk. Answers with the names of the files.
    pub(super) fn sync(&self, steps: &mut SetSteps<'_>) -> Result<Vec<OsString>, WriteError> {
        let directory = &self.made.directory;
        steps.take(SetStep::SyncGeneration, || {
            directory.sync()?;
            self.made.files()
        })
    }

    /// It is current, and stays.
    pub(super) fn keep(&mut self) {
        self.is_kept = true;
    }

    fn create(&self, name: &OsStr) -> io::Result<File> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(openat(&self.made.directory.file, name, flags, FILE_MODE)?.into())
    }

    /// The owner stays the same if this process may give files away, and is this process's user if not, who could read the
    /// file anyway. The group stays, or the copy fails: the mode would be another group's.
    fn copy(&self, from: &Generation, name: &OsStr) -> io::Result<()> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let source: File = openat(&from.directory.file, name, flags, Mode::empty())?.into();
        let found = source.metadata()?;
        if !found.is_file() || found.len() > COPIED_BYTES_MAX {
            return Err(io::Error::other(format!("it is no file of at most {COPIED_BYTES_MAX} bytes")));
        }
        let mut copy = self.create(name)?;
        let mut source = source.take(COPIED_BYTES_MAX);
        let mut piece = Zeroizing::new([0; PIECE_BYTES]);
        loop {
            let count = match source.read(&mut piece[..]) {
                Ok(0) => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                count => count?,
            };
            copy.write_all(&piece[..count])?;
        }
        match own(&copy, Some(found.uid()), Some(found.gid())) {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => own(&copy, None, Some(found.gid()))?,
            owned => owned?,
        }
        permit(&copy, found.mode() & 0o777)?;
        copy.sync_all()
    }
}

impl Drop for Draft<'_> {
    fn drop(&mut self) {
        if !self.is_kept {
            let _ = clear(self.set, &self.made.name, &self.made.directory);
        }
    }
}

/// Removes the folder of a generation with the files in it. What is no file stays, and the folder with it.
pub(super) fn clear(set: &Directory, name: &OsStr, generation: &Directory) -> io::Result<()> {
    for (file, kind) in generation.entries(usize::MAX)? {
        if matches!(kind, FileType::RegularFile | FileType::Symlink) {
            generation.remove(&file)?;
        }
    }
    set.remove_folder(name).map(|_| ())
}

/// Whether a second name for the file was refused as such: across mounts, by a file system without them, by a policy, or
/// since it has too many.
fn is_refused(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::PERM | Errno::XDEV | Errno::MLINK | Errno::NOTSUP | Errno::NOSYS))
}

/// The mode of a file until its content is whole.
const FILE_MODE: Mode = Mode::RUSR.union(Mode::WUSR);

/// The most files of a set.
const FILES_MAX: usize = 4096;

/// The largest file that is copied from generation to generation.
const COPIED_BYTES_MAX: u64 = 1024 * 1024;

const PIECE_BYTES: usize = 4096;

/// How many names are tried if each turns out to be taken.
const ATTEMPTS_MAX: usize = 16;
