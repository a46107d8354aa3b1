//! Files of a set, on file systems that ignore or refuse modes and owners.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use tempfile::TempDir;
use tokenwell::{
    attributes::Imposed,
    output::{
        OnModeIgnored, SetFolder, WriteError, Written,
        file::{Expected, FileTarget, Published, Removed, SetStep, remove_set_observed, write_set_observed},
    },
};

use crate::fuse_mount::{Attributes, Fixed, FuseMount};

const OPEN: Fixed = Fixed { file_mode: 0o755, folder_mode: 0o777, user: 1000, group: 1000 };
const FOLDER: SetFolder = SetFolder::new(0o750, None);

struct Set {
    folder: TempDir,
    mount: FuseMount,
}

impl Set {
    fn on(attributes: Attributes) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mount = FuseMount::at(folder.path(), attributes)?;
        Some(Self { folder, mount })
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("set")
    }

    fn output(&self, name: &str) -> FileTarget {
        FileTarget { set: Some(FOLDER), ..FileTarget::at(self.path().join(name)) }
    }

    fn write(&self, files: &[(Expected<'_>, &[u8])]) -> Vec<Result<Published, WriteError>> {
        write_set_observed(&self.path(), &FOLDER, files, UNIX_EPOCH, &mut never)
    }

    fn current(&self) -> PathBuf {
        fs::read_link(self.path().join("..data")).unwrap()
    }
}

#[expect(clippy::unnecessary_wraps, reason = "an observer of steps may fail")]
fn never(_: SetStep) -> io::Result<()> {
    Ok(())
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

fn modes(imposed: Option<Imposed>) -> Option<(u32, u32)> {
    let imposed = imposed?;
    Some((imposed.file?.given.mode, imposed.folder?.given.mode))
}

#[test]
fn a_set_is_written_with_what_the_mount_gives() {
    let refused = [1, 22, 95, 38].map(|error| Attributes::Refused(OPEN, error));
    for attributes in [Attributes::Ignored(OPEN)].into_iter().chain(refused) {
        let Some(set) = Set::on(attributes) else { return };
        let [a, b] = ["a", "b"].map(|name| set.output(name));
        let first = set.write(&[((&a).into(), b"one"), ((&b).into(), b"two")]).remove(0).unwrap();
        assert_eq!((first.written, modes(first.imposed)), (Written::Written, Some((0o755, 0o777))), "{attributes:?}");
        let generation = set.current();
        let known = first.imposed.as_ref();
        let again = set.write(&[(Expected::with(&a, known), b"one"), (Expected::with(&b, known), b"two")]);
        for done in again {
            assert_eq!(done.unwrap(), Published { written: Written::Unchanged, ..first });
        }
        assert_eq!(set.current(), generation, "{attributes:?}");
        let changed = set.write(&[(Expected::with(&a, known), b"three"), (Expected::with(&b, known), b"two")]);
        let changed: Vec<_> = changed.into_iter().map(Result::unwrap).collect();
        assert_eq!([changed[0].written, changed[1].written], [Written::Written, Written::Unchanged]);
        assert!(changed.iter().all(|done| done.imposed == first.imposed));
        assert_eq!((read(&a.path), read(&b.path)), ("three".to_owned(), "two".to_owned()));
        let gone = remove_set_observed(&set.path(), &FOLDER, &[&a], &mut never);
        assert!(gone.into_iter().all(|gone| gone.unwrap() == Removed::Removed));
        assert_eq!(read(&b.path), "two");
    }
}

#[test]
fn a_set_that_is_refused_never_holds_a_byte_of_the_token() {
    // The files are as wanted, and only the folder of the generation is not.
    let right_files = Fixed { file_mode: 0o640, folder_mode: 0o777, user: 0, group: 0 };
    for (fixed, may_be_whole) in [(OPEN, false), (right_files, true)] {
        let Some(set) = Set::on(Attributes::Ignored(fixed)) else { return };
        let output = FileTarget { on_mode_ignored: OnModeIgnored::Refuse, ..set.output("a") };
        let refused = set.write(&[((&output).into(), b"one")]).remove(0).unwrap_err();
        assert!(matches!(refused, WriteError::NotKept { .. }), "{refused}");
        assert!(!output.path.exists());
        assert!(fs::read_dir(set.path()).unwrap().next().is_none(), "nothing is left");
        let modes = set.mount.modes_with_content("a");
        assert_eq!(modes, if may_be_whole { vec![0o640] } else { Vec::new() });
    }
}

#[test]
fn one_output_of_a_set_that_refuses_holds_up_no_other_write() {
    let Some(set) = Set::on(Attributes::Ignored(OPEN)) else { return };
    let (a, b) = (set.output("a"), FileTarget { on_mode_ignored: OnModeIgnored::Refuse, ..set.output("b") });
    assert!(set.write(&[((&a).into(), b"one")]).remove(0).is_ok());
    set.write(&[((&b).into(), b"two")]).remove(0).unwrap_err();
    assert!(set.write(&[((&a).into(), b"three")]).remove(0).is_ok());
    assert_eq!((read(&a.path), b.path.exists()), ("three".to_owned(), false));
}
