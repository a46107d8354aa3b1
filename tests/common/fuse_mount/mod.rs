//! A file system of the tests' own, in memory: it may ignore or refuse modes and owners as network shares do, and calls of a kind
//! may hang until they are released.

mod calls;
mod tree;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex, MutexGuard},
};

use fuser::{BackgroundSession, Config, Errno, MountOption, SessionACL};
use nix::mount::{MntFlags, umount2};

use crate::skipped;

/// The attributes that a share gives to every file and folder in it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fixed {
    pub(crate) file_mode: u16,
    pub(crate) folder_mode: u16,
    pub(crate) user: u32,
    pub(crate) group: u32,
}

/// What the file system does with modes and owners.
#[derive(Clone, Copy, Debug)]
#[allow(dead_code, reason = "not every test binary mounts every kind")]
pub(crate) enum Attributes {
    /// As local file systems do.
    Stored,
    /// `chmod` and `chown` succeed and change nothing.
    Ignored(Fixed),
    /// `chmod` and `chown` fail with this error number.
    Refused(Fixed, i32),
}

/// A kind of call that can hang.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(dead_code, reason = "not every test binary makes every call hang")]
pub(crate) enum Call {
    /// Looking at a file or folder by its name, the first thing of all that is done with a path.
    Lookup,
    /// The attributes of a file or folder.
    Attributes,
    /// Setting mode, owner, size or times.
    SetAttributes,
    /// Creating a file or folder.
    Create,
    Open,
    Read,
    Write,
    Sync,
    Rename,
    Remove,
    /// Listing a folder.
    List,
}

/// A mounted file system. Dropping it releases every call that hangs, and unmounts it.
pub(crate) struct FuseMount {
    at: PathBuf,
    shared: Arc<Shared>,
    _session: BackgroundSession,
}

impl FuseMount {
    /// Mounts it at this folder, which is made if it is missing. `None` where that is not possible: the test is skipped then.
    pub(crate) fn at(folder: &Path, attributes: Attributes) -> Option<Self> {
        if !nix::unistd::geteuid().is_root() {
            skipped::without_root("only root can mount file systems");
            return None;
        }
        if !Path::new("/dev/fuse").exists() {
            skipped::on_this_machine("there is no `/dev/fuse`");
            return None;
        }
        fs::create_dir_all(folder).unwrap();
        let shared = Arc::new(Shared::new(attributes));
        let mut config = Config::default();
        config.mount_options = vec![MountOption::FSName("tokenwell-test".to_owned()), MountOption::DefaultPermissions];
        config.acl = SessionACL::All;
        match fuser::spawn_mount(calls::Share(Arc::clone(&shared)), folder, &config) {
            Ok(session) => Some(Self { at: folder.to_owned(), shared, _session: session }),
            Err(error) => {
                skipped::on_this_machine(&format!("FUSE cannot be mounted: {error}"));
                None
            }
        }
    }

    /// Every call of this kind hangs from now on.
    #[allow(dead_code, reason = "not every test binary makes calls hang")]
    pub(crate) fn hang(&self, call: Call) {
        self.shared.hanging().kinds.push(call);
    }

    /// Waits until a call hangs.
    #[allow(dead_code, reason = "not every test binary makes calls hang")]
    pub(crate) fn until_one_hangs(&self) {
        let hanging = self.shared.hanging();
        drop(self.shared.arrived.wait_while(hanging, |hanging| hanging.calls.is_empty()).unwrap());
    }

    /// Carries out every call that hangs, and lets no other hang.
    pub(crate) fn release(&self) {
        let calls = {
            let mut hanging = self.shared.hanging();
            hanging.kinds.clear();
            std::mem::take(&mut hanging.calls)
        };
        for call in calls {
            call(&self.shared);
        }
    }

    /// Changes what happens to modes and owners from now on. Files that exist keep what they have.
    #[allow(dead_code, reason = "not every test binary changes it")]
    pub(crate) fn set_attributes(&self, attributes: Attributes) {
        self.shared.tree().attributes = attributes;
    }

    /// Gives other attributes to every file and folder, as a mount with other options does.
    #[allow(dead_code, reason = "not every test binary mounts anew")]
    pub(crate) fn remount(&self, attributes: Attributes) {
        self.shared.tree().remount(attributes);
    }

    /// The modes that a file was ever seen with while it held content, in the order of their first appearance.
    #[allow(dead_code, reason = "not every test binary asks for it")]
    pub(crate) fn modes_with_content(&self, name_part: &str) -> Vec<u16> {
        self.shared.tree().modes_with_content(name_part)
    }

    /// How many files were renamed to this name.
    #[allow(dead_code, reason = "not every test binary asks for it")]
    pub(crate) fn renames_to(&self, name: &str) -> usize {
        self.shared.tree().renames_to(name)
    }
}

impl Drop for FuseMount {
    fn drop(&mut self) {
        self.release();
        // Lazily, since a process under test may still be about to end.
        let _ = umount2(&self.at, MntFlags::MNT_DETACH);
    }
}

/// What the thread of the file system and the test share.
struct Shared {
    tree: Mutex<tree::Tree>,
    hanging: Mutex<Hanging>,
    arrived: Condvar,
}

#[derive(Default)]
struct Hanging {
    kinds: Vec<Call>,
    calls: Vec<Pending>,
}

type Pending = Box<dyn FnOnce(&Shared) + Send>;

impl Shared {
    fn new(attributes: Attributes) -> Self {
        let (tree, hanging) = (Mutex::new(tree::Tree::new(attributes)), Mutex::default());
        Self { tree, hanging, arrived: Condvar::new() }
    }

    fn tree(&self) -> MutexGuard<'_, tree::Tree> {
        self.tree.lock().unwrap()
    }

    fn hanging(&self) -> MutexGuard<'_, Hanging> {
        self.hanging.lock().unwrap()
    }

    /// Carries out a call at once, or once it is released. The thread of the file system goes on either way.
    fn carry_out(&self, kind: Call, call: impl FnOnce(&Shared) + Send + 'static) {
        let mut hanging = self.hanging();
        if hanging.kinds.contains(&kind) {
            hanging.calls.push(Box::new(call));
            self.arrived.notify_all();
        } else {
            drop(hanging);
            call(self);
        }
    }
}

/// An error number, as FUSE answers it.
fn errno(number: i32) -> Errno {
    Errno::from_i32(number)
}
