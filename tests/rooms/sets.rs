//! Files that change as one: what readers, crashes and other hands find in a set.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

use std::{
    collections::{BTreeMap, VecDeque},
    env, fs, io,
    os::unix::{
        fs::{MetadataExt, OpenOptionsExt, PermissionsExt, chown, symlink},
        process::ExitStatusExt,
    },
    path::{Path, PathBuf},
    process::{Command, Output as Ended},
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use rustix::{fs::OFlags, io::Errno};
use tempfile::TempDir;
use tokenwell::{
    clock::now,
    output::{
        Content, Format, Locks, Output, Removed, SetFolder, SetStep, Template, WriteError, Written, are_intact,
        find_token, publish, remove_set_observed, sweep, tidy, withdraw, write, write_set_observed,
    },
    renewal::Grant,
    secret::Secret,
    session::{Claims, Session, Times},
};

#[test]
fn a_set_is_laid_out_as_the_kubelet_does_it() {
    let set = Set::new();
    set.put(&[("a", "one"), ("b", "two")]);
    let generation = set.generation().unwrap();
    assert!(generation.starts_with("..2026_11_23_15_22_01."), "{generation}");
    assert_eq!(set.names(), [generation.as_str(), "..data", "a", "b"]);
    for (name, text) in [("a", "one"), ("b", "two")] {
        assert_eq!(fs::read_link(set.at(name)).unwrap(), Path::new("..data").join(name));
        assert_eq!(fs::read_to_string(set.at(name)).unwrap(), text);
        assert_eq!(mode(&set.at("..data").join(name)), 0o640);
    }
    assert_eq!(mode(&set.at(&generation)), 0o750);
    set.is_whole();
}

#[test]
fn every_content_name_and_mode_is_written_as_it_is() {
    // The table of the kubelet's `TestWriteOnce`, without its nested paths.
    let set = Set::new();
    let binary: Vec<u8> = b"\x7fELF\x02\x01\x01\0".iter().copied().chain((0..117).map(|n| n * 2)).collect();
    let table = [
        ("foo", 0o640, &b"foo"[..]),
        ("foo2.txt", 0o777, b""),
        (".dotfile.txt", 0o400, b"a\nb\n"),
        (".dotfile.file", 0o407, b"\0"),
        ("binary", 0o440, &binary),
        ("with space", 0o666, b"x"),
    ];
    let outputs: Vec<_> = table.iter().map(|(name, mode, _)| Output { mode: *mode, ..set.output(name) }).collect();
    let files: Vec<_> = outputs.iter().zip(&table).map(|(output, (.., bytes))| (output, *bytes)).collect();
    assert!(set.write(&files, &mut |_| Ok(())).into_iter().all(|done| done.unwrap() == Written::Written));
    for (name, wanted, bytes) in table {
        assert_eq!(fs::read(set.at(name)).unwrap(), bytes, "{name}");
        assert_eq!(fs::metadata(set.at(name)).unwrap().mode() & 0o7777, wanted, "{name}");
    }
    set.is_whole();
}

#[test]
fn a_set_that_is_as_wanted_is_not_touched() {
    let set = Set::new();
    set.put(&[("a", "one"), ("b", "two")]);
    let (names, before) = (set.names(), fs::metadata(set.path()).unwrap().ctime_nsec());
    let mut reached = Vec::new();
    let (a, b) = (set.output("a"), set.output("b"));
    let done = set.write(&[(&a, b"one"), (&b, b"two")], &mut |step| {
        reached.push(step);
        Ok(())
    });
    assert!(done.into_iter().all(|done| done.unwrap() == Written::Unchanged));
    assert_eq!(reached, [SetStep::Look]);
    assert_eq!((set.names(), fs::metadata(set.path()).unwrap().ctime_nsec()), (names, before));
}

#[test]
fn a_write_changes_its_own_files_and_carries_the_others_over() {
    let set = Set::new();
    set.put(&[("a", "one"), ("b", "two")]);
    let first = set.generation();
    let kept = fs::metadata(set.at("b")).unwrap().ino();
    assert_eq!(set.put(&[("a", "three")]), [Written::Written]);
    assert_ne!(set.generation(), first);
    assert_eq!(set.texts(), texts(&[("a", "three"), ("b", "two")]));
    assert_eq!(fs::metadata(set.at("b")).unwrap().ino(), kept, "the very same file");
    assert_eq!(set.put(&[("a", "three"), ("c", "new")]), [Written::Unchanged, Written::Written]);
    assert_eq!(set.texts(), texts(&[("a", "three"), ("b", "two"), ("c", "new")]));
    set.is_whole();
}

#[test]
fn modes_change_from_generation_to_generation() {
    // The kubelet's `TestMultipleUpdates`.
    let set = Set::new();
    set.put(&[("other", "x")]);
    for wanted in [0o644, 0o400, 0o600, 0o640] {
        let output = Output { mode: wanted, ..set.output("a") };
        assert_eq!(set.write(&[(&output, b"one")], &mut |_| Ok(())).remove(0).unwrap(), Written::Written);
        assert_eq!(mode(&set.at("..data/a")), wanted);
        assert_eq!(mode(&set.at("..data/other")), 0o640);
        set.is_whole();
    }
}

#[test]
fn a_file_is_removed_with_every_trace_of_its_token() {
    let set = Set::new();
    for token in ["dead1", "dead2", "dead3"] {
        set.put(&[("a", token), ("b", "two")]);
    }
    assert_eq!(set.take(&["a", "never"]), [Removed::Removed, Removed::Missing]);
    assert_eq!(set.texts(), texts(&[("b", "two")]));
    assert_eq!(set.names().len(), 3, "no older generation is left: {:?}", set.names());
    assert!(set.names()[0].starts_with("..2026_11_23_15_22_01."));
    set.is_whole();
    assert_eq!(set.take(&["a"]), [Removed::Missing]);
    assert_eq!(set.take(&["b"]), [Removed::Removed]);
    assert_eq!(set.texts(), texts(&[]));
    set.put(&[("b", "again")]);
    assert_eq!(set.texts(), texts(&[("b", "again")]));
    set.is_whole();

    let nowhere = Set::new();
    assert_eq!(nowhere.take(&["a"]), [Removed::Missing]);
    assert!(!nowhere.path().exists());
}

#[test]
fn a_removal_that_was_cut_short_is_brought_to_its_end() {
    let set = Set::new();
    set.put(&[("a", "dead"), ("b", "two")]);
    for failing in [SetStep::Link, SetStep::RemoveOld] {
        set.put(&[("a", "dead")]);
        let a = set.output("a");
        let mut fail = |step| if step == failing { Err(Errno::IO.into()) } else { Ok(()) };
        let done = remove_set_observed(set.path(), &FOLDER, &[&a], &mut fail).remove(0);
        assert!(done.is_err(), "{failing:?}");
        // The next write of anybody sees that the link leads nowhere.
        set.put(&[("b", &format!("after {failing:?}"))]);
        assert!(fs::symlink_metadata(set.at("a")).is_err(), "{failing:?}");
        set.put(&[("b", "two")]);
        set.take(&["a"]);
        assert_eq!((set.texts(), set.generations().len()), (texts(&[("b", "two")]), 1), "{failing:?}");
        assert!(fs::symlink_metadata(set.at("a")).is_err());
    }
}

#[test]
fn links_that_are_wrong_are_repaired_without_a_new_generation() {
    let set = Set::new();
    set.put(&[("a", "one"), ("b", "two")]);
    let generation = set.generation();
    let elsewhere = set.outside("elsewhere", "precious");
    let spoils: [&dyn Fn(); 4] =
        [&|| (), &|| symlink(&elsewhere, set.at("a")).unwrap(), &|| symlink("..data/b", set.at("a")).unwrap(), &|| {
            fs::write(set.at("a"), "from a time before the set").unwrap();
        }];
    for spoil in spoils {
        fs::remove_file(set.at("a")).unwrap();
        spoil();
        assert_eq!(set.put(&[("a", "one"), ("b", "two")]), [Written::Written, Written::Unchanged]);
        assert_eq!((set.generation(), set.texts()), (generation.clone(), texts(&[("a", "one"), ("b", "two")])));
        set.is_whole();
    }
    assert_eq!(fs::read_to_string(elsewhere).unwrap(), "precious");
    // A write of another credential mends it, too.
    fs::remove_file(set.at("a")).unwrap();
    set.put(&[("b", "three")]);
    assert_eq!(set.texts(), texts(&[("a", "one"), ("b", "three")]));
}

#[test]
fn a_file_that_drifted_in_its_generation_gets_a_new_one() {
    let set = Set::new();
    let file = set.at("..data/a");
    let drifts: [&dyn Fn(); 6] = [
        &|| fs::write(&file, "").unwrap(),
        &|| fs::remove_file(&file).unwrap(),
        &|| fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap(),
        &|| fs::set_permissions(set.at("..data/"), fs::Permissions::from_mode(0o755)).unwrap(),
        &|| {
            fs::remove_file(&file).unwrap();
            symlink("b", &file).unwrap();
        },
        &|| {
            fs::remove_file(&file).unwrap();
            fs::create_dir(&file).unwrap();
        },
    ];
    for drift in drifts {
        set.put(&[("a", "one"), ("b", "two")]);
        drift();
        assert_eq!(set.put(&[("a", "one")]), [Written::Written]);
        assert_eq!(set.texts(), texts(&[("a", "one"), ("b", "two")]));
        set.is_whole();
    }
}

#[test]
fn whatever_data_leads_to_is_left_alone_and_the_set_begins_anew() {
    let precious = tempfile::tempdir().unwrap();
    for name in ["a", "b"] {
        fs::write(precious.path().join(name), "precious").unwrap();
    }
    let inside = precious.path().join("..2026_11_23_15_22_01.abcdefgh");
    fs::create_dir(&inside).unwrap();
    fs::write(inside.join("b"), "precious").unwrap();
    let table: [Case; 8] = [
        ("nothing", &|data| symlink("..2026_11_23_15_22_01.zzzzzzzz", data).unwrap()),
        ("a foreign name", &|data| symlink("foreign", data).unwrap()),
        ("a foreign place", &|data| symlink(precious.path(), data).unwrap()),
        ("a place that looks like ours", &|data| symlink(&inside, data).unwrap()),
        ("itself", &|data| symlink("..data", data).unwrap()),
        ("a link to a foreign place", &|data| {
            let link = data.with_file_name("..2026_11_23_15_22_01.yyyyyyyy");
            symlink(precious.path(), link).unwrap();
            symlink("..2026_11_23_15_22_01.yyyyyyyy", data).unwrap();
        }),
        ("a file", &|data| fs::write(data, "x").unwrap()),
        ("a pipe", &|data| nix::unistd::mkfifo(data, nix::sys::stat::Mode::S_IRWXU).unwrap()),
    ];
    for (what, make) in table {
        let set = Set::new();
        fs::create_dir(set.path()).unwrap();
        fs::create_dir(set.at("foreign")).unwrap();
        fs::write(set.at("foreign/b"), "precious").unwrap();
        make(&set.at("..data"));
        assert_eq!(set.put(&[("a", "one")]), [Written::Written], "{what}");
        assert_eq!(fs::read_to_string(set.at("a")).unwrap(), "one", "{what}");
        assert!(!set.at("..data/b").exists(), "{what}");
        set.put(&[("a", "two")]);
        assert_eq!(sweep([&set.output("a")], &Locks::default()).failed.len(), 0, "{what}");
        set.take(&["a"]);
        assert_eq!(fs::read_to_string(set.at("foreign/b")).unwrap(), "precious", "{what}");
        assert_eq!(fs::read_to_string(precious.path().join("a")).unwrap(), "precious", "{what}");
        assert_eq!(fs::read_to_string(inside.join("b")).unwrap(), "precious", "{what}");
    }
}

#[test]
fn what_stands_in_the_way_of_a_link_is_told_with_the_remedy_and_only_for_its_file() {
    let table: [Case; 4] = [
        ("a folder", &|path| fs::create_dir(path).unwrap()),
        ("a named pipe", &|path| nix::unistd::mkfifo(path, nix::sys::stat::Mode::S_IRWXU).unwrap()),
        ("a device", &|path| symlink("/dev/null", path).unwrap()),
        ("a folder", &|path| symlink("/", path).unwrap()),
    ];
    for (what, make) in table {
        let set = Set::new();
        fs::create_dir(set.path()).unwrap();
        make(&set.at("a"));
        for content in ["one", "one", "two"] {
            let (a, b) = (set.output("a"), set.output("b"));
            let done = set.write(&[(&a, content.as_bytes()), (&b, content.as_bytes())], &mut |_| Ok(()));
            let error = done[0].as_ref().unwrap_err().to_string();
            let wanted =
                format!("cannot put a link of the set at `{}`: it is {what}; remove it", set.at("a").display());
            assert!(error.starts_with(&wanted), "{error}");
            assert!(done[1].is_ok());
            assert_eq!(fs::read_to_string(set.at("b")).unwrap(), content);
            assert_eq!(fs::read_to_string(set.at("..data/a")).unwrap(), content);
        }
        assert_eq!(set.generations().len(), 2, "the same content makes no generation");
        let _ = fs::remove_dir(set.at("a")).or_else(|_| fs::remove_file(set.at("a")));
        set.put(&[("a", "two")]);
        set.is_whole();
    }
    let set = Set::new();
    fs::create_dir_all(set.at("..data")).unwrap();
    let a = set.output("a");
    let error = set.write(&[(&a, b"one")], &mut |_| Ok(())).remove(0).unwrap_err().to_string();
    assert!(error.contains("..data`: it is a folder; remove it"), "{error}");
    assert_eq!(set.names(), ["..data"]);
}

#[test]
fn what_a_crash_left_under_a_temporary_name_is_in_nobodys_way() {
    // The kubelet's own writer fails on a left-over `..data_tmp` for ever.
    let left: [&dyn Fn(&Path); 5] = [
        &|path| fs::write(path, "x").unwrap(),
        &|path| fs::create_dir(path).unwrap(),
        &|path| symlink("..2026_11_23_15_22_01.zzzzzzzz", path).unwrap(),
        &|path| symlink("/", path).unwrap(),
        &|path| {
            fs::create_dir(path).unwrap();
            fs::write(path.join("content"), "x").unwrap();
        },
    ];
    for make in left {
        let set = Set::new();
        fs::create_dir(set.path()).unwrap();
        make(&set.at("..data_tmp"));
        make(&set.at("..data_tmp.abcdefgh"));
        for content in ["one", "two"] {
            set.put(&[("a", content)]);
            assert_eq!(set.texts(), texts(&[("a", content)]));
        }
    }
}

#[test]
fn a_step_that_fails_leaves_a_whole_generation_and_the_next_attempt_heals() {
    for errno in [Errno::NOSPC, Errno::IO, Errno::ROFS, Errno::ACCESS, Errno::MFILE, Errno::INTR] {
        for failing in SetStep::ALL {
            for is_first in [true, false] {
                let set = Set::new();
                if !is_first {
                    set.put(&[("mine", "old"), ("other", "kept")]);
                }
                let before = (set.names(), set.texts());
                let mut reached = false;
                let (mine, added) = (set.output("mine"), set.output("added"));
                let mut done = set.write(&[(&mine, b"new"), (&added, b"new")], &mut |step| {
                    reached |= step == failing;
                    if failing == SetStep::CopyOver && step == SetStep::CarryOver {
                        return Err(Errno::XDEV.into());
                    }
                    if step == failing { Err(errno.into()) } else { Ok(()) }
                });
                let case = format!("{failing:?}, {errno:?}, first: {is_first}");
                let carries = matches!(failing, SetStep::CarryOver | SetStep::CopyOver);
                assert_eq!(reached, !is_first || !carries, "{case}");
                if is_first && carries || matches!(failing, SetStep::SyncFolder | SetStep::RemoveOld) {
                    assert!(done.into_iter().all(|done| done.unwrap() == Written::Written), "{case}");
                } else if failing == SetStep::Link {
                    // The link to `mine` stood already, unless it is the first write.
                    assert_eq!(done.remove(0).is_err(), is_first, "{case}");
                    assert!(done.remove(0).is_err(), "{case}");
                    assert_eq!(fs::read_to_string(set.at("..data/mine")).unwrap(), "new", "{case}");
                } else {
                    for done in done {
                        let error = done.unwrap_err();
                        let failed = matches!(&error, WriteError::Set { step, .. } if *step == failing);
                        assert!(failed, "{case}: {error}");
                        assert!(error.to_string().contains(&set.path().display().to_string()), "{error}");
                    }
                    assert_eq!((set.names(), set.texts()), before, "{case}");
                }
                set.put(&[("mine", "new"), ("added", "new")]);
                let mut wanted = vec![("added", "new"), ("mine", "new")];
                wanted.extend((!is_first).then_some(("other", "kept")));
                assert_eq!(set.texts(), texts(&wanted), "{case}");
                set.is_whole();
            }
        }
    }
}

#[test]
fn a_crash_before_any_step_leaves_a_whole_generation_and_the_next_start_repairs_the_rest() {
    for is_first in [true, false] {
        for (number, step) in SetStep::ALL.into_iter().enumerate() {
            let set = Set::new();
            if !is_first {
                set.put(&[("mine", "old"), ("other", "kept")]);
            }
            let before = set.names();
            let ended = in_child(&format!("CRASH_AT={number}; export CRASH_AT"), "child_crashes", set.path());
            let is_met = !is_first || !matches!(step, SetStep::CarryOver | SetStep::CopyOver);
            assert_eq!(ended.status.signal(), is_met.then_some(9), "{step:?}, first: {is_first}");

            let is_new = !is_met || step > SetStep::Swap;
            let mine = if is_new { Some("new") } else { (!is_first).then_some("old") };
            assert_eq!(fs::read_to_string(set.at("..data/mine")).ok().as_deref(), mine, "{step:?}");
            if !is_first {
                assert_eq!(fs::read_to_string(set.at("mine")).ok().as_deref(), mine, "{step:?}");
                assert_eq!(fs::read_to_string(set.at("other")).unwrap(), "kept", "{step:?}");
            }
            let swept = sweep([&set.output("mine")], &Locks::default());
            assert_eq!(swept.failed.len(), 0, "{step:?}");
            assert_eq!(set.generations().len(), usize::from(mine.is_some()), "{step:?}");
            if !is_new {
                assert_eq!(set.but_the_lock(), before, "{step:?}, first: {is_first}");
            }
            set.put(&[("mine", "new")]);
            let mut wanted = vec![("mine", "new")];
            wanted.extend((!is_first).then_some(("other", "kept")));
            assert_eq!(set.texts(), texts(&wanted), "{step:?}");
            set.is_whole();
        }
    }
}

#[test]
#[ignore = "the child of `a_crash_before_any_step_leaves_a_whole_generation_and_the_next_start_repairs_the_rest`"]
fn child_crashes() {
    let Some(folder) = child_folder() else { return };
    let crash_at = SetStep::ALL[env::var("CRASH_AT").unwrap().parse::<usize>().unwrap()];
    let output = Output { set: Some(FOLDER), ..Output::at(folder.join("mine")) };
    write_set_observed(&folder, &FOLDER, &[(&output, b"new")], at(), &mut |step| {
        if step == crash_at {
            nix::sys::signal::kill(nix::unistd::getpid(), nix::sys::signal::SIGKILL).unwrap();
        }
        let copies = crash_at == SetStep::CopyOver && step == SetStep::CarryOver;
        if copies { Err(Errno::XDEV.into()) } else { Ok(()) }
    });
}

#[test]
fn until_it_is_whole_a_generation_is_for_its_writer_alone() {
    let set = Set::new();
    let folder = SetFolder { mode: 0o755, group: None };
    let output = Output { mode: 0o644, set: Some(folder.clone()), ..set.output("a") };
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
            let ended = in_child(&format!("{user}umask {umask}"), "child_writes_sets", folder.path());
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
        let set = SetFolder { mode: wanted, group: None };
        let output = Output { mode: 0o604, set: Some(set.clone()), ..Output::at(directory.join("a")) };
        // The second is carried over by a copy into the third generation.
        let other = Output { mode: 0o604, set: Some(set.clone()), ..Output::at(directory.join("b")) };
        for (output, text) in [(&output, "one"), (&other, "two"), (&output, "three")] {
            let done = write_set_observed(&directory, &set, &[(output, text.as_bytes())], at(), &mut |step| {
                if step == SetStep::CarryOver { Err(Errno::PERM.into()) } else { Ok(()) }
            });
            assert_eq!(*done[0].as_ref().unwrap(), Written::Written);
        }
        assert_eq!(fs::metadata(directory.join("..data")).unwrap().mode() & 0o7777, wanted);
        assert_eq!(fs::metadata(directory.join("a")).unwrap().mode() & 0o7777, 0o604);
        assert_eq!(fs::metadata(directory.join("b")).unwrap().mode() & 0o7777, 0o604);
        assert_eq!((mode(&directory), mode(&folder.join("made"))), (0o750, 0o750));
    }
}

