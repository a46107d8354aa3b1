//! A small file of the program's own, replaced whole: a reader finds the old content or the new one.
//!
//! 1. Check that the file, if there is one, is the program's own: a regular file with content that the program writes. A damaged
//!    one counts as its own if it is empty, ends in zero bytes, or is cut, as a loss of power leaves it. Anything else is left
//!    alone, and the write fails with [`NotOurs`].
//! 2. Create the temporary file `.NAME.new` beside it. The name is always the same, so a crash leaves one file at most, and
//!    the next write removes it. If something else has that name, `.NAME.1.new` and so on are used.
//! 3. Write the content.
//! 4. Rename the temporary file over the file.
//!
//! Unless a durable write is asked for, nothing is synced: after a loss of power the file may be old or empty. Token files have steps of their own, in `output/`.

use std::{
    ffi::OsString,
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Read as _, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use rustix::fs::OFlags;

use crate::blocking::{Access, at_file};

/// Whether the program writes content that begins like this. The rest may be missing.
pub type IsOurs = fn(&[u8]) -> bool;

/// A file that the program does not replace, because it did not write it. The reason and the remedy, for a message that names the
/// file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("what is there is not tokenwell's, and is not replaced; move it away, or name another `stateDirectory`")]
pub struct NotOurs;

impl NotOurs {
    /// Whether an error of this room is this one.
    pub fn is_reason_of(error: &io::Error) -> bool {
        error.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<Self>)
    }
}

/// Replaces a file, in a folder that exists. `mode` is less the umask. Blocks on the disk.
pub fn replace_file(path: &Path, content: &[u8], mode: u32, is_ours: IsOurs) -> io::Result<()> {
    replace(path, content, mode, is_ours, |_| Ok(()))
}

/// Replaces a file like [`replace_file`], and returns only when the disk has it: a power failure afterwards leaves the new
/// content, one before leaves the old. Blocks on the disk.
pub fn replace_file_durably(path: &Path, content: &[u8], mode: u32, is_ours: IsOurs) -> io::Result<()> {
    replace(path, content, mode, is_ours, File::sync_all)?;
    File::open(path.parent().unwrap_or(Path::new("/")))?.sync_all()
}

/// Replaces a file, and creates its folder with `folder_mode` if that is missing. Blocks on the disk.
pub fn replace_file_in_new_folder(
    path: &Path,
    content: &[u8],
    mode: u32,
    folder_mode: u32,
    is_ours: IsOurs,
) -> io::Result<()> {
    match replace_file(path, content, mode, is_ours) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let folder = path.parent().unwrap_or(Path::new("/"));
            DirBuilder::new().recursive(true).mode(folder_mode).create(folder)?;
            replace_file(path, content, mode, is_ours)
        }
        result => result,
    }
}

/// Checks that a file could be replaced as far as its content is concerned: it is missing, or the program's own. Blocks on the disk.
pub fn check_ours(path: &Path, is_ours: IsOurs) -> io::Result<()> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    let bytes = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
        Ok(found) if !found.is_file() => return Err(io::Error::other(NotOurs)),
        Ok(found) => found.len(),
    };
    if bytes == 0 {
        return Ok(());
    }
    let mut file = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)?;
    let head = read_head(&mut file, bytes)?;
    let written = head.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    if written == 0 || is_ours(&head[..written]) { Ok(()) } else { Err(io::Error::other(NotOurs)) }
}

