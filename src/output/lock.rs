//! Who writes where: one process an output, one process a set.
//!
//! Every folder with outputs has a file [`LOCK_FILE`], of which a process locks ranges of bytes: for a plain output one byte
//! at a place that its name tells, for a set everything. So thousands of outputs cost one descriptor, processes with
//! different outputs in one folder do not hinder each other, and the kernel tells the process that holds a range. The lock
//! goes with the process, however that ends. The file stays: whoever removed it could remove one that a third has just
//! locked.
//!
//! These are the classic locks of POSIX, which belong to the process, and which die when it closes *any* descriptor of the
//! file. Hence a folder's file is opened once; one that turns out to be open under another path of the folder too is kept
//! with the first, and neither is closed before nothing in it is held.
//!
//! Who may write in the folder may open the file, and nobody else, least of all readers: a reader that locked it could keep
//! tokens from being renewed.

use std::{
    collections::{HashMap, HashSet},
    ffi::OsStr,
    fmt,
    fs::{self, File, OpenOptions},
    io::{self, Read as _},
    os::unix::{
        ffi::OsStrExt,
        fs::{MetadataExt, OpenOptionsExt},
    },
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError},
};

use nix::{
    errno::Errno,
    fcntl::{FcntlArg, fcntl},
    libc,
};
use rustix::fs::OFlags;
use tracing::warn;

use super::{
    Output,
    name::Place,
    ownership::{own, permit},
};

/// The outputs that this process has for itself. There is one in a process: the kernel would not keep two apart.
#[derive(Debug, Default)]
pub struct Locks {
    folders: Mutex<HashMap<PathBuf, Arc<Folder>>>,
    files: Mutex<HashMap<FileId, Shared>>,
}

/// Another process writes to this output, or to its set.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub struct Held {
    /// The output, or the set's folder.
    path: PathBuf,
    is_set: bool,
    /// `None` if the kernel does not tell.
    holder: Option<Holder>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Holder {
    process: i32,
    /// Of the program, if it can be seen.
    name: Option<String>,
}

impl Locks {
    /// Has the output for this process alone until it is released, or the process ends; for one that it has already, that is
    /// looked at again, since the folder may be another by now. Blocks on the disk.
    ///
    /// Where there can be no lock (a file system without them, a folder that is missing or cannot be written) it goes
    /// without: the write tells what matters of that.
    pub fn claim(&self, output: &Output) -> Result<(), Held> {
        let Ok(place) = Place::of(output) else { return Ok(()) };
        let folder = self.folder(place.folder);
        let mut state = taken(&folder.state);
        match state.attach(place.folder, &self.files).and_then(|opened| match opened {
            Some(opened) => opened.claim(place, output.set.is_some()),
            None => Ok(Ok(())),
        }) {
            Ok(claimed) => claimed,
            Err(error) => {
                if !std::mem::replace(&mut state.is_told, true) {
                    let path = place.folder.display();
                    warn!(
                        "cannot lock outputs in folder `{path}`: {error}; another tokenwell that writes there goes unnoticed"
                    );
                }
                Ok(())
            }
        }
    }

    /// Leaves the output to others.
    pub fn release(&self, output: &Output) {
        let Ok(place) = Place::of(output) else { return };
        let Some(folder) = taken(&self.folders).get(place.folder).cloned() else { return };
        let mut state = taken(&folder.state);
        if state.opened.as_mut().is_some_and(|opened| opened.release(place, output.set.is_some())) {
            state.close(&self.files);
        }
    }

    /// Whether this process has the set already.
    pub(super) fn has_set(&self, directory: &Path) -> bool {
        let Some(folder) = taken(&self.folders).get(directory).cloned() else { return false };
        taken(&folder.state).opened.as_ref().is_some_and(|opened| !opened.members.is_empty())
    }

    /// Writes to a set when no other thread does.
    pub(super) fn in_turn<T>(&self, directory: &Path, work: impl FnOnce() -> T) -> T {
        let folder = self.folder(directory);
        let _turn = taken(&folder.turn);
        work()
    }

