//! A small file of the program's own, replaced whole: a reader finds the old content or the new one.
//!
//! 1. Create the temporary file `.NAME.new` beside it. The name is always the same, so a crash leaves one file at most, and
//!    the next write removes it.
//! 2. Write the content.
//! 3. Rename the temporary file over the file.
//!
//! Neither step replaces or removes anything but a regular file or a link to one: see [`crate::irreplaceable`].
//!
//! Unless a durable write is asked for, nothing is synced: after a loss of power the file may be old or empty. Token files have steps of their own, in `output/`.

use std::{
    ffi::OsString,
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::Path,
};

use crate::{
    blocking::{Access, at_file},
    irreplaceable::Irreplaceable,
};

/// Replaces a file, in a folder that exists. `mode` is less the umask. Blocks on the disk.
pub fn replace_file(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    replace(path, content, mode, |_| Ok(()))
}

/// Replaces a file like [`replace_file`], and returns only when the disk has it: a power failure afterwards leaves the new
/// content, one before leaves the old. Blocks on the disk.
pub fn replace_file_durably(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    replace(path, content, mode, File::sync_all)?;
    File::open(path.parent().unwrap_or(Path::new("/")))?.sync_all()
}

fn replace(path: &Path, content: &[u8], mode: u32, sync: impl FnOnce(&File) -> io::Result<()>) -> io::Result<()> {
    at_file(Access::Write, path);
    let Some(name) = path.file_name() else { return Err(io::ErrorKind::InvalidInput.into()) };
    refuse(path)?;
    let mut temporary_name = OsString::from(".");
    temporary_name.push(name);
    temporary_name.push(".new");
    let temporary = path.with_file_name(temporary_name);
    let create = || OpenOptions::new().write(true).create_new(true).mode(mode).open(&temporary);
    let mut file = match create() {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            refuse(&temporary)?;
            fs::remove_file(&temporary)?;
            create()?
        }
        created => created?,
    };
    let moved = file
        .write_all(content)
        .and_then(|()| sync(&file))
        .and_then(|()| refuse(path))
        .and_then(|()| fs::rename(&temporary, path));
    moved.inspect_err(|_| {
        // A full disk needs the room for tokens.
        let _ = fs::remove_file(&temporary);
    })
}

/// Fails for what must not be replaced or removed.
fn refuse(path: &Path) -> io::Result<()> {
    let refused =
        |found| io::Error::other(format!("`{}` is {found}: move it away, or choose another folder", path.display()));
    Irreplaceable::at(path).map_or(Ok(()), |found| Err(refused(found)))
}

/// Replaces a file, and creates its folder with `folder_mode` if that is missing. Blocks on the disk.
pub fn replace_file_in_new_folder(path: &Path, content: &[u8], mode: u32, folder_mode: u32) -> io::Result<()> {
    match replace_file(path, content, mode) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let folder = path.parent().unwrap_or(Path::new("/"));
            DirBuilder::new().recursive(true).mode(folder_mode).create(folder)?;
            replace_file(path, content, mode)
        }
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::{
        fs::{PermissionsExt as _, symlink},
        net::UnixListener,
    };

    use super::*;

    fn names(folder: &Path) -> Vec<OsString> {
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect()
    }

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_file_is_replaced_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        fs::write(&path, "a longer text").unwrap();
        replace_file(&path, b"new", 0o600).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(mode(&path), 0o600);
        assert_eq!(names(folder.path()), ["a.json"]);
    }

    #[test]
    fn a_durable_replacement_leaves_the_same_files() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jwt");
        fs::write(&path, "a longer text").unwrap();
        replace_file_durably(&path, b"new", 0o600).unwrap();
        assert_eq!((fs::read(&path).unwrap(), mode(&path)), (b"new".to_vec(), 0o600));
        assert_eq!(names(folder.path()), ["a.jwt"]);
        fs::remove_dir_all(folder.path()).unwrap();
        assert!(replace_file_durably(&path, b"new", 0o600).is_err());
    }

    #[test]
    fn an_open_reader_keeps_the_old_content() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        replace_file(&path, b"old", 0o600).unwrap();
        let reader = File::open(&path).unwrap();
        replace_file(&path, b"new", 0o600).unwrap();
        assert_eq!(io::read_to_string(reader).unwrap(), "old");
    }

    #[test]
    fn a_file_or_link_at_the_temporary_name_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        let temporary = folder.path().join(".a.json.new");
        let elsewhere = folder.path().join("elsewhere");
        let left: [&dyn Fn(); 2] =
            [&|| fs::write(&temporary, "x".repeat(10_000)).unwrap(), &|| symlink(&elsewhere, &temporary).unwrap()];
        for leave in left {
            leave();
            replace_file(&path, b"new", 0o600).unwrap();
            assert_eq!(fs::read(&path).unwrap(), b"new");
            assert_eq!(names(folder.path()), ["a.json"]);
        }
    }

    #[test]
    fn what_is_no_file_is_never_replaced_or_removed() {
        let folder = tempfile::tempdir().unwrap();
        let (path, temporary) = (folder.path().join("a.json"), folder.path().join(".a.json.new"));
        for socket in [&path, &temporary] {
            drop(UnixListener::bind(socket).unwrap());
            let error = replace_file(&path, b"new", 0o600).unwrap_err().to_string();
            assert!(error.starts_with(&format!("`{}` is a socket: move it away", socket.display())), "{error}");
            assert_eq!(names(folder.path()), [socket.file_name().unwrap()]);
            fs::remove_file(socket).unwrap();
        }
        symlink(".", &path).unwrap();
        assert!(replace_file(&path, b"new", 0o600).is_err());
        assert_eq!(names(folder.path()), ["a.json"]);
        assert!(path.is_symlink());
    }

    #[test]
    fn a_write_that_fails_leaves_no_temporary_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        fs::create_dir_all(path.join("in the way")).unwrap();
        assert!(replace_file(&path, b"new", 0o600).is_err());
        assert_eq!(names(folder.path()), ["a.json"]);
    }

    #[test]
    fn a_missing_folder_is_created_on_request_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/c.json");
        let error = replace_file(&path, b"new", 0o600).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        replace_file_in_new_folder(&path, b"new", 0o600, 0o700).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(mode(path.parent().unwrap()), 0o700);
        fs::write(folder.path().join("file"), "").unwrap();
        assert!(replace_file_in_new_folder(&folder.path().join("file/c.json"), b"new", 0o600, 0o700).is_err());
    }
}
