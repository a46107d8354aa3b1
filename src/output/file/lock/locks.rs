//! The locks that this process holds, by folder.

use std::{
    collections::HashMap,
    ffi::OsStr,
    io, mem,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError},
};

use tracing::warn;

use super::{
    anchor::Anchor,
    claims::{self, Claims},
    held::{Claimed, Held},
    identity::Identity,
    lock_file::LOCK_FILE,
    old_file,
};
use crate::{
    file_id::FileId,
    irreplaceable::KernelFolder,
    output::file::{FileTarget, name::Place},
};

/// The outputs that this process has claimed. A process has one `Locks`, because the kernel would not separate two.
#[derive(Debug)]
pub struct Locks {
    own: Identity,
    folders: Mutex<HashMap<PathBuf, Arc<Folder>>>,
    anchors: Mutex<HashMap<FileId, Shared>>,
}

impl Default for Locks {
    fn default() -> Self {
        Self { own: Identity::own(), folders: Mutex::default(), anchors: Mutex::default() }
    }
}

impl Locks {
    /// Claims the output for this process until it is released, or the process ends. For an output that is claimed
    /// already, the claim is checked again, because the folder may have been replaced. Blocks on the disk.
    ///
    /// Without lock support (a file system without locks, a folder that is missing, not writable or the kernel's) the claim succeeds,
    /// and the write reports any error that matters.
    pub fn claim(&self, file: &FileTarget) -> Result<(), Held> {
        let Ok(place) = Place::of(file) else { return Ok(()) };
        let folder = self.folder(place.folder);
        let mut state = taken(&folder.state);
        match state.attach_output(place.folder, &self.anchors).and_then(|opened| match opened {
            Some(opened) => opened.claim(place, claimed_with(file), self.own),
            None => Ok(Ok(())),
        }) {
            Ok(claimed) => claimed,
            Err(error) => {
                if !mem::replace(&mut state.is_told, true) {
                    let path = place.folder.display();
                    warn!(
                        "cannot lock outputs in folder `{path}`: {error}; another tokenwell that writes there goes unnoticed"
                    );
                }
                Ok(())
            }
        }
    }

    /// Claims many plain outputs of one folder, as far as that takes no question about each. [`Locks::claim`] then finds them claimed,
    /// or claims them, and reports what is wrong. Blocks on the disk.
    pub(in crate::output) fn claim_ahead<'f>(&self, folder: &Path, files: impl Iterator<Item = &'f FileTarget>) {
        let names = files.filter(|file| file.set.is_none()).filter_map(|file| Some(Place::of(file).ok()?.name));
        let shared = self.folder(folder);
        let mut state = taken(&shared.state);
        if let Ok(Some(opened)) = state.attach_output(folder, &self.anchors) {
            let _ = opened.claim_ahead(names, self.own);
        }
    }

    /// Releases the output for other processes.
    pub fn release(&self, file: &FileTarget) {
        let Ok(place) = Place::of(file) else { return };
        let Some(folder) = taken(&self.folders).get(place.folder).cloned() else { return };
        let mut state = taken(&folder.state);
        if state.opened.as_mut().is_some_and(|opened| opened.release(place, claimed_with(file), self.own)) {
            state.close(&self.anchors);
        }
    }

    /// Claims a state directory for this process until it is released, or the process ends. `Ok(Err(_))` names the process that
    /// has it. An error of the system means that nothing is locked: the folder is missing or not writable, or its file system
    /// has no locks. Blocks on the disk.
    pub fn claim_state(&self, directory: &Path) -> io::Result<Result<(), Held>> {
        let folder = self.folder(directory);
        let mut state = taken(&folder.state);
        match state.attach(directory, &self.anchors)? {
            Some(opened) => opened.claim(state_place(directory), Claimed::StateDirectory, self.own),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// Releases a state directory for other processes.
    pub fn release_state(&self, directory: &Path) {
        let Some(folder) = taken(&self.folders).get(directory).cloned() else { return };
        let mut state = taken(&folder.state);
        let release = |opened: &mut Claims| opened.release(state_place(directory), Claimed::StateDirectory, self.own);
        if state.opened.as_mut().is_some_and(release) {
            state.close(&self.anchors);
        }
    }

    /// Whether this process has the set already.
    pub(in crate::output::file) fn has_set(&self, directory: &Path) -> bool {
        let Some(folder) = taken(&self.folders).get(directory).cloned() else { return false };
        taken(&folder.state).opened.as_ref().is_some_and(Claims::has_set)
    }

    /// Runs `work` while no other thread of this process writes to the set.
    pub(in crate::output::file) fn in_turn<T>(&self, directory: &Path, work: impl FnOnce() -> T) -> T {
        let folder = self.folder(directory);
        let _turn = taken(&folder.turn);
        work()
    }

    /// Like [`Locks::in_turn`], unless another thread is writing.
    pub(in crate::output::file) fn if_idle<T>(&self, directory: &Path, work: impl FnOnce() -> T) -> Option<T> {
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

/// The process that writes to an output, if there is one; nothing is locked and nothing is made. Blocks on the disk.
///
/// A process with locks of its own must not call it: closing a lock file would release them.
pub fn holder(file: &FileTarget) -> io::Result<Option<Held>> {
    let Ok(place) = Place::of(file) else { return Ok(None) };
    match Anchor::open_to_look(place.folder) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
        opened => claims::holder(&opened?, place, claimed_with(file)),
    }
}

/// The process that uses a state directory, if there is one; nothing is locked and nothing is made. Blocks on the disk.
///
/// A process with locks of its own must not call it: closing a lock file would release them.
pub fn state_holder(directory: &Path) -> io::Result<Option<Held>> {
    match Anchor::open_to_look(directory) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
        opened => claims::holder(&opened?, state_place(directory), Claimed::StateDirectory),
    }
}

fn claimed_with(file: &FileTarget) -> Claimed {
    if file.set.is_some() { Claimed::Set } else { Claimed::Output }
}

/// The place of a state directory among its locks is that of an output of this name, which no output can have: it is the folder
/// of the records.
fn state_place(directory: &Path) -> Place<'_> {
    Place { folder: directory, name: OsStr::new(STATE_NAME) }
}