#[test]
fn a_generation_keeps_the_group_that_its_volume_gives_to_everything_in_it() {
    let volume = tempfile::tempdir().unwrap();
    let is_root = nix::unistd::geteuid().is_root();
    let group = if is_root { 4321 } else { nix::unistd::getegid().as_raw() };
    chown(volume.path(), None, Some(group)).unwrap();
    fs::set_permissions(volume.path(), fs::Permissions::from_mode(0o2775)).unwrap();
    for directory in [volume.path().to_owned(), volume.path().join("below/set")] {
        let output = Output { set: Some(FOLDER), ..Output::at(directory.join("a")) };
        for text in ["one", "two"] {
            let done = write_set_observed(&directory, &FOLDER, &[(&output, text.as_bytes())], at(), &mut |_| Ok(()));
            assert_eq!(*done[0].as_ref().unwrap(), Written::Written);
            let found = fs::metadata(directory.join("..data")).unwrap();
            assert_eq!((found.mode() & 0o7777, found.gid()), (0o2750, group));
            assert_eq!(fs::metadata(&output.path).unwrap().gid(), group);
        }
        let again = write_set_observed(&directory, &FOLDER, &[(&output, b"two")], at(), &mut |_| Ok(()));
        assert_eq!(*again[0].as_ref().unwrap(), Written::Unchanged);
    }
}

