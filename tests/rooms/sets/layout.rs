//! The layout on disk: generations, links, contents, modes, and removals.

use std::{fs, os::unix::fs::MetadataExt, path::Path};

use tokenwell::output::file::{FileTarget, Removed, SetStep, Written};

use crate::folder::{Set, mode, texts};

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
    // The table comes from the kubelet's `TestWriteOnce`, without its nested paths.
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
    let outputs: Vec<_> = table.iter().map(|(name, mode, _)| FileTarget { mode: *mode, ..set.output(name) }).collect();
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
    // The cases come from the kubelet's `TestMultipleUpdates`.
    let set = Set::new();
    set.put(&[("other", "x")]);
    for wanted in [0o644, 0o400, 0o600, 0o640] {
        let output = FileTarget { mode: wanted, ..set.output("a") };
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
