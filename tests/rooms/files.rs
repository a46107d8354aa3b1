//! Sessions in real files, as seen by a reader, after a crash, and on a full disk.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

use std::{
    collections::BTreeSet,
    env, fs, io,
    os::unix::{
        fs::{MetadataExt, PermissionsExt, symlink},
        process::ExitStatusExt,
    },
    path::{Path, PathBuf},
    process::{Command, Output as Ended},
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
    thread::{self, ScopedJoinHandle},
};

use tokenwell::output::{
    Output,
    file::{FileTarget, Locks, Removed, Step, WriteError, Written, remove, sweep, write, write_observed},
};

#[path = "../common/skipped.rs"]
mod skipped;

#[test]
fn the_file_holds_exactly_the_tokens_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let output = output(&folder.path().join("token"));
    assert_eq!(write(&output, b"head.body.stamp").unwrap().written, Written::Written);
    assert_eq!(fs::read(&output.path).unwrap(), b"head.body.stamp");
    assert_eq!(mode(&output.path), 0o640);
    assert_eq!(names(folder.path()), ["token"]);
}

#[test]
fn a_file_that_is_as_wanted_is_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let output = output(&folder.path().join("token"));
    // The long tokens exceed the block size of the comparison.
    for token in ["short", &"x".repeat(4096), &"x".repeat(10_000)] {
        assert_eq!(write(&output, token.as_bytes()).unwrap().written, Written::Written);
        let before = identity(&output.path);
        let mut reached = Vec::new();
        let written = write_observed(&output, token.as_bytes(), &mut |step| {
            reached.push(step);
            Ok(())
        });
        assert_eq!(written.unwrap().written, Written::Unchanged);
        assert_eq!(reached, [Step::Look]);
        assert_eq!(identity(&output.path), before);
    }
}

#[test]
fn a_file_that_drifted_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let output = output(&folder.path().join("token"));
    let path = &output.path;
    let drifts: [&dyn Fn(); 6] = [
        &|| fs::write(path, "").unwrap(),
        &|| fs::write(path, "head.body.sea").unwrap(),
        &|| fs::write(path, "head.body.stamp\n").unwrap(),
        &|| fs::write(path, "head.body.SEAL").unwrap(),
        &|| fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap(),
        &|| fs::set_permissions(path, fs::Permissions::from_mode(0o4640)).unwrap(),
    ];
    for drift in drifts {
        write(&output, b"head.body.stamp").unwrap();
        drift();
        assert_eq!(write(&output, b"head.body.stamp").unwrap().written, Written::Written);
        assert_eq!(fs::read(path).unwrap(), b"head.body.stamp");
        assert_eq!(fs::symlink_metadata(path).unwrap().mode() & 0o7777, 0o640);
    }
}

#[test]
fn owner_and_group_are_set_where_they_differ() {
    let folder = tempfile::tempdir().unwrap();
    let (uid, gid) = (nix::unistd::geteuid().as_raw(), nix::unistd::getegid().as_raw());
    let mut output = output(&folder.path().join("token"));
    (output.owner, output.group) = (Some(uid), Some(gid));
    assert_eq!(write(&output, b"one").unwrap().written, Written::Written);
    assert_eq!(write(&output, b"one").unwrap().written, Written::Unchanged);

    (output.owner, output.group) = (Some(uid + 4321), Some(gid + 1234));
    let given_away = write(&output, b"one");
    if uid == 0 {
        assert_eq!(given_away.unwrap().written, Written::Written);
        let found = fs::metadata(&output.path).unwrap();
        assert_eq!((found.uid(), found.gid(), mode(&output.path)), (4321, 1234, 0o640));
        assert_eq!(write(&output, b"one").unwrap().written, Written::Unchanged);
    } else {
        assert!(matches!(given_away, Err(WriteError::Failed { step: Step::SetOwner, .. })));
        assert_eq!(names(folder.path()), ["token"]);
    }
}

#[test]
fn missing_folders_are_made_0750_and_standing_ones_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o705)).unwrap();
    let output = output(&folder.path().join("a/b/c/token"));
    write(&output, b"one").unwrap();
    for made in ["a", "a/b", "a/b/c"] {
        assert_eq!(mode(&folder.path().join(made)), 0o750, "{made}");
    }
    assert_eq!(mode(folder.path()), 0o705);
}

