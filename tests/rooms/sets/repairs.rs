//! Sets that another process changed, and their repair.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
};

use rustix::io::Errno;

use tokenwell::output::file::{Locks, SetStep, Written, remove_set_observed, sweep};

use crate::folder::{Case, FOLDER, Set, texts};

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
        // The next write to the set detects that the link is dangling.
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
    // A write of another credential repairs it too.
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
    let table: [Case; 7] = [
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
fn an_obstacle_to_a_link_is_reported_for_its_file_only() {
    let table: [Case; 4] = [
        ("a folder", &|path| fs::create_dir(path).unwrap()),
        ("a named pipe (FIFO)", &|path| nix::unistd::mkfifo(path, nix::sys::stat::Mode::S_IRWXU).unwrap()),
        ("in `/dev`, a folder of the kernel", &|path| symlink("/dev/null", path).unwrap()),
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
}

#[test]
fn what_is_no_file_or_link_stays_in_the_place_of_the_data_link() {
    let table: [Case; 3] = [
        ("a folder", &|path| fs::create_dir(path).unwrap()),
        ("a named pipe (FIFO)", &|path| nix::unistd::mkfifo(path, nix::sys::stat::Mode::S_IRWXU).unwrap()),
        ("a socket", &|path| drop(std::os::unix::net::UnixListener::bind(path).unwrap())),
    ];
    for (what, make) in table {
        let set = Set::new();
        fs::create_dir(set.path()).unwrap();
        make(&set.at("..data"));
        let a = set.output("a");
        let error = set.write(&[(&a, b"one")], &mut |_| Ok(())).remove(0).unwrap_err().to_string();
        assert!(error.contains(&format!("..data`: it is {what}; remove it")), "{error}");
        assert_eq!(set.names(), ["..data"]);
        // It also stays if it comes as late as possible.
        let set = Set::new();
        fs::create_dir(set.path()).unwrap();
        let a = set.output("a");
        let mut comes_late = |step| {
            if step == SetStep::Swap {
                make(&set.at("..data"));
            }
            Ok(())
        };
        let error = set.write(&[(&a, b"one")], &mut comes_late).remove(0).unwrap_err().to_string();
        assert!(error.contains(&format!("..data`: it is {what}; remove it")), "{error}");
        assert_eq!(set.names(), ["..data"], "{what}");
    }
}

#[test]
fn leftovers_of_a_crash_do_not_stop_a_write() {
    // The kubelet's own writer fails forever on a leftover `..data_tmp`.
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