#[test]
fn owner_and_group_are_set_before_readers_can_enter_or_the_error_says_what_would_help() {
    let set = Set::new();
    let (uid, gid) = (nix::unistd::geteuid().as_raw(), nix::unistd::getegid().as_raw());
    let folder = SetFolder { mode: 0o750, group: Some(gid + 1234) };
    let mut output = Output { group: Some(gid + 1234), set: Some(folder.clone()), ..set.output("a") };
    let done = write_set_observed(set.path(), &folder, &[(&output, b"one")], at(), &mut |_| Ok(())).remove(0);
    if uid == 0 {
        assert_eq!(done.unwrap(), Written::Written);
        for (path, wanted) in [("..data/", 0o750), ("..data/a", 0o640)] {
            let found = fs::metadata(set.at(path)).unwrap();
            assert_eq!((found.gid(), found.mode() & 0o7777), (1234, wanted), "{path}");
        }
        // A copy keeps owner and group.
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
        let odd = Output { mode: 0o604, ..set.output("odd") };
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

#[test]
fn a_set_has_a_bound() {
    let set = Set::new();
    set.put(&[("a", "one")]);
    for number in 1..4096 {
        fs::write(set.at("..data").join(format!("n{number}")), "x").unwrap();
    }
    set.put(&[("a", "two")]);
    fs::write(set.at("..data/one-more"), "x").unwrap();
    let a = set.output("a");
    let error = set.write(&[(&a, b"three")], &mut |_| Ok(())).remove(0).unwrap_err().to_string();
    assert!(error.contains("more than 4096 files"), "{error}");
    assert_eq!(fs::read_to_string(set.at("a")).unwrap(), "two");
}

#[test]
fn a_sweep_takes_what_is_ours_and_old_and_nothing_else() {
    let set = Set::new();
    for content in ["one", "two", "three"] {
        set.put(&[("a", content)]);
    }
    let current = set.generation().unwrap();
    let foreign_folders =
        ["..2026_11_23_15_22_01.123456789", "..2026_11_23_15_22_01.abcdefg", "..old", ".a.Xy12zZ.tokenwell"];
    for name in foreign_folders {
        fs::create_dir(set.at(name)).unwrap();
        fs::write(set.at(name).join("x"), "").unwrap();
    }
    let foreign_files = ["plain", "..2026_11_23_15_22_01.filefile", "..data_tmp.filefile"];
    for name in foreign_files {
        fs::write(set.at(name), "").unwrap();
    }
    let foreign_links = [
        ("..data_tmp", "..2026_11_23_15_22_01.abcdefgh"),
        ("..data_tmp.aaaaaaaa", "foreign"),
        (".a.bbbbbb.tokenwell", "..data/b"),
        ("..2026_11_23_15_22_01.linklink", "/"),
        ("dangling", "..data/another"),
    ];
    let our_links = [
        ("..data_tmp.abcdefgh", "..2026_11_23_15_22_01.abcdefgh"),
        (".a.cccccc.tokenwell", "..data/a"),
        (".b.dddddd.tokenwell", "..data/b"),
    ];
    for (name, target) in foreign_links.iter().chain(&our_links) {
        symlink(target, set.at(name)).unwrap();
    }
    fs::write(set.at(".a.eeeeee.tokenwell"), "from a time before the set").unwrap();
    let with_a_folder = set.at("..2026_11_23_15_22_01.withfold");
    fs::create_dir_all(with_a_folder.join("folder")).unwrap();

    let swept = sweep([&set.output("a")], &Locks::default());
    assert_eq!(swept.removed, 2 + our_links.len() + 1);
    assert!(swept.failed[0].to_string().contains("not empty"), "{}", swept.failed[0]);
    let mut left: Vec<_> = foreign_folders.into_iter().chain(foreign_files).map(str::to_owned).collect();
    left.extend(foreign_links.iter().map(|(name, _)| (*name).to_owned()));
    left.extend([current, "..data".into(), "a".into(), "..2026_11_23_15_22_01.withfold".into()]);
    left.sort();
    assert_eq!(set.but_the_lock(), left);
    assert_eq!(fs::read_to_string(set.at("a")).unwrap(), "three");
}

#[test]
fn old_generations_stay_for_a_while_and_tidying_takes_them() {
    let (set, locks) = (Set::new(), Locks::default());
    let output = [set.output("a")];
    for number in 0..10 {
        publish(&output, &content(&session(&format!("token{number}"))), &locks).remove(0).unwrap();
        assert_eq!(set.generations().len(), (number + 1).min(5));
    }
    // This process writes there, and its writes see to what is old.
    assert_eq!(sweep(&output, &locks).removed, 0);
    assert_eq!(tidy(&output, &locks).removed, 4);
    assert_eq!(set.generations(), [set.generation().unwrap()]);
    assert_eq!(set.texts(), texts(&[("a", "token9")]));
}

#[test]
fn ten_thousand_swaps_leave_no_more_generations_than_a_few() {
    let set = Set::new();
    set.put(&[("other", "kept")]);
    for number in 0..10_000 {
        set.put(&[("a", &number.to_string())]);
    }
    assert_eq!(set.generations().len(), 5);
    assert_eq!(set.names().len(), 5 + 3, "{:?}", set.names());
    assert_eq!(set.texts(), texts(&[("a", "9999"), ("other", "kept")]));
    assert_eq!(fs::metadata(set.at("other")).unwrap().nlink(), 5);
}

#[test]
fn answers_come_in_the_order_of_the_outputs_and_a_set_is_written_at_once() {
    let (set, plain, locks) = (Set::new(), tempfile::tempdir().unwrap(), Locks::default());
    let outputs = [set.output("a"), Output::at(plain.path().join("p")), set.output("b")];
    fs::create_dir(plain.path().join("folder")).unwrap();
    let session = session("token");
    let done = publish(&outputs, &content(&session), &locks);
    assert!(done.into_iter().all(|done| done.unwrap() == Written::Written));
    assert_eq!(set.generations().len(), 1);
    fs::remove_file(&outputs[1].path).unwrap();
    let done: Vec<_> = publish(&outputs, &content(&session), &locks).into_iter().map(Result::unwrap).collect();
    assert_eq!(done, [Written::Unchanged, Written::Written, Written::Unchanged]);
    let odd = [outputs[0].clone(), Output::at(plain.path().join("folder")), outputs[2].clone()];
    let done = publish(&odd, &content(&session), &locks);
    assert!(done[0].is_ok() && done[1].is_err() && done[2].is_ok());
    let done: Vec<_> = withdraw(&outputs, &locks).into_iter().map(Result::unwrap).collect();
    assert_eq!(done, [Removed::Removed; 3]);
    let done: Vec<_> = withdraw(&outputs, &locks).into_iter().map(Result::unwrap).collect();
    assert_eq!(done, [Removed::Missing; 3]);
}

#[test]
#[ignore = "a figure, not a property: `cargo test --test sets generation_costs -- --ignored --nocapture`"]
fn what_a_generation_costs() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let names = ["a", "b", "c"];
    let plain = names.map(|name| Output::at(folders[0].path().join(name)));
    let set = names.map(|name| Output { set: Some(FOLDER), ..Output::at(folders[1].path().join(name)) });
    let one_of_three = [set[0].clone()];
    for (what, outputs) in
        [("three files", &plain[..]), ("a set of three", &set), ("one of a set of three", &one_of_three)]
    {
        let locks = Locks::default();
        let begun = now();
        for number in 0..200 {
            for done in publish(outputs, &content(&session(&format!("{what}{number}"))), &locks) {
                assert_eq!(done.unwrap(), Written::Written);
            }
        }
        println!("{what}: {:?} a write", (now() - begun) / 200);
    }
}

#[test]
fn credentials_that_are_written_at_once_each_see_what_the_other_wrote() {
    let (set, locks) = (Set::new(), Locks::default());
    thread::scope(|scope| {
        for thread in 0..4 {
            let (set, locks) = (&set, &locks);
            scope.spawn(move || {
                let output = [set.output(&format!("file{thread}"))];
                for number in 0..100 {
                    let session = session(&format!("token{number}"));
                    assert_eq!(publish(&output, &content(&session), locks).remove(0).unwrap(), Written::Written);
                }
            });
        }
    });
    assert_eq!(set.texts(), texts(&["file0", "file1", "file2", "file3"].map(|name| (name, "token99"))));
    set.is_whole();
}

#[test]
fn a_file_becomes_a_file_of_a_set_and_back_and_is_never_missing() {
    let (set, locks) = (Set::new(), Locks::default());
    let in_set = [set.output("a")];
    let plain = [Output::at(set.at("a"))];
    write(&plain[0], b"plain").unwrap();
    let (reads, done) = (AtomicU64::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        let _stop = Stop(&done);
        let reader = scope.spawn(|| {
            while !done.load(Ordering::Acquire) {
                assert!(!fs::read(set.at("a")).expect("there is a token at any instant").is_empty());
                reads.fetch_add(1, Ordering::Release);
            }
        });
        for round in 0..100 {
            // It is at it, also where one processor has to do for both.
            while reads.load(Ordering::Acquire) < round && !reader.is_finished() {
                thread::yield_now();
            }
            for (outputs, token) in [(&in_set, "in set"), (&plain, "plain")] {
                publish(outputs, &content(&session(token)), &locks).remove(0).unwrap();
                assert_eq!(fs::read_to_string(set.at("a")).unwrap(), token);
                locks.release(&outputs[0]);
            }
        }
    });
    assert!(fs::symlink_metadata(set.at("a")).unwrap().is_file());
}

