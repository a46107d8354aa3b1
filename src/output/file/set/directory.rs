//! A folder that is held open: names are looked up in it and nowhere else, whatever becomes of the path meanwhile.

use std::{
    ffi::{CStr, OsStr, OsString},
    fs::File,
    io,
    os::unix::ffi::{OsStrExt, OsStringExt},
    path::Path,
};

use rustix::{
    fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, Stat, openat, readlinkat, renameat, statat, symlinkat, unlinkat},
    io::Errno,
};

/// A folder that is held open.
pub(super) struct Directory {
    pub(super) file: File,
}

impl Directory {
    /// Opens a folder by its path, on which links are followed.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = openat(CWD, path, FLAGS, Mode::empty())?;
        Ok(Self { file: file.into() })
    }

    /// Opens a folder in it; a link is not followed.
    pub(super) fn enter(&self, name: &OsStr) -> io::Result<Self> {
        let file = openat(&self.file, name, FLAGS | OFlags::NOFOLLOW, Mode::empty())?;
        Ok(Self { file: file.into() })
    }

    /// The names in it with their file types, without itself and its parent. Fails if there are more than `most`.
    pub(super) fn entries(&self, most: usize) -> io::Result<Vec<(OsString, FileType)>> {
        let mut entries = Vec::new();
        for entry in Dir::read_from(&self.file)? {
            let entry = entry?;
            let name = name_of(entry.file_name());
            if name == "." || name == ".." {
                continue;
            }
            if entries.len() == most {
                return Err(io::Error::other(format!("it holds more than {most} files")));
            }
            // Not every file system gives the type along with the name.
            let kind = match entry.file_type() {
                FileType::Unknown => match self.stat(&name)? {
                    Some(found) => FileType::from_raw_mode(found.st_mode),
                    None => continue,
                },
                kind => kind,
            };
            entries.push((name, kind));
        }
        Ok(entries)
    }

    /// The entry of that name; a link is not followed.
    pub(super) fn stat(&self, name: &OsStr) -> io::Result<Option<Stat>> {
        match statat(&self.file, name, AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT) => Ok(None),
            found => Ok(Some(found?)),
        }
    }

    /// Where the link of that name leads; `None` if there is none.
    pub(super) fn link(&self, name: &OsStr) -> io::Result<Option<OsString>> {
        match readlinkat(&self.file, name, Vec::new()) {
            Err(Errno::NOENT | Errno::INVAL) => Ok(None),
            target => Ok(Some(OsString::from_vec(target?.into_bytes()))),
        }
    }

    /// Makes a link; the name must be free.
    pub(super) fn make_link(&self, name: &OsStr, target: &OsStr) -> io::Result<()> {
        Ok(symlinkat(target, &self.file, name)?)
    }

    /// Renames within the folder, over whatever file or link has the new name.
    pub(super) fn rename(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        Ok(renameat(&self.file, from, &self.file, to)?)
    }

    /// Removes a file or a link. Answers whether there was one.
    pub(super) fn remove(&self, name: &OsStr) -> io::Result<bool> {
        gone(unlinkat(&self.file, name, AtFlags::empty()))
    }

    /// Removes an empty folder. Answers whether there was one.
    pub(super) fn remove_folder(&self, name: &OsStr) -> io::Result<bool> {
        gone(unlinkat(&self.file, name, AtFlags::REMOVEDIR))
    }

    /// Syncs the names in it.
    pub(super) fn sync(&self) -> io::Result<()> {
        match self.file.sync_all() {
            // File systems that know no sync of folders.
            Err(error) if matches!(Errno::from_io_error(&error), Some(Errno::INVAL | Errno::NOTSUP)) => Ok(()),
            synced => synced,
        }
    }
}

fn gone(removed: rustix::io::Result<()>) -> io::Result<bool> {
    match removed {
        Err(Errno::NOENT) => Ok(false),
        removed => Ok(removed.map(|()| true)?),
    }
}

fn name_of(name: &CStr) -> OsString {
    OsStr::from_bytes(name.to_bytes()).to_owned()
}

const FLAGS: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// How much of a folder is looked at in search of what is ours.
pub(super) const DIRECTORY_ENTRIES_MAX: usize = 65_536;