#[test]
fn a_new_folder_keeps_the_group_of_its_volume() {
    // This is the root of a volume with `fsGroup`, as in Kubernetes.
    let volume = tempfile::tempdir().unwrap();
    let is_root = nix::unistd::geteuid().is_root();
    let group = if is_root { 4321 } else { nix::unistd::getegid().as_raw() };
    std::os::unix::fs::chown(volume.path(), None, Some(group)).unwrap();
    fs::set_permissions(volume.path(), fs::Permissions::from_mode(0o2775)).unwrap();
    let output = output(&volume.path().join("a/b/token"));
    write(&output, b"one").unwrap();
    for made in ["a", "a/b"] {
        let found = fs::metadata(volume.path().join(made)).unwrap();
        assert_eq!((found.mode() & 0o7777, found.gid()), (0o2750, group), "{made}");
    }
    assert_eq!(fs::metadata(&output.path).unwrap().gid(), group);
}

#[test]
fn modes_are_those_asked_for_whatever_the_umask() {
    for umask in ["000", "022", "077", "777"] {
        for user in ["", "AS_USER=1; export AS_USER; "] {
            let folder = tempfile::tempdir().unwrap();
            let ended = in_child(&format!("{user}umask {umask}"), "child_writes_each_mode", folder.path());
            assert!(passed(&ended), "umask {umask}: {}", String::from_utf8_lossy(&ended.stdout));
        }
    }
}

#[test]
#[ignore = "the child of `modes_are_those_asked_for_whatever_the_umask`"]
fn child_writes_each_mode() {
    let Some(folder) = child_folder() else { return };
    if env::var_os("AS_USER").is_some() && nix::unistd::geteuid().is_root() {
        std::os::unix::fs::chown(&folder, Some(4321), Some(4321)).unwrap();
        nix::unistd::setgid(4321.into()).unwrap();
        nix::unistd::setuid(4321.into()).unwrap();
    }
    for wanted in [0o400, 0o600, 0o640, 0o644, 0o660, 0o666, 0o777] {
        let mut output = output(&folder.join(format!("token{wanted:o}")));
        output.mode = wanted;
        write(&output, b"one").unwrap();
        assert_eq!(mode(&output.path), wanted);
    }
    write(&output(&folder.join("a/b/token")), b"one").unwrap();
    assert_eq!((mode(&folder.join("a")), mode(&folder.join("a/b"))), (0o750, 0o750));
}

#[test]
fn a_link_is_replaced_and_what_it_leads_to_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (link, elsewhere) = (folder.path().join("token"), folder.path().join("elsewhere"));
    fs::write(&elsewhere, "precious").unwrap();
    for leads_to in ["elsewhere", "nowhere", "token"] {
        let _ = fs::remove_file(&link);
        symlink(leads_to, &link).unwrap();
        assert_eq!(write(&output(&link), b"one").unwrap().written, Written::Written, "{leads_to}");
        assert!(fs::symlink_metadata(&link).unwrap().is_file());
        assert_eq!(fs::read(&elsewhere).unwrap(), b"precious");
    }
    // A link to a file with the same token is replaced by a file.
    fs::write(&elsewhere, "one").unwrap();
    fs::set_permissions(&elsewhere, fs::Permissions::from_mode(0o640)).unwrap();
    fs::remove_file(&link).unwrap();
    symlink("elsewhere", &link).unwrap();
    assert_eq!(write(&output(&link), b"one").unwrap().written, Written::Written);
}