const STATE_NAME: &str = "state";

/// A folder with outputs.
#[derive(Debug, Default)]
struct Folder {
    state: Mutex<State>,
    /// Held by the thread that writes to the set.
    turn: Mutex<()>,
}

#[derive(Debug, Default)]
struct State {
    opened: Option<Claims>,
    /// Whether the missing locks were logged.
    is_told: bool,
}

/// All descriptors of one folder or lock file, and how many folders (paths, to be exact) use it. They are closed together.
#[derive(Debug, Default)]
struct Shared {
    anchors: Vec<Arc<Anchor>>,
    users: usize,
}

impl State {
    /// The anchor of a folder with outputs, as by [`State::attach`]; `None` also in a folder of the kernel.
    fn attach_output(
        &mut self,
        folder: &Path,
        anchors: &Mutex<HashMap<FileId, Shared>>,
    ) -> io::Result<Option<&mut Claims>> {
        if self.is_standing(folder)? {
            return Ok(self.opened.as_mut());
        }
        if KernelFolder::behind(&folder.join(LOCK_FILE)).is_some() {
            self.close(anchors);
            return Ok(None);
        }
        self.attach(folder, anchors)
    }

    /// Whether the folder is open, and no other has taken its place.
    fn is_standing(&self, folder: &Path) -> io::Result<bool> {
        match &self.opened {
            Some(opened) => Ok(opened.anchor.standing(folder)? == Some(opened.id)),
            None => Ok(false),
        }
    }

    /// The folder's anchor: opened if it is not, and anew if another has taken its place. `None` without a folder.
    fn attach(&mut self, folder: &Path, anchors: &Mutex<HashMap<FileId, Shared>>) -> io::Result<Option<&mut Claims>> {
        if !self.is_standing(folder)? {
            self.close(anchors);
            match Anchor::open(folder) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                opened => self.opened = Some(shared(opened?, anchors)?),
            }
            old_file::remove(folder);
        }
        Ok(self.opened.as_mut())
    }

    fn close(&mut self, anchors: &Mutex<HashMap<FileId, Shared>>) {
        let Some(Claims { id, anchor, .. }) = self.opened.take() else { return };
        drop(anchor);
        let mut anchors = taken(anchors);
        if let Some(shared) = anchors.get_mut(&id) {
            shared.users -= 1;
            if shared.users == 0 {
                anchors.remove(&id);
            }
        }
    }
}

/// Records a new descriptor together with all others of the same folder or file. All claims use the first of them, because locks of
/// two descriptors of a folder would be in each other's way.
fn shared(opened: Anchor, anchors: &Mutex<HashMap<FileId, Shared>>) -> io::Result<Claims> {
    let id = opened.id()?;
    let opened = Arc::new(opened);
    let mut anchors = taken(anchors);
    let shared = anchors.entry(id).or_default();
    shared.anchors.push(Arc::clone(&opened));
    shared.users += 1;
    Ok(Claims::new(id, shared.anchors.first().map_or(opened, Arc::clone)))
}

/// A thread that panicked left no state half changed that matters.
fn taken<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