#[test]
fn what_an_earlier_process_left_in_a_set_is_found_again() {
    let (set, locks) = (Set::new(), Locks::default());
    let output = [set.output("a")];
    let session = session("head.body.stamp");
    let found = || {
        let is_there = find_token(&output, session.jwt.fingerprint()).is_some();
        (is_there, are_intact(&output, &content(&session)))
    };
    assert_eq!(found(), (false, false));
    write(&Output { set: None, ..output[0].clone() }, b"head.body.stamp").unwrap();
    assert_eq!(found(), (true, false), "a file from a time before the set");
    publish(&output, &content(&session), &locks).remove(0).unwrap();
    assert_eq!(found(), (true, true));
    fs::remove_file(set.at("a")).unwrap();
    assert_eq!(found(), (true, false), "nobody reaches it");
    publish(&output, &content(&session), &locks).remove(0).unwrap();
    fs::set_permissions(set.at("..data/"), fs::Permissions::from_mode(0o700)).unwrap();
    assert_eq!(found(), (true, false), "not everybody reaches it");
    fs::remove_file(set.at("..data/a")).unwrap();
    assert_eq!(found(), (false, false));
}

#[test]
fn what_cannot_be_rendered_holds_up_no_other_file_of_the_set() {
    let (set, locks) = (Set::new(), Locks::default());
    let (format, good) = (Format::Template(Template::parse("{{ claims.team }}", None).unwrap()), set.output("b"));
    let outputs = [Output { format, ..set.output("a") }, good];
    let session = session("e30.e30.c2ln");
    let [bad, written] = <[_; 2]>::try_from(publish(&outputs, &content(&session), &locks)).unwrap();
    assert!(matches!(bad, Err(WriteError::Unrendered { .. })), "{bad:?}");
    assert_eq!(written.unwrap(), Written::Written);
    assert_eq!(fs::read_to_string(set.at("b")).unwrap(), "e30.e30.c2ln");
    assert!(!set.at("a").exists());
}