/// Reads the beginning of a file of this length, in one call of the system as a rule.
fn read_head(file: &mut File, bytes: u64) -> io::Result<Vec<u8>> {
    let mut head = vec![0; usize::try_from(bytes).map_or(HEAD_BYTES, |bytes| bytes.min(HEAD_BYTES))];
    let mut filled = 0;
    while filled < head.len() {
        match file.read(&mut head[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    head.truncate(filled);
    Ok(head)
}

fn replace(
    path: &Path,
    content: &[u8],
    mode: u32,
    is_ours: IsOurs,
    sync: impl FnOnce(&File) -> io::Result<()>,
) -> io::Result<()> {
    at_file(Access::Write, path);
    check_ours(path, is_ours)?;
    let (temporary, mut file) = create_temporary(path, mode, is_ours)?;
    // It may have been replaced meanwhile.
    let look_again = || match fs::symlink_metadata(path) {
        Ok(found) if !found.is_file() => Err(io::Error::other(NotOurs)),
        Ok(_) | Err(_) => Ok(()),
    };
    let moved = file
        .write_all(content)
        .and_then(|()| sync(&file))
        .and_then(|()| look_again())
        .and_then(|()| fs::rename(&temporary, path));
    moved.inspect_err(|_| {
        // A full disk needs the room for tokens.
        let _ = fs::remove_file(&temporary);
    })
}

fn create_temporary(path: &Path, mode: u32, is_ours: IsOurs) -> io::Result<(PathBuf, File)> {
    let Some(name) = path.file_name() else { return Err(io::ErrorKind::InvalidInput.into()) };
    let temporary = |suffix: &str| {
        let mut temporary = OsString::from(".");
        temporary.push(name);
        temporary.push(suffix);
        path.with_file_name(temporary)
    };
    let create = |path: &Path| OpenOptions::new().write(true).create_new(true).mode(mode).open(path);
    let usual = temporary(".new");
    match create(&usual) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && check_ours(&usual, is_ours).is_ok() => {
            fs::remove_file(&usual)?;
            return Ok((usual.clone(), create(&usual)?));
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        created => return Ok((usual, created?)),
    }
    for number in 1..TEMPORARY_NAMES_MAX {
        let other = temporary(&format!(".{number}.new"));
        match create(&other) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            created => return Ok((other, created?)),
        }
    }
    Err(io::Error::other(NotOurs))
}

/// How much of a file is read to tell whose it is.
const HEAD_BYTES: usize = 64 * 1024;
/// How many names are tried.
const TEMPORARY_NAMES_MAX: u32 = 100;

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
        fs::write(&path, "alongertext").unwrap();
        replace_file(&path, b"new", 0o600, is_ours).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(mode(&path), 0o600);
        assert_eq!(names(folder.path()), ["a.json"]);
    }

    #[test]
    fn a_durable_replacement_leaves_the_same_files() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jwt");
        fs::write(&path, "alongertext").unwrap();
        replace_file_durably(&path, b"new", 0o600, is_ours).unwrap();
        assert_eq!((fs::read(&path).unwrap(), mode(&path)), (b"new".to_vec(), 0o600));
        assert_eq!(names(folder.path()), ["a.jwt"]);
        fs::remove_dir_all(folder.path()).unwrap();
        assert!(replace_file_durably(&path, b"new", 0o600, is_ours).is_err());
    }

    #[test]
    fn an_open_reader_keeps_the_old_content() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        replace_file(&path, b"old", 0o600, is_ours).unwrap();
        let reader = File::open(&path).unwrap();
        replace_file(&path, b"new", 0o600, is_ours).unwrap();
        assert_eq!(io::read_to_string(reader).unwrap(), "old");
    }

    /// The tests write letters.
    fn is_ours(head: &[u8]) -> bool {
        head.iter().all(u8::is_ascii_lowercase)
    }

    #[test]
    fn what_is_not_ours_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        let elsewhere = folder.path().join("elsewhere");
        fs::write(&elsewhere, "ours").unwrap();
        let foreign: [&dyn Fn(&Path); 5] = [
            &|path| fs::write(path, "{ }").unwrap(),
            &|path| fs::write(path, "x".repeat(100) + "\0\0#").unwrap(),
            &|path| symlink(&elsewhere, path).unwrap(),
            &|path| drop(UnixListener::bind(path).unwrap()),
            &|path| fs::create_dir(path).unwrap(),
        ];
        for put in foreign {
            put(&path);
            let before = (path.symlink_metadata().unwrap().file_type(), fs::read(&path).ok());
            let error = replace_file(&path, b"new", 0o600, is_ours).unwrap_err();
            assert!(NotOurs::is_reason_of(&error), "{error}");
            assert_eq!((path.symlink_metadata().unwrap().file_type(), fs::read(&path).ok()), before);
            assert_eq!(names(folder.path()).len(), 2, "no temporary file is left");
            fs::remove_file(&path).or_else(|_| fs::remove_dir(&path)).unwrap();
        }
        assert_eq!(fs::read(&elsewhere).unwrap(), b"ours");
    }

    #[test]
    fn a_file_that_a_power_failure_left_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        for damaged in [&b""[..], b"\0\0\0\0", b"ab", b"ab\0\0\0"] {
            fs::write(&path, damaged).unwrap();
            replace_file(&path, b"new", 0o600, is_ours).unwrap();
            assert_eq!(fs::read(&path).unwrap(), b"new");
        }
    }

    #[test]
    fn what_is_not_ours_at_the_temporary_name_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        let temporary = folder.path().join(".a.json.new");
        let elsewhere = folder.path().join("elsewhere");
        let left: [&dyn Fn(); 3] = [
            &|| fs::write(&temporary, "of a person: X").unwrap(),
            &|| symlink(&elsewhere, &temporary).unwrap(),
            &|| drop(UnixListener::bind(&temporary).unwrap()),
        ];
        for leave in left {
            leave();
            replace_file(&path, b"new", 0o600, is_ours).unwrap();
            assert_eq!(fs::read(&path).unwrap(), b"new");
            assert_eq!(names(folder.path()).len(), 2, "the file, and what is not ours");
            fs::remove_file(&temporary).unwrap();
        }
        fs::write(&temporary, "x".repeat(10_000)).unwrap();
        replace_file(&path, b"new", 0o600, is_ours).unwrap();
        assert_eq!(names(folder.path()), ["a.json"], "what a crash left is replaced");
    }

    #[test]
    fn a_write_that_fails_leaves_no_temporary_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        fs::create_dir_all(path.join("in the way")).unwrap();
        assert!(replace_file(&path, b"new", 0o600, is_ours).is_err());
        assert_eq!(names(folder.path()), ["a.json"]);
    }

    #[test]
    fn a_missing_folder_is_created_on_request_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/c.json");
        let error = replace_file(&path, b"new", 0o600, is_ours).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        replace_file_in_new_folder(&path, b"new", 0o600, 0o700, is_ours).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(mode(path.parent().unwrap()), 0o700);
        fs::write(folder.path().join("file"), "").unwrap();
        assert!(replace_file_in_new_folder(&folder.path().join("file/c.json"), b"new", 0o600, 0o700, is_ours).is_err());
    }
}
