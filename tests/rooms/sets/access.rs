//! Modes, owners and groups, during a write and after it.

use std::{
    env, fs,
    os::unix::fs::{MetadataExt, PermissionsExt, chown},
};

use rustix::io::Errno;

use tokenwell::output::file::{ExistingFolder, FileTarget, SetFolder, SetStep, Written, write_set_observed};

use crate::folder::{FOLDER, Set, at, child_folder, in_child, mode, passed, texts};

#[test]
fn until_it_is_whole_a_generation_is_for_its_writer_alone() {
    let set = Set::new();
    let folder = SetFolder::new(0o755, None);
    let output = FileTarget { mode: 0o644, set: Some(folder.clone()), ..set.output("a") };
    let mut seen = Vec::new();
    let done = write_set_observed(set.path(), &folder, &[(&output, b"one")], at(), &mut |step| {
        if let Some(made) = set.generations().first() {
            seen.push((step, mode(&set.at(made)), fs::symlink_metadata(set.at(made).join("a")).ok().map(|a| a.mode())));
        }
        Ok(())
    });
    assert!(done[0].is_ok());
    for (step, folder, file) in &seen {
        let (folder_wanted, file_wanted) = (
            if *step > SetStep::SetGenerationMode { 0o755 } else { 0o700 },
            if *step > SetStep::SetMode { 0o644 } else { 0o600 },
        );
        assert_eq!(*folder, folder_wanted, "{step:?}");
        assert!(file.is_none_or(|file| file & 0o7777 == file_wanted), "{step:?}");
    }
    assert_eq!(seen.first().map(|(step, ..)| *step), Some(SetStep::CreateFile));
    assert_eq!(seen.last().map(|(step, ..)| *step), Some(SetStep::RemoveOld));
}

#[test]
fn modes_are_those_asked_for_whatever_the_umask() {
    for umask in ["000", "022", "077", "777"] {
        for user in ["", "AS_USER=1; export AS_USER; "] {
            let folder = tempfile::tempdir().unwrap();
            let ended = in_child(&format!("{user}umask {umask}"), "access::child_writes_sets", folder.path());
            assert!(passed(&ended), "umask {umask}: {}", String::from_utf8_lossy(&ended.stdout));
        }
    }
}

#[test]
#[ignore = "the child of `modes_are_those_asked_for_whatever_the_umask`"]
fn child_writes_sets() {
    let Some(folder) = child_folder() else { return };
    if env::var_os("AS_USER").is_some() && nix::unistd::geteuid().is_root() {
        chown(&folder, Some(4321), Some(4321)).unwrap();
        nix::unistd::setgid(4321.into()).unwrap();
        nix::unistd::setuid(4321.into()).unwrap();
    }
    for wanted in [0o700, 0o750, 0o711, 0o777] {
        let directory = folder.join(format!("made/set{wanted:o}"));
        let set = SetFolder::new(wanted, None);
        let output = FileTarget { mode: 0o604, set: Some(set.clone()), ..FileTarget::at(directory.join("a")) };
        // The second file is carried over into the third generation by a copy.
        let other = FileTarget { mode: 0o604, set: Some(set.clone()), ..FileTarget::at(directory.join("b")) };
        for (output, text) in [(&output, "one"), (&other, "two"), (&output, "three")] {
            let done = write_set_observed(&directory, &set, &[(output, text.as_bytes())], at(), &mut |step| {
                if step == SetStep::CarryOver { Err(Errno::PERM.into()) } else { Ok(()) }
            });
            assert_eq!(done[0].as_ref().unwrap().written, Written::Written);
        }
        assert_eq!(fs::metadata(directory.join("..data")).unwrap().mode() & 0o7777, wanted);
        assert_eq!(fs::metadata(directory.join("a")).unwrap().mode() & 0o7777, 0o604);
        assert_eq!(fs::metadata(directory.join("b")).unwrap().mode() & 0o7777, 0o604);
        assert_eq!((mode(&directory), mode(&folder.join("made"))), (wanted, 0o750));
    }
}

#[test]
fn a_folder_of_another_program_keeps_its_mode_unless_told() {
    let volume = tempfile::tempdir().unwrap();
    let directory = volume.path().join("set");
    let told = SetFolder { existing: ExistingFolder::Adjust, ..SetFolder::new(0o755, None) };
    let table = [
        // The mode it has, what is in it, how the set is configured, and the mode that it gets.
        (0o700, None, SetFolder::new(0o755, None), 0o700),
        (0o700, None, told.clone(), 0o755),
        (0o2770, None, told.clone(), 0o2755),
        (0o777, None, told.clone(), 0o755),
        (0o700, Some("socket of a user"), told.clone(), 0o700),
        (0o1777, None, told, 0o1777),
    ];
    for (before, other, set, after) in table {
        fs::create_dir(&directory).unwrap();
        fs::set_permissions(&directory, fs::Permissions::from_mode(before)).unwrap();
        if let Some(name) = other {
            fs::write(directory.join(name), "").unwrap();
        }
        let output = FileTarget { set: Some(set.clone()), ..FileTarget::at(directory.join("a")) };
        for text in ["one", "two"] {
            let done = write_set_observed(&directory, &set, &[(&output, text.as_bytes())], at(), &mut |_| Ok(()));
            assert_eq!(done[0].as_ref().unwrap().written, Written::Written);
            assert_eq!(fs::metadata(&directory).unwrap().mode() & 0o7777, after, "{before:o} {set:?}");
            assert_eq!(mode(&directory.join("..data/")), set.mode | (before & 0o2000));
        }
        fs::remove_dir_all(&directory).unwrap();
    }
}