#[test]
fn readers_that_spin_through_a_million_reads_find_every_file_whole_and_of_one_generation() {
    let set = Set::new();
    // Lengths differ, so that a mixture of two tokens would show.
    let token = |number: u64| format!("{number}.{}.{number}", "x".repeat(100 + usize::try_from(number % 300).unwrap()));
    let put = |number: u64| set.put(&[("a", &token(number)), ("b", &token(number))]);
    let number_of = |mut file: fs::File| -> u64 {
        assert_eq!(file.metadata().unwrap().mode() & 0o7777, 0o640);
        let text = io::read_to_string(&mut file).unwrap();
        let number = text.split('.').next().unwrap().parse().expect("no token is empty");
        assert!(text == token(number), "a torn token of {} bytes", text.len());
        number
    };
    put(0);
    let (turns, reads, done) = ([AtomicU64::new(0), AtomicU64::new(0)], AtomicU64::new(0), AtomicBool::new(false));
    let spin = |reader: usize, read: &dyn Fn() -> (u64, u64)| {
        let mut last = 0;
        while !done.load(Ordering::Acquire) {
            let (number, count) = read();
            assert!(number >= last, "an older token came back");
            last = number;
            reads.fetch_add(count, Ordering::Relaxed);
            turns[reader].fetch_add(1, Ordering::Release);
        }
    };
    let mut swaps = 0;
    thread::scope(|scope| {
        let stop = Stop(&done);
        let raw = scope.spawn(|| {
            spin(0, &|| (number_of(fs::File::open(set.at("a")).expect("there is a token at any instant")), 1));
        });
        let through_data = scope.spawn(|| {
            spin(1, &|| {
                let flags = OFlags::DIRECTORY.bits().cast_signed();
                let data = fs::OpenOptions::new().read(true).custom_flags(flags).open(set.at("..data")).unwrap();
                let read = |name: &str| {
                    let file = rustix::fs::openat(&data, name, OFlags::RDONLY, rustix::fs::Mode::empty());
                    number_of(file.expect("a generation stays for a while").into())
                };
                let (a, b) = (read("a"), read("b"));
                assert_eq!(a, b, "files of two generations");
                (a, 2)
            });
        });
        // A generation stays for four swaps, so a reader may take as long as three.
        let mut seen = VecDeque::new();
        let now = || [turns[0].load(Ordering::Acquire), turns[1].load(Ordering::Acquire)];
        while (reads.load(Ordering::Relaxed) < 1_000_000 || swaps <= 1000)
            && !raw.is_finished()
            && !through_data.is_finished()
        {
            if seen.len() == 3 {
                let past: [u64; 2] = seen.pop_front().unwrap();
                while now().iter().zip(past).any(|(now, past)| *now == past)
                    && !raw.is_finished()
                    && !through_data.is_finished()
                {
                    thread::yield_now();
                }
            }
            swaps += 1;
            put(swaps);
            seen.push_back(now());
        }
        drop(stop);
    });
    assert!(reads.load(Ordering::Relaxed) >= 1_000_000 && swaps > 1000, "{swaps} swaps");
    set.is_whole();
}