#[test]
fn what_is_no_file_is_refused_at_once_and_left_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("folder")).unwrap();
    nix::unistd::mkfifo(&at("pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
    symlink("pipe", at("link-to-pipe")).unwrap();
    symlink("/dev/null", at("device")).unwrap();
    symlink("folder", at("link")).unwrap();
    symlink("/proc/self", at("kernel")).unwrap();
    let before = names(folder.path());
    let kinds = [
        ("folder", "it is a folder"),
        ("pipe", "it is a named pipe (FIFO)"),
        ("socket", "it is a socket"),
        ("link-to-pipe", "it is a named pipe (FIFO)"),
        ("device", "it is in `/dev`, a folder of the kernel; name a file in another folder"),
        ("link", "it is a folder"),
        ("kernel/fd/1", "it is in `/proc`, a folder of the kernel"),
        ("kernel/new/token", "`tokenwell token NAME` prints a token"),
    ];
    for (name, why) in kinds {
        let error = write(&output(&at(name)), b"one").unwrap_err();
        assert!(matches!(error, WriteError::Unfit { .. }), "{error}");
        let text = error.to_string();
        assert!(text.contains(why) && text.contains(&format!("`{}`", at(name).display())), "{text}");
    }
    assert_eq!(names(folder.path()), before);
    assert!(fs::symlink_metadata(at("device")).unwrap().is_symlink());
}

#[test]
fn what_comes_during_a_write_is_not_replaced_either() {
    type Make = fn(&Path);
    let table: [(&str, Make); 4] = [
        ("a folder", |path| fs::create_dir(path).unwrap()),
        ("a named pipe (FIFO)", |path| nix::unistd::mkfifo(path, nix::sys::stat::Mode::S_IRWXU).unwrap()),
        ("a socket", |path| drop(std::os::unix::net::UnixListener::bind(path).unwrap())),
        ("in `/proc`, a folder of the kernel", |path| symlink("/proc/self/fd/1", path).unwrap()),
    ];
    for (what, make) in table {
        let folder = tempfile::tempdir().unwrap();
        let output = output(&folder.path().join("token"));
        write(&output, b"old").unwrap();
        let mut replaced_by_another = |step| {
            if step == Step::Rename {
                fs::remove_file(&output.path).unwrap();
                make(&output.path);
            }
            Ok(())
        };
        let error = write_observed(&output, b"one", &mut replaced_by_another).unwrap_err();
        assert!(error.to_string().contains(&format!("it is {what}; ")), "{error}");
        assert_eq!(names(folder.path()), ["token"], "no temporary file is left");
        assert!(!fs::symlink_metadata(&output.path).unwrap().is_file(), "{what}");
    }
}

#[test]
fn a_device_is_never_replaced_or_removed() {
    let folder = tempfile::tempdir().unwrap();
    let device = folder.path().join("null");
    // The device number of `/dev/null`.
    let (kind, number) = (nix::sys::stat::SFlag::S_IFCHR, nix::sys::stat::makedev(1, 3));
    if nix::sys::stat::mknod(&device, kind, nix::sys::stat::Mode::S_IRWXU, number).is_err() {
        return skipped::on_this_machine("only root may make a device, and not in every container");
    }
    let output = output(&device);
    for text in [write(&output, b"one").unwrap_err().to_string(), remove(&output).unwrap_err().to_string()] {
        assert!(text.contains("it is a device"), "{text}");
    }
    assert_eq!(names(folder.path()), ["null"]);
    assert!(!fs::symlink_metadata(&device).unwrap().is_file());
}

#[test]
fn nothing_is_made_in_a_folder_of_the_kernel() {
    let folder = tempfile::tempdir().unwrap();
    symlink("/proc/self", folder.path().join("alias")).unwrap();
    let through = output(&folder.path().join("alias/new/token"));
    assert!(matches!(write(&through, b"one"), Err(WriteError::Unfit { .. })));
    let error = Output::from(through).prepare().unwrap_err().to_string();
    assert_eq!(error, "it is in `/proc`, a folder of the kernel");
}

#[test]
fn paths_that_cannot_work_are_named_with_the_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("file"), "").unwrap();
    symlink("nowhere", at("dangling")).unwrap();
    symlink("circle", at("circle")).unwrap();
    let before = names(folder.path());
    let table = [
        (at("file/token"), Step::MakeFolders, "file where a folder is needed"),
        (at("file/a/token"), Step::MakeFolders, "file where a folder is needed"),
        (at("dangling/token"), Step::MakeFolders, "leads nowhere"),
        (at("circle/token"), Step::MakeFolders, "in a circle"),
        (at(&"n".repeat(238)), Step::CreateTemporary, "at most 237 bytes"),
        (at(&"n".repeat(256)).join("token"), Step::MakeFolders, "shorter name"),
        (PathBuf::from("/"), Step::Look, "names no file"),
    ];
    for (path, step, why) in table {
        let error = write(&output(&path), b"one").unwrap_err();
        let text = error.to_string();
        assert!(matches!(error, WriteError::Failed { step: failed, .. } if failed == step), "{text}");
        assert!(text.contains(why), "{text}");
    }
    assert_eq!(names(folder.path()), before);
    write(&output(&at(&"n".repeat(236))), b"one").unwrap();
}