#[test]
fn a_generation_keeps_the_group_of_its_volume() {
    let volume = tempfile::tempdir().unwrap();
    let is_root = nix::unistd::geteuid().is_root();
    let group = if is_root { 4321 } else { nix::unistd::getegid().as_raw() };
    chown(volume.path(), None, Some(group)).unwrap();
    fs::set_permissions(volume.path(), fs::Permissions::from_mode(0o2775)).unwrap();
    for directory in [volume.path().to_owned(), volume.path().join("below/set")] {
        let output = FileTarget { set: Some(FOLDER), ..FileTarget::at(directory.join("a")) };
        for text in ["one", "two"] {
            let done = write_set_observed(&directory, &FOLDER, &[(&output, text.as_bytes())], at(), &mut |_| Ok(()));
            assert_eq!(done[0].as_ref().unwrap().written, Written::Written);
            let found = fs::metadata(directory.join("..data")).unwrap();
            assert_eq!((found.mode() & 0o7777, found.gid()), (0o2750, group));
            assert_eq!(fs::metadata(&output.path).unwrap().gid(), group);
        }
        let again = write_set_observed(&directory, &FOLDER, &[(&output, b"two")], at(), &mut |_| Ok(()));
        assert_eq!(again[0].as_ref().unwrap().written, Written::Unchanged);
    }
}

#[test]
fn owner_and_group_are_set_before_readers_can_enter() {
    let set = Set::new();
    let (uid, gid) = (nix::unistd::geteuid().as_raw(), nix::unistd::getegid().as_raw());
    let folder = SetFolder::new(0o750, Some(gid + 1234));
    let mut output = FileTarget { group: Some(gid + 1234), set: Some(folder.clone()), ..set.output("a") };
    let done = write_set_observed(set.path(), &folder, &[(&output, b"one")], at(), &mut |_| Ok(())).remove(0);
    if uid == 0 {
        assert_eq!(done.unwrap().written, Written::Written);
        for (path, wanted) in [("..data/", 0o750), ("..data/a", 0o640)] {
            let found = fs::metadata(set.at(path)).unwrap();
            assert_eq!((found.gid(), found.mode() & 0o7777), (1234, wanted), "{path}");
        }
        // A copy keeps the owner and the group.
        output.owner = Some(4321);
        let other = set.output("b");
        write_set_observed(set.path(), &folder, &[(&output, b"one")], at(), &mut |_| Ok(())).remove(0).unwrap();
        set.write(&[(&other, b"two")], &mut |step| {
            if step == SetStep::CarryOver { Err(Errno::MLINK.into()) } else { Ok(()) }
        });
        let found = fs::metadata(set.at("a")).unwrap();
        assert_eq!((found.uid(), found.gid(), found.mode() & 0o7777), (4321, 1234, 0o640));
    } else {
        assert!(done.is_err());
    }

    let set = Set::new();
    for (failing, words) in [
        (SetStep::SetOwner, ["fsGroup", "runAsUser", "SupplementaryGroups="]),
        (SetStep::SetGenerationGroup, ["fsGroup", "the set", "SupplementaryGroups="]),
    ] {
        let a = set.output("a");
        let fail = &mut |step| if step == failing { Err(Errno::PERM.into()) } else { Ok(()) };
        let error = set.write(&[(&a, b"one")], fail).remove(0).unwrap_err().to_string();
        assert!(words.iter().all(|word| error.contains(word)), "{error}");
    }
}

#[test]
fn a_file_that_may_not_be_linked_to_is_copied() {
    for errno in [Errno::PERM, Errno::XDEV, Errno::MLINK, Errno::NOTSUP] {
        let set = Set::new();
        let odd = FileTarget { mode: 0o604, ..set.output("odd") };
        let long = "x".repeat(10_000);
        set.write(&[(&odd, long.as_bytes())], &mut |_| Ok(()));
        let linked = fs::metadata(set.at("odd")).unwrap().ino();
        let a = set.output("a");
        let done = set.write(&[(&a, b"one")], &mut |step| {
            if step == SetStep::CarryOver { Err(errno.into()) } else { Ok(()) }
        });
        assert_eq!(*done[0].as_ref().unwrap(), Written::Written, "{errno:?}");
        assert_eq!(set.texts(), texts(&[("a", "one"), ("odd", long.as_str())]));
        let copy = fs::metadata(set.at("odd")).unwrap();
        assert_eq!(copy.mode() & 0o7777, 0o604);
        assert_ne!(copy.ino(), linked);
        set.is_whole();
    }
}
