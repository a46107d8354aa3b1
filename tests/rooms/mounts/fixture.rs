//! The file system that the other tests use does what they expect of it.

use std::{
    fs,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink},
    thread,
};

use crate::fuse_mount::{Attributes, Call, Fixed, FuseMount};

const SHARE: Fixed = Fixed { file_mode: 0o755, folder_mode: 0o777, user: 0, group: 0 };

#[test]
fn a_mount_keeps_files_folders_links_and_modes() {
    let folder = tempfile::tempdir().unwrap();
    let Some(mount) = FuseMount::at(folder.path(), Attributes::Stored) else { return };
    let path = |name: &str| folder.path().join(name);
    fs::create_dir(path("a")).unwrap();
    let long = "x".repeat(300_000);
    fs::write(path("a/b"), &long).unwrap();
    fs::set_permissions(path("a/b"), fs::Permissions::from_mode(0o640)).unwrap();
    chown(path("a/b"), Some(7), Some(8)).unwrap();
    fs::rename(path("a/b"), path("c")).unwrap();
    fs::hard_link(path("c"), path("a/d")).unwrap();
    symlink("a/d", path("e")).unwrap();
    assert_eq!(fs::read_to_string(path("e")).unwrap(), long);
    let found = fs::metadata(path("e")).unwrap();
    assert_eq!((found.mode() & 0o7777, found.uid(), found.gid(), found.nlink()), (0o640, 7, 8, 2));
    let mut names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["a", "c", "e"]);
    assert!(fs::remove_dir(path("a")).is_err());
    fs::remove_file(path("a/d")).unwrap();
    fs::remove_dir(path("a")).unwrap();
    assert_eq!(mount.renames_to("c"), 1);
    drop(mount);
    assert!(!path("c").exists(), "it is unmounted");
}

#[test]
fn a_mount_ignores_or_refuses_modes_and_owners() {
    let folder = tempfile::tempdir().unwrap();
    let Some(mount) = FuseMount::at(folder.path(), Attributes::Ignored(SHARE)) else { return };
    let path = folder.path().join("a");
    fs::write(&path, "").unwrap();
    let set = || fs::set_permissions(&path, fs::Permissions::from_mode(0o600));
    set().unwrap();
    chown(&path, Some(7), Some(8)).unwrap();
    let found = fs::metadata(&path).unwrap();
    assert_eq!((found.mode() & 0o7777, found.uid(), found.gid()), (0o755, 0, 0));
    assert_eq!(fs::metadata(folder.path()).unwrap().mode() & 0o7777, 0o777);
    mount.set_attributes(Attributes::Refused(SHARE, 95));
    assert_eq!(set().unwrap_err().raw_os_error(), Some(95));
    assert_eq!(mount.modes_with_content("a"), [] as [u16; 0]);
    fs::write(&path, "x").unwrap();
    assert_eq!(mount.modes_with_content("a"), [0o755]);
}

#[test]
fn a_call_hangs_until_it_is_released() {
    let folder = tempfile::tempdir().unwrap();
    let Some(mount) = FuseMount::at(folder.path(), Attributes::Stored) else { return };
    let path = folder.path().join("a");
    fs::write(&path, "old").unwrap();
    for call in [Call::Write, Call::Create, Call::Rename, Call::Sync] {
        mount.hang(call);
        thread::scope(|scope| {
            let writer = scope.spawn(|| {
                let new = folder.path().join("new");
                let mut file = fs::File::create(&new).unwrap();
                std::io::Write::write_all(&mut file, b"new").unwrap();
                file.sync_all().unwrap();
                fs::rename(&new, &path).unwrap();
            });
            mount.until_one_hangs();
            assert!(!writer.is_finished());
            assert_eq!(fs::read_to_string(&path).unwrap().len(), 3, "other calls go on");
            mount.release();
            writer.join().unwrap();
        });
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
    }
    mount.hang(Call::Lookup);
    drop(mount);
}
