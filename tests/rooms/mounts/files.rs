//! A file by itself, on file systems that ignore or refuse its mode and owner.

use std::{
    fs,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::Path,
};

use tempfile::TempDir;
use tokenwell::{
    attributes::{Attributes as Given, Imposed},
    output::{
        OnModeIgnored, WriteError, Written,
        file::{Expected, FileTarget, Published, probe, write},
    },
};

use crate::fuse_mount::{Attributes, Fixed, FuseMount};

const OPEN: Fixed = Fixed { file_mode: 0o777, folder_mode: 0o777, user: 0, group: 0 };
const STRICT: Fixed = Fixed { file_mode: 0o600, folder_mode: 0o700, user: 0, group: 0 };
const OF_ANOTHER: Fixed = Fixed { file_mode: 0o755, folder_mode: 0o755, user: 1000, group: 1000 };

/// EPERM, EINVAL, ENOTSUP and ENOSYS.
const REFUSALS: [i32; 4] = [1, 22, 95, 38];

fn mounted(attributes: Attributes) -> Option<(TempDir, FuseMount)> {
    let folder = tempfile::tempdir().unwrap();
    let mount = FuseMount::at(folder.path(), attributes)?;
    Some((folder, mount))
}

fn given(imposed: Option<Imposed>) -> Option<(u32, u32, u32)> {
    imposed?.file.map(|imposed| {
        let Given { mode, owner, group } = imposed.given;
        (mode, owner, group)
    })
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_file_is_written_with_what_the_mount_gives() {
    for fixed in [OPEN, STRICT, OF_ANOTHER] {
        let refused = REFUSALS.map(|error| Attributes::Refused(fixed, error));
        for attributes in [Attributes::Ignored(fixed)].into_iter().chain(refused) {
            let Some((folder, mount)) = mounted(attributes) else { return };
            let output = FileTarget { group: Some(7), ..FileTarget::at(folder.path().join("sub/token")) };
            // EINVAL also means an owner that is not mapped, so it stays an error of the owner.
            let may_ask_for_group = !matches!(attributes, Attributes::Refused(_, 22));
            let output = if may_ask_for_group { output } else { FileTarget { group: None, ..output } };
            let Published { written, imposed } = write(&output, b"head.body.stamp").unwrap();
            assert_eq!(written, Written::Written, "{attributes:?}");
            assert_eq!(given(imposed), Some((u32::from(fixed.file_mode), fixed.user, fixed.group)), "{attributes:?}");
            assert_eq!(fs::read(&output.path).unwrap(), b"head.body.stamp");
            assert_eq!(names(&folder.path().join("sub")), ["token"]);
            let known = Expected::with(&output, imposed.as_ref());
            assert_eq!(write(known, b"head.body.stamp").unwrap(), Published { written: Written::Unchanged, imposed });
            assert_eq!(mount.renames_to("token"), 1);
            assert_eq!(write(known, b"head.body.other").unwrap().written, Written::Written);
        }
    }
}

#[test]
fn what_a_mount_gave_counts_for_the_same_wish_only() {
    let Some((folder, mount)) = mounted(Attributes::Ignored(OPEN)) else { return };
    let output = FileTarget::at(folder.path().join("token"));
    let imposed = write(&output, b"one").unwrap().imposed;
    let other = FileTarget { mode: 0o600, ..output.clone() };
    assert_eq!(write(Expected::with(&other, imposed.as_ref()), b"one").unwrap().written, Written::Written);
    mount.set_attributes(Attributes::Stored);
    let known = Expected::with(&output, imposed.as_ref());
    let Published { written, imposed } = write(known, b"two").unwrap();
    assert_eq!((written, imposed), (Written::Written, None), "the mount was repaired");
    fs::set_permissions(&output.path, fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(
        write(&output, b"two").unwrap(),
        Published { written: Written::Written, imposed: None },
        "tampered with"
    );
}

#[test]
fn a_file_that_the_mount_gives_as_wanted_is_not_remarked() {
    let fixed = Fixed { file_mode: 0o640, ..OPEN };
    for attributes in [Attributes::Ignored(fixed), Attributes::Refused(fixed, 1)] {
        let Some((folder, _mount)) = mounted(attributes) else { return };
        let output = FileTarget { owner: Some(0), group: Some(0), ..FileTarget::at(folder.path().join("token")) };
        assert_eq!(write(&output, b"one").unwrap().imposed, None);
        assert_eq!(write(&output, b"one").unwrap().written, Written::Unchanged);
    }
}

#[test]
fn a_refused_mount_never_holds_a_byte_of_the_token() {
    for attributes in [Attributes::Ignored(OPEN), Attributes::Ignored(STRICT), Attributes::Refused(OPEN, 95)] {
        let Some((folder, mount)) = mounted(attributes) else { return };
        let output =
            FileTarget { on_mode_ignored: OnModeIgnored::Refuse, ..FileTarget::at(folder.path().join("token")) };
        let refused = write(&output, b"head.body.stamp").unwrap_err();
        assert!(matches!(refused, WriteError::NotKept { .. }), "{refused}");
        assert!(refused.to_string().contains("`file_mode`, `dir_mode`, `uid` and `gid`"), "{refused}");
        assert_eq!(mount.modes_with_content(""), [] as [u16; 0], "nothing was ever written");
        assert_eq!((names(folder.path()), mount.renames_to("token")), (Vec::new(), 0));
        assert!(matches!(probe(&output).unwrap_err(), WriteError::NotKept { .. }));
        // What is there already does not become right.
        fs::write(&output.path, "old").unwrap();
        write(&output, b"head.body.stamp").unwrap_err();
        assert_eq!(fs::read(&output.path).unwrap(), b"old");
    }
}

#[test]
fn a_refusing_output_is_as_private_as_any_on_a_usual_disk() {
    let Some((folder, mount)) = mounted(Attributes::Stored) else { return };
    let output = FileTarget {
        on_mode_ignored: OnModeIgnored::Refuse,
        group: Some(7),
        ..FileTarget::at(folder.path().join("token"))
    };
    assert_eq!(write(&output, b"one").unwrap(), Published { written: Written::Written, imposed: None });
    assert_eq!(mount.modes_with_content("token"), [0o600, 0o640], "private until it is whole");
    let found = fs::metadata(&output.path).unwrap();
    assert_eq!((found.mode() & 0o7777, found.gid()), (0o640, 7));
}

#[test]
fn a_probe_reports_what_a_write_would_get() {
    let Some((folder, mount)) = mounted(Attributes::Ignored(OPEN)) else { return };
    for set in [None, Some(tokenwell::output::SetFolder::new(0o750, None))] {
        let output = FileTarget { set, ..FileTarget::at(folder.path().join("new/token")) };
        let imposed = probe(&output).unwrap().imposed.unwrap();
        assert_eq!(imposed.file.unwrap().given.mode, 0o777);
        assert_eq!(imposed.folder.is_some(), output.set.is_some());
    }
    assert_eq!(names(folder.path()), [] as [String; 0]);
    mount.set_attributes(Attributes::Stored);
    assert_eq!(probe(&FileTarget::at(folder.path().join("token"))).unwrap().imposed, None);
}