#[test]
fn a_step_that_fails_leaves_the_old_token_and_no_litter() {
    let folder = tempfile::tempdir().unwrap();
    let output = output(&folder.path().join("made/token"));
    for old in [None, Some("old")] {
        for failing in Step::ALL {
            let _ = fs::remove_dir_all(folder.path().join("made"));
            if let Some(old) = old {
                write(&output, old.as_bytes()).unwrap();
            }
            let written = write_observed(&output, b"new", &mut |step| {
                if step == failing { Err(rustix::io::Errno::NOSPC.into()) } else { Ok(()) }
            });
            if failing == Step::SyncFolder {
                // The rename has happened, so readers see the new token.
                assert_eq!(written.unwrap().written, Written::Written);
                assert_eq!(fs::read_to_string(&output.path).unwrap(), "new");
                continue;
            }
            let error = written.unwrap_err();
            assert!(matches!(error, WriteError::Failed { step, .. } if step == failing), "{error}");
            assert!(error.to_string().contains("no space left on device; free space"), "{error}");
            assert_eq!(fs::read_to_string(&output.path).ok().as_deref(), old, "{failing:?}");
            let left = names(output.path.parent().unwrap());
            assert_eq!(left, old.map_or(vec![], |_| vec!["token"]), "{failing:?}");
        }
    }
}

#[test]
fn a_disk_that_fills_up_mid_write_leaves_the_old_token() {
    let folder = tempfile::tempdir().unwrap();
    write(&output(&folder.path().join("token")), b"old").unwrap();
    // `ulimit -f` counts in blocks of 512 bytes or more. The write is truncated first, and then fails.
    let ended = in_child("trap '' XFSZ; ulimit -f 1", "child_writes_too_much", folder.path());
    assert!(passed(&ended), "{}", String::from_utf8_lossy(&ended.stdout));
    assert_eq!(fs::read_to_string(folder.path().join("token")).unwrap(), "old");
    assert_eq!(names(folder.path()), ["token"]);
}

#[test]
#[ignore = "the child of `a_disk_that_fills_up_mid_write_leaves_the_old_token`"]
fn child_writes_too_much() {
    let Some(folder) = child_folder() else { return };
    let error = write(&output(&folder.join("token")), "x".repeat(100_000).as_bytes()).unwrap_err();
    assert!(matches!(error, WriteError::Failed { step: Step::WriteContent, .. }), "{error}");
    assert!(error.to_string().contains("LimitFSIZE="), "{error}");
}

#[test]
fn a_crash_before_any_step_leaves_a_whole_token() {
    for old in [None, Some("old")] {
        for (number, step) in Step::ALL.into_iter().enumerate() {
            let folder = tempfile::tempdir().unwrap();
            let output = output(&folder.path().join("made/token"));
            if let Some(old) = old {
                write(&output, old.as_bytes()).unwrap();
            }
            let ended = in_child(&format!("CRASH_AT={number}; export CRASH_AT"), "child_crashes", folder.path());
            assert_eq!(ended.status.signal(), Some(9), "the child was meant to be killed before {step:?}");

            let found = fs::read_to_string(&output.path).ok();
            let expected = if step == Step::SyncFolder { Some("new") } else { old };
            assert_eq!(found.as_deref(), expected, "{step:?}");
            let in_between = step > Step::CreateTemporary && step < Step::SyncFolder;
            let swept = sweep([&output], &Locks::default());
            assert_eq!((swept.removed, swept.failed.len()), (usize::from(in_between), 0), "{step:?}");
            let left = names(output.path.parent().unwrap());
            assert_eq!(left, expected.map_or(vec![], |_| vec!["token"]), "{step:?}");
            assert_eq!(write(&output, b"later").unwrap().written, Written::Written);
        }
    }
}