    /// The same, unless another thread is at it.
    pub(super) fn if_idle<T>(&self, directory: &Path, work: impl FnOnce() -> T) -> Option<T> {
        let folder = self.folder(directory);
        let _turn = match folder.turn.try_lock() {
            Ok(turn) => turn,
            Err(TryLockError::Poisoned(turn)) => turn.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        Some(work())
    }

    fn folder(&self, path: &Path) -> Arc<Folder> {
        let mut folders = taken(&self.folders);
        if let Some(folder) = folders.get(path) {
            return Arc::clone(folder);
        }
        Arc::clone(folders.entry(path.to_owned()).or_default())
    }
}

/// A folder with outputs.
#[derive(Debug, Default)]
struct Folder {
    state: Mutex<State>,
    /// Whoever has it writes to the set.
    turn: Mutex<()>,
}

#[derive(Debug, Default)]
struct State {
    opened: Option<Opened>,
    /// Whether it was said that there are no locks.
    is_told: bool,
}

/// A lock file by device and inode.
type FileId = (u64, u64);

/// All descriptors of one lock file, and how many folders (paths, to be exact) use it. They are closed together.
#[derive(Debug, Default)]
struct Shared {
    files: Vec<Arc<File>>,
    users: usize,
}

/// A folder's lock file and what is held of it.
#[derive(Debug)]
struct Opened {
    id: FileId,
    file: Arc<File>,
    plain: HashSet<i64>,
    members: HashSet<i64>,
}

impl State {
    /// The folder's lock file: opened if it is not, and anew if another has taken its place. `None` without a folder.
    fn attach(&mut self, folder: &Path, files: &Mutex<HashMap<FileId, Shared>>) -> io::Result<Option<&mut Opened>> {
        let path = folder.join(LOCK_FILE);
        let standing = match fs::symlink_metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            found => Some(found?),
        };
        if self.opened.as_ref().is_none_or(|opened| standing.map(|found| id(&found)) != Some(opened.id)) {
            self.close(files);
            match open(&path, folder) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                opened => self.opened = Some(Opened::new(opened?, files)?),
            }
        }
        Ok(self.opened.as_mut())
    }

    fn close(&mut self, files: &Mutex<HashMap<FileId, Shared>>) {
        let Some(Opened { id, file, .. }) = self.opened.take() else { return };
        drop(file);
        let mut files = taken(files);
        if let Some(shared) = files.get_mut(&id) {
            shared.users -= 1;
            if shared.users == 0 {
                files.remove(&id);
            }
        }
    }
}

impl Opened {
    fn new(file: File, files: &Mutex<HashMap<FileId, Shared>>) -> io::Result<Self> {
        let id = id(&file.metadata()?);
        let file = Arc::new(file);
        let mut files = taken(files);
        let shared = files.entry(id).or_default();
        shared.files.push(Arc::clone(&file));
        shared.users += 1;
        Ok(Self { id, file, plain: HashSet::new(), members: HashSet::new() })
    }

    /// An error of the system means that there are no locks here.
    fn claim(&mut self, place: Place<'_>, in_set: bool) -> io::Result<Result<(), Held>> {
        let offset = offset(place.name);
        let (range, held) = if in_set { (ALL, &mut self.members) } else { (Range::byte(offset), &mut self.plain) };
        if held.contains(&offset) {
            return Ok(Ok(()));
        }
        let mut holder = None;
        for _ in 0..ATTEMPTS_MAX {
            match fcntl(&*self.file, FcntlArg::F_SETLK(&range.lock(libc::F_WRLCK))) {
                Ok(_) => {
                    held.insert(offset);
                    return Ok(Ok(()));
                }
                Err(Errno::EACCES | Errno::EAGAIN) => {}
                Err(error) => return Err(error.into()),
            }
            let mut lock = range.lock(libc::F_WRLCK);
            fcntl(&*self.file, FcntlArg::F_GETLK(&mut lock))?;
            if i32::from(lock.l_type) != libc::F_UNLCK {
                holder = Holder::of(lock.l_pid);
                break;
            }
            // It was released in between.
        }
        let path = if in_set { place.folder.to_owned() } else { place.target() };
        Ok(Err(Held { path, is_set: in_set, holder }))
    }

    /// Answers whether nothing is held any more. A range that cannot be given back goes with the process.
    fn release(&mut self, place: Place<'_>, in_set: bool) -> bool {
        let offset = offset(place.name);
        if in_set {
            if self.members.remove(&offset) && self.members.is_empty() {
                let _ = fcntl(&*self.file, FcntlArg::F_SETLK(&ALL.lock(libc::F_UNLCK)));
                // The lock of the set lay over these.
                self.plain.retain(|offset| {
                    fcntl(&*self.file, FcntlArg::F_SETLK(&Range::byte(*offset).lock(libc::F_WRLCK))).is_ok()
                });
            }
        } else if self.plain.remove(&offset) && self.members.is_empty() {
            let _ = fcntl(&*self.file, FcntlArg::F_SETLK(&Range::byte(offset).lock(libc::F_UNLCK)));
        }
        self.plain.is_empty() && self.members.is_empty()
    }
}

