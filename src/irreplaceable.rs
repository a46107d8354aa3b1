//! What this program never replaces and never removes: anything but regular files and links to them, and every entry of the
//! kernel's folders.
//!
//! `/dev`, `/proc` and `/sys` hold devices, settings of the kernel, and links to open files such as `/dev/stdout`. For root, a
//! rename over an entry there succeeds, and other programs lose it. `/dev/shm` is an ordinary file system in memory.

use std::{
    fmt,
    fs::{self, FileType},
    io,
    os::unix::fs::FileTypeExt as _,
    path::{Path, PathBuf},
};

/// The reason why a path is never replaced. It formats as what is there, with its article.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Irreplaceable {
    /// A folder, or a link to one.
    Folder,
    /// A FIFO, or a link to one.
    Fifo,
    /// A socket, or a link to one.
    Socket,
    /// A device, or a link to one.
    Device,
    /// An entry of one of the kernel's folders, or a link that leads there.
    OfTheKernel(KernelFolder),
}

/// A folder in which the kernel or its services keep entries that are no ordinary files.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KernelFolder {
    /// `/dev`, without `/dev/shm`.
    Dev,
    /// `/proc`.
    Proc,
    /// `/sys`.
    Sys,
}

impl Irreplaceable {
    /// The reason why the entry at a path is not replaced; `None` for a regular file, a link to one or to nothing, and for a
    /// path without an entry. An entry that cannot be looked up counts as none: a write meets the same error. Blocks on the disk.
    pub fn at(path: &Path) -> Option<Self> {
        if let Some(folder) = KernelFolder::behind(path) {
            return Some(Self::OfTheKernel(folder));
        }
        let found = fs::symlink_metadata(path).ok()?;
        let end = if found.is_symlink() { fs::metadata(path).ok()? } else { found };
        Self::of_kind(end.file_type())
    }

    /// The same for a path at which nothing of the kernel's was found before. Only a link is followed again: in another folder the
    /// file that is to be renamed over it is missing. Blocks on the disk.
    pub fn at_again(path: &Path) -> Option<Self> {
        let found = fs::symlink_metadata(path).ok()?;
        if found.is_symlink() { Self::at(path) } else { Self::of_kind(found.file_type()) }
    }

    /// The same by the type of a file alone. A link is replaceable by itself.
    pub fn of_kind(kind: FileType) -> Option<Self> {
        if kind.is_file() || kind.is_symlink() {
            None
        } else if kind.is_dir() {
            Some(Self::Folder)
        } else if kind.is_fifo() {
            Some(Self::Fifo)
        } else if kind.is_socket() {
            Some(Self::Socket)
        } else {
            Some(Self::Device)
        }
    }
}

impl fmt::Display for Irreplaceable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder => f.write_str("a folder"),
            Self::Fifo => f.write_str("a named pipe (FIFO)"),
            Self::Socket => f.write_str("a socket"),
            Self::Device => f.write_str("a device"),
            Self::OfTheKernel(folder) => write!(f, "in `{folder}`, a folder of the kernel"),
        }
    }
}

impl From<Irreplaceable> for io::Error {
    fn from(found: Irreplaceable) -> Self {
        Self::other(format!("it is {found}"))
    }
}

impl KernelFolder {
    const ALL: [Self; 3] = [Self::Dev, Self::Proc, Self::Sys];

    /// The path of the folder.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Dev => "/dev",
            Self::Proc => "/proc",
            Self::Sys => "/sys",
        }
    }

    /// The kernel's folder that a path is or is in, as it is written. Its components count: doubled slashes do not matter, and
    /// `..` is not resolved.
    pub fn of(path: &Path) -> Option<Self> {
        if path.starts_with(SHARED_MEMORY) {
            return None;
        }
        Self::ALL.into_iter().find(|folder| path.starts_with(folder.path()))
    }

    /// The kernel's folder in which a path lies once its parent folders are resolved, or into which it leads as a link. Blocks on
    /// the disk.
    pub fn behind(path: &Path) -> Option<Self> {
        let mut path = path.to_owned();
        for _ in 0..LINKS_MAX {
            let resolved = resolved(&path);
            if let Some(folder) = Self::of(&path).or_else(|| Self::of(&resolved)) {
                return Some(folder);
            }
            path = resolved.parent()?.join(fs::read_link(&resolved).ok()?);
        }
        None
    }
}