/// Ends the readers, also when the writer panics.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

/// What stands at a path, in words, and how it came there.
type Case<'a> = (&'a str, &'a dyn Fn(&Path));

/// A set in a folder of its own.
struct Set {
    around: TempDir,
    path: PathBuf,
}

impl Set {
    /// In memory where there is such a place: syncing is not what is tested.
    fn new() -> Self {
        let around = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let path = around.path().join("set");
        Self { around, path }
    }

    fn path(&self) -> &Path {
        &self.path
    }

    fn at(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    fn outside(&self, name: &str, text: &str) -> PathBuf {
        let path = self.around.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }

    fn output(&self, name: &str) -> Output {
        Output { set: Some(FOLDER), ..Output::at(self.at(name)) }
    }

    fn write(
        &self,
        files: &[(&Output, &[u8])],
        before: &mut dyn FnMut(SetStep) -> io::Result<()>,
    ) -> Vec<Result<Written, WriteError>> {
        write_set_observed(self.path(), &FOLDER, files, at(), before)
    }

    fn put(&self, files: &[(&str, &str)]) -> Vec<Written> {
        let outputs: Vec<_> = files.iter().map(|(name, _)| self.output(name)).collect();
        let files: Vec<_> = outputs.iter().zip(files).map(|(output, (_, text))| (output, text.as_bytes())).collect();
        self.write(&files, &mut |_| Ok(())).into_iter().map(Result::unwrap).collect()
    }

    fn take(&self, names: &[&str]) -> Vec<Removed> {
        let outputs: Vec<_> = names.iter().map(|name| self.output(name)).collect();
        let outputs: Vec<_> = outputs.iter().collect();
        let done = remove_set_observed(self.path(), &FOLDER, &outputs, &mut |_| Ok(()));
        done.into_iter().map(Result::unwrap).collect()
    }

    /// The current generation's name.
    fn generation(&self) -> Option<String> {
        fs::read_link(self.at("..data")).ok().map(|target| target.into_os_string().into_string().unwrap())
    }

    fn generations(&self) -> Vec<String> {
        let is_generation = |name: &String| name.starts_with("..2") && self.at(name).is_dir();
        self.names().into_iter().filter(is_generation).collect()
    }

    /// Sorted; empty for a folder that is not there.
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path()).into_iter().flatten();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn but_the_lock(&self) -> Vec<String> {
        self.names().into_iter().filter(|name| name != tokenwell::output::LOCK_FILE).collect()
    }