/// A range of a lock file.
#[derive(Clone, Copy)]
struct Range {
    start: i64,
    /// Zero: to the end, however far that is.
    length: i64,
}

impl Range {
    fn byte(start: i64) -> Self {
        Self { start, length: 1 }
    }

    fn lock(self, kind: i32) -> libc::flock {
        libc::flock {
            l_type: kind as libc::c_short,
            l_whence: libc::SEEK_SET as libc::c_short,
            l_start: self.start,
            l_len: self.length,
            l_pid: 0,
        }
    }
}

/// The byte of a plain output. The hash (FNV-1a) is the same in every version, for two versions may meet. Two names in one
/// folder that share a byte are as good as impossible, and would only keep two processes apart that need not be.
fn offset(name: &OsStr) -> i64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in name.as_bytes() {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    }
    (hash >> 2).cast_signed()
}

/// Opens a folder's lock file, or makes it. What is no regular file is not locked, and not acted on.
fn open(path: &Path, folder: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let mut options = OpenOptions::new();
    options.read(true).write(true).custom_flags(flags.bits().cast_signed());
    let standing = |options: &OpenOptions| {
        if fs::symlink_metadata(path)?.is_file() { options.open(path) } else { Err(no_file()) }
    };
    match standing(&options) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        opened => return opened,
    }
    match options.clone().create_new(true).mode(OWNER_READS_AND_WRITES).open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => standing(&options),
        made => {
            let made = made?;
            let of_folder = fs::metadata(folder)?;
            if of_folder.mode() & GROUP_WRITES != 0 && own(&made, None, Some(of_folder.gid())).is_ok() {
                permit(&made, OWNER_READS_AND_WRITES | GROUP_READS_AND_WRITES)?;
            } else {
                permit(&made, OWNER_READS_AND_WRITES)?;
            }
            Ok(made)
        }
    }
}

fn no_file() -> io::Error {
    io::Error::other(format!("`{LOCK_FILE}` is no file there"))
}

fn id(found: &fs::Metadata) -> FileId {
    (found.dev(), found.ino())
}

/// A thread that panicked held nothing half done that would matter.
fn taken<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Holder {
    /// The kernel says 0 of a process outside of this one's container, and less of one on another machine.
    fn of(process: i32) -> Option<Self> {
        (process > 0).then(|| Self { process, name: program(process) })
    }
}

/// The name of a process' program. Its arguments are nobody's business.
fn program(process: i32) -> Option<String> {
    let mut name = Vec::new();
    File::open(format!("/proc/{process}/comm")).ok()?.take(PROGRAM_BYTES_MAX).read_to_end(&mut name).ok()?;
    let name: String = String::from_utf8_lossy(&name).chars().filter(|c| !c.is_control() && *c != '`').collect();
    (!name.is_empty()).then_some(name)
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, other) = if self.is_set { ("set ", "folder") } else { ("", "path") };
        write!(f, "{what}`{}` is written by another tokenwell: ", self.path.display())?;
        match &self.holder {
            Some(Holder { process, name: Some(name) }) => write!(f, "process {process} (`{name}`)")?,
            Some(Holder { process, name: None }) => write!(f, "process {process}")?,
            None => {
                f.write_str("a process in another container or on another machine, whose number cannot be seen here")?
            }
        }
        write!(f, "; stop it, or give this one another {other}")
    }
}

/// The name of the lock file in every folder with outputs.
pub const LOCK_FILE: &str = ".tokenwell.lock";

const ALL: Range = Range { start: 0, length: 0 };
const OWNER_READS_AND_WRITES: u32 = 0o600;
const GROUP_READS_AND_WRITES: u32 = 0o060;
const GROUP_WRITES: u32 = 0o020;

/// How often a lock is tried for that was released when it was asked who holds it.
const ATTEMPTS_MAX: usize = 3;

/// More than the kernel keeps of a program's name.
const PROGRAM_BYTES_MAX: u64 = 64;