impl fmt::Display for KernelFolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.path())
    }
}

/// The path with its parent folders resolved as far as they exist. Its last component is not followed.
fn resolved(path: &Path) -> PathBuf {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return path.to_owned() };
    let mut missing = vec![name];
    let mut folder = folder;
    loop {
        if let Ok(whole) = folder.canonicalize() {
            return missing.iter().rev().fold(whole, |path, name| path.join(name));
        }
        let (Some(above), Some(name)) = (folder.parent(), folder.file_name()) else { return path.to_owned() };
        missing.push(name);
        folder = above;
    }
}

/// The folder of POSIX shared memory.
const SHARED_MEMORY: &str = "/dev/shm";

/// As many links as Linux follows on one path.
const LINKS_MAX: usize = 40;

#[cfg(test)]
mod tests {
    use std::os::unix::{fs::symlink, net::UnixListener};

    use super::*;

    #[test]
    fn a_path_in_a_folder_of_the_kernel_is_known_as_written() {
        for (path, folder) in [
            ("/dev", Some(KernelFolder::Dev)),
            ("/dev/stdout", Some(KernelFolder::Dev)),
            ("//dev//fd/1", Some(KernelFolder::Dev)),
            ("/dev/./stdout", Some(KernelFolder::Dev)),
            ("/proc/self/fd/1", Some(KernelFolder::Proc)),
            ("/proc/self/cwd/a.jwt", Some(KernelFolder::Proc)),
            ("/sys/a", Some(KernelFolder::Sys)),
            ("/dev/shm/a.jwt", None),
            ("/dev/shm", None),
            ("/device/a", None),
            ("/run/user/0/a.jwt", None),
            ("/process/a", None),
            ("/a/dev/stdout", None),
            ("/", None),
        ] {
            assert_eq!(KernelFolder::of(Path::new(path)), folder, "{path}");
        }
    }

    #[test]
    fn links_and_linked_folders_into_the_kernels_are_found() {
        let base = tempfile::tempdir().unwrap();
        let at = |name: &str| base.path().join(name);
        fs::create_dir(at("out")).unwrap();
        symlink("/proc/self", at("by-link")).unwrap();
        symlink("by-link/fd/1", at("stdout")).unwrap();
        symlink("../stdout", at("out/two-hops")).unwrap();
        symlink("circle", at("circle")).unwrap();
        symlink("nowhere", at("dangling")).unwrap();
        symlink(at("out"), at("alias")).unwrap();
        for name in ["stdout", "out/two-hops", "alias/two-hops"] {
            let found = Irreplaceable::at_again(&at(name));
            assert_eq!(found, Some(Irreplaceable::OfTheKernel(KernelFolder::Proc)), "{name}");
        }
        for name in ["by-link/new", "by-link/new/deeper", "stdout", "out/two-hops", "alias/two-hops"] {
            assert_eq!(KernelFolder::behind(&at(name)), Some(KernelFolder::Proc), "{name}");
        }
        for name in ["out", "out/a", "out/new/a", "alias/a", "circle", "dangling", "dangling/a"] {
            assert_eq!(Irreplaceable::at(&at(name)).filter(|found| *found != Irreplaceable::Folder), None, "{name}");
        }
    }

    #[test]
    fn only_a_regular_file_and_links_to_one_are_replaceable() {
        let base = tempfile::tempdir().unwrap();
        let at = |name: &str| base.path().join(name);
        fs::write(at("file"), "").unwrap();
        symlink("file", at("link")).unwrap();
        symlink(".", at("to-folder")).unwrap();
        let _socket = UnixListener::bind(at("socket")).unwrap();
        symlink("socket", at("to-socket")).unwrap();
        for (name, found) in [
            ("file", None),
            ("link", None),
            ("none", None),
            ("none/deeper", None),
            ("to-folder", Some("a folder")),
            ("socket", Some("a socket")),
            ("to-socket", Some("a socket")),
        ] {
            let in_words = |found: Option<Irreplaceable>| found.map(|found| found.to_string());
            assert_eq!(in_words(Irreplaceable::at(&at(name))).as_deref(), found, "{name}");
            assert_eq!(in_words(Irreplaceable::at_again(&at(name))).as_deref(), found, "{name}, again");
        }
        assert_eq!(
            Irreplaceable::at(Path::new("/proc/self")).unwrap().to_string(),
            "in `/proc`, a folder of the kernel"
        );
    }
}