    /// What readers find under plain names.
    fn texts(&self) -> Vec<(String, String)> {
        let names = self.names().into_iter().filter(|name| !name.starts_with('.'));
        names.map(|name| (name.clone(), fs::read_to_string(self.at(&name)).unwrap())).collect()
    }

    /// Every file of the current generation has its link and the other way round; and nothing is left of any write.
    fn is_whole(&self) {
        let generation: BTreeMap<_, _> = fs::read_dir(self.at("..data"))
            .unwrap()
            .map(|entry| (entry.as_ref().unwrap().file_name(), entry.unwrap().file_type().unwrap()))
            .collect();
        for (name, kind) in &generation {
            assert!(kind.is_file(), "{}", name.display());
            assert_eq!(fs::read_link(self.path().join(name)).unwrap(), Path::new("..data").join(name));
        }
        for name in self.but_the_lock().iter().filter(|name| !name.starts_with("..")) {
            assert!(generation.contains_key(std::ffi::OsStr::new(name)), "{name}");
        }
        let internal = self.names().into_iter().filter(|name| name.starts_with("..")).count();
        assert_eq!(internal, self.generations().len() + 1, "{:?}", self.names());
        assert!(self.generations().len() <= 5, "{:?}", self.names());
    }
}

fn texts(texts: &[(&str, &str)]) -> Vec<(String, String)> {
    texts.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

fn session(token: &str) -> Session {
    Session {
        jwt: Secret::new(token.to_owned()),
        grant: Grant { lifetime: Duration::from_secs(600), refresh_after: None },
        claims: Claims::default(),
    }
}

fn content(session: &Session) -> Content<'_> {
    let times = Times { issued_at: at(), expires_at: at(), renew_at: at() };
    Content { session, credential: "billing", project: "P2abc", times }
}

/// 2026-11-23 15:22:01.
fn at() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_795_447_321)
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

/// Runs one test of this file in a process of its own, after some setting of the shell.
fn in_child(setting: &str, test: &str, folder: &Path) -> Ended {
    Command::new("sh")
        .args(["-c", &format!("{setting}; exec \"$0\" \"$@\"")])
        .arg(env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture", test])
        .env("FOLDER", folder)
        .output()
        .unwrap()
}

/// A child that finds no test of that name succeeds, too.
fn passed(ended: &Ended) -> bool {
    ended.status.success() && String::from_utf8_lossy(&ended.stdout).contains(" 1 passed;")
}

fn child_folder() -> Option<PathBuf> {
    env::var_os("FOLDER").map(PathBuf::from)
}

const FOLDER: SetFolder = SetFolder { mode: 0o750, group: None };