#[test]
#[ignore = "the child of `a_crash_before_any_step_leaves_a_whole_token`"]
fn child_crashes() {
    let Some(folder) = child_folder() else { return };
    let crash_at = Step::ALL[env::var("CRASH_AT").unwrap().parse::<usize>().unwrap()];
    let _ = write_observed(&output(&folder.join("made/token")), b"new", &mut |step| {
        if step == crash_at {
            nix::sys::signal::kill(nix::unistd::getpid(), nix::sys::signal::SIGKILL).unwrap();
        }
        Ok(())
    });
}

#[test]
fn until_it_is_whole_a_temporary_file_is_for_its_writer_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut output = output(&folder.path().join("token"));
    output.mode = 0o644;
    let mut seen = Vec::new();
    write_observed(&output, b"one", &mut |step| {
        for name in names(folder.path()) {
            let path = folder.path().join(&name);
            seen.push((step, mode(&path), fs::read_to_string(path).unwrap()));
        }
        Ok(())
    })
    .unwrap();
    let expected = [
        (Step::WriteContent, 0o600, ""),
        (Step::SetOwner, 0o600, "one"),
        (Step::SetMode, 0o600, "one"),
        (Step::SyncFile, 0o644, "one"),
        (Step::Rename, 0o644, "one"),
        (Step::SyncFolder, 0o644, "one"),
    ];
    assert_eq!(seen, expected.map(|(step, mode, text)| (step, mode, text.to_owned())));
}

#[test]
fn a_sweep_removes_its_outputs_orphans_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let orphans = ["..a.Xy12zZ.tokenwell", "..a.000000.tokenwell"];
    let foreign = [
        "a",
        "a.b",
        ".a",
        "..a.tokenwell",
        "..a.b.Xy12zZ.tokenwell",
        "..b.Xy12zZ.tokenwell",
        "..a.Xy12z.tokenwell",
        "..a.Xy12zZ7.tokenwell",
        "..a.Xy12z!.tokenwell",
        "..a.Xy12zZ.tokenwell.bak",
        "...a.Xy12zZ.tokenwell",
        "a.Xy12zZ.tokenwell",
        "aXy12zZ.tokenwell",
    ];
    for name in orphans.iter().chain(&foreign) {
        fs::write(at(name), "x").unwrap();
    }
    fs::create_dir(at("..a.folder.tokenwell")).unwrap();
    symlink("a", at("..a.linked.tokenwell")).unwrap();
    nix::unistd::mkfifo(&at("..a.piping.tokenwell"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let others = ["..a.folder.tokenwell", "..a.linked.tokenwell", "..a.piping.tokenwell"];

    let swept = sweep([&output(&at("a"))], &Locks::default());
    assert_eq!((swept.removed, swept.failed.len()), (2, 0));
    let left: BTreeSet<_> = names(folder.path()).into_iter().collect();
    assert_eq!(left, foreign.iter().chain(&others).map(|name| (*name).to_owned()).collect());

    // One scan of the folder covers both outputs.
    let swept = sweep(&[output(&at("a")), output(&at("a.b"))], &Locks::default());
    assert_eq!(swept.removed, 1);
    assert!(!at("..a.b.Xy12zZ.tokenwell").exists() && at("..b.Xy12zZ.tokenwell").exists());
}

#[test]
fn a_sweep_leaves_the_temporary_file_of_a_living_writer() {
    let folder = tempfile::tempdir().unwrap();
    let output = output(&folder.path().join("token"));
    write_observed(&output, b"one", &mut |step| {
        if step == Step::Rename {
            assert_eq!(sweep([&output], &Locks::default()).removed, 0);
        }
        Ok(())
    })
    .unwrap();
    assert_eq!(fs::read_to_string(&output.path).unwrap(), "one");
}

#[test]
fn a_sweep_of_a_missing_folder_does_nothing() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    let swept = sweep(
        &[output(&folder.path().join("none/token")), output(&folder.path().join("file/token"))],
        &Locks::default(),
    );
    assert_eq!((swept.removed, swept.failed.len()), (0, 1));
    assert!(swept.failed[0].to_string().contains("file where a folder is needed"), "{}", swept.failed[0]);
}

