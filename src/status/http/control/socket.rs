//! Paths of sockets that are longer than the kernel takes: they are reached by a descriptor of their folder.

use std::{
    ffi::OsStr,
    io,
    os::{
        fd::{AsRawFd as _, OwnedFd},
        unix::ffi::OsStrExt as _,
    },
    path::{Path, PathBuf},
};

use rustix::fs::{Mode, OFlags, open};

/// A path of a socket that `bind` and `connect` take.
pub(super) struct ShortPath {
    path: PathBuf,
    /// The folder that the path goes through.
    _folder: Option<OwnedFd>,
}

impl ShortPath {
    /// Blocks on the disk if the path is long.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        if path.as_os_str().as_bytes().len() < PATH_BYTES_MAX {
            return Ok(Self { path: path.to_owned(), _folder: None });
        }
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        let folder = open(folder, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        let number = folder.as_raw_fd().to_string();
        let path = [OsStr::new("/proc/self/fd"), OsStr::new(&number), name].iter().collect();
        Ok(Self { path, _folder: Some(folder) })
    }

    pub(super) fn as_path(&self) -> &Path {
        &self.path
    }
}

/// The size of `sun_path`.
const PATH_BYTES_MAX: usize = 108;

#[cfg(test)]
mod tests {
    use std::{
        fs,
        os::unix::net::{UnixListener, UnixStream},
    };

    use super::*;

    #[test]
    fn a_socket_of_a_long_path_is_reached() {
        let base = tempfile::tempdir().unwrap();
        let folder = base.path().join("a".repeat(100)).join("b".repeat(100));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("control.sock");
        let listener = UnixListener::bind(ShortPath::of(&path).unwrap().as_path()).unwrap();
        assert!(path.exists());
        UnixStream::connect(ShortPath::of(&path).unwrap().as_path()).unwrap();
        listener.accept().unwrap();
        assert_eq!(ShortPath::of(Path::new("/run/s.sock")).unwrap().as_path(), Path::new("/run/s.sock"));
    }
}