#[test]
fn a_removal_takes_a_file_or_link_or_finds_none() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let token = output(&at("token"));
    write(&token, b"one").unwrap();
    assert_eq!(remove(&token).unwrap(), Removed::Removed);
    assert_eq!(remove(&token).unwrap(), Removed::Missing);
    assert_eq!(remove(&output(&at("none/token"))).unwrap(), Removed::Missing);

    fs::write(at("elsewhere"), "precious").unwrap();
    symlink("elsewhere", at("token")).unwrap();
    assert_eq!(remove(&token).unwrap(), Removed::Removed);
    assert_eq!(names(folder.path()), ["elsewhere"]);

    nix::unistd::mkfifo(&at("token"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    assert!(
        remove(&token).unwrap_err().to_string().contains("it is a named pipe (FIFO); tokenwell removes files only")
    );
    assert!(at("token").exists());
}

#[test]
fn readers_see_whole_tokens_during_1000_rotations() {
    let folder = tempfile::tempdir().unwrap();
    let output = output(&folder.path().join("token"));
    // The lengths differ, so a mixture of two tokens is detected.
    let token = |number: u32| format!("{number}.{}.{number}", "x".repeat(1000 + number as usize * 7));
    write(&output, token(0).as_bytes()).unwrap();
    let (written, reads, done) = (AtomicU32::new(0), AtomicU32::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        let readers = [(); 2].map(|()| {
            scope.spawn(|| {
                let mut last = 0;
                while !done.load(Ordering::Acquire) {
                    let oldest = written.load(Ordering::Acquire);
                    let mut file = fs::File::open(&output.path).expect("there is a token at any instant");
                    assert_eq!(file.metadata().unwrap().mode() & 0o7777, 0o640);
                    let text = io::read_to_string(&mut file).unwrap();
                    let number: u32 = text.split('.').next().unwrap().parse().expect("no token is empty");
                    assert!(text == token(number), "a torn token of {} bytes", text.len());
                    assert!(number >= oldest && number >= last, "an older token came back");
                    last = number;
                    reads.fetch_add(1, Ordering::Relaxed);
                }
            })
        });
        // There are as many reads as writes, even on one processor.
        let is_enough = |number| number > 1000 && reads.load(Ordering::Relaxed) > 1000;
        for number in
            (1..).take_while(|number| !is_enough(*number) && !readers.iter().any(ScopedJoinHandle::is_finished))
        {
            write(&output, token(number).as_bytes()).unwrap();
            written.store(number, Ordering::Release);
        }
        done.store(true, Ordering::Release);
    });
    assert!(reads.load(Ordering::Relaxed) > 1000);
    assert_eq!(names(folder.path()), ["token"]);
}

#[test]
fn writers_share_one_missing_folder() {
    for _ in 0..50 {
        let folder = tempfile::tempdir().unwrap();
        thread::scope(|scope| {
            for number in 0..8 {
                let path = folder.path().join(format!("a/b/c/{number}"));
                scope.spawn(move || write(&output(&path), b"one").unwrap());
            }
        });
        assert_eq!(names(&folder.path().join("a/b/c")).len(), 8);
    }
}

fn output(path: &Path) -> FileTarget {
    FileTarget::at(path.to_owned())
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().mode() & 0o7777
}

fn identity(path: &Path) -> (u64, i64, i64) {
    let found = fs::symlink_metadata(path).unwrap();
    (found.ino(), found.ctime(), found.ctime_nsec())
}

/// Returns the sorted names; empty if the folder is missing.
fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Runs one test of this file in its own process, after shell settings such as umask and limits, which apply to a whole
/// process.
fn in_child(setting: &str, test: &str, folder: &Path) -> Ended {
    Command::new("sh")
        .args(["-c", &format!("{setting}; exec \"$0\" \"$@\"")])
        .arg(env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture", test])
        .env("FOLDER", folder)
        .output()
        .unwrap()
}

/// Returns whether the test ran and passed. A child that finds no test with that name also exits with success.
fn passed(ended: &Ended) -> bool {
    ended.status.success() && String::from_utf8_lossy(&ended.stdout).contains(" 1 passed;")
}

fn child_folder() -> Option<PathBuf> {
    env::var_os("FOLDER").map(PathBuf::from)
}
