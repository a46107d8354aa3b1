//! Several credentials in one set, files that join and leave it, and leftovers of an earlier process.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread,
};

use tokenwell::output::{
    self, Format, Output, ProtectedKeys, Target, Template,
    file::{FileTarget, Locks, Removed, WriteError, Written, write},
};

use crate::folder::{Set, Stop, content, outputs, publish, session, texts, withdraw};

#[test]
fn answers_keep_the_order_of_the_outputs() {
    let (set, plain, locks) = (Set::new(), tempfile::tempdir().unwrap(), Locks::default());
    let outputs = [set.output("a"), FileTarget::at(plain.path().join("p")), set.output("b")];
    fs::create_dir(plain.path().join("folder")).unwrap();
    let session = session("token");
    let done = publish(&outputs, &content(&session), &locks);
    assert!(done.into_iter().all(|done| done.unwrap() == Written::Written));
    assert_eq!(set.generations().len(), 1);
    fs::remove_file(&outputs[1].path).unwrap();
    let done: Vec<_> = publish(&outputs, &content(&session), &locks).into_iter().map(Result::unwrap).collect();
    assert_eq!(done, [Written::Unchanged, Written::Written, Written::Unchanged]);
    let odd = [outputs[0].clone(), FileTarget::at(plain.path().join("folder")), outputs[2].clone()];
    let done = publish(&odd, &content(&session), &locks);
    assert!(done[0].is_ok() && done[1].is_err() && done[2].is_ok());
    let done: Vec<_> = withdraw(&outputs, &locks).into_iter().map(Result::unwrap).collect();
    assert_eq!(done, [Removed::Removed; 3]);
    let done: Vec<_> = withdraw(&outputs, &locks).into_iter().map(Result::unwrap).collect();
    assert_eq!(done, [Removed::Missing; 3]);
}

#[test]
fn concurrent_writes_keep_each_others_files() {
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
    let plain = [FileTarget::at(set.at("a"))];
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
            // The reader makes progress before each round, even on one processor.
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
        let outputs = outputs(&output);
        let is_there = output::find(&outputs, session.jwt.fingerprint()).is_some();
        (is_there, outputs.iter().all(|output| output.is_intact(&content(&session), None)))
    };
    assert_eq!(found(), (false, false));
    write(&FileTarget { set: None, ..output[0].clone() }, b"head.body.stamp").unwrap();
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
    let outputs = [Output { format, target: Target::File(set.output("a")) }, good.into()];
    let session = session("e30.e30.c2ln");
    let [bad, written] =
        <[_; 2]>::try_from(output::publish(&outputs, &[], &content(&session), &locks, &ProtectedKeys::default()))
            .unwrap();
    assert!(matches!(bad, Err(WriteError::Unrendered { .. })), "{bad:?}");
    assert_eq!(written.unwrap().written, Written::Written);
    assert_eq!(fs::read_to_string(set.at("b")).unwrap(), "e30.e30.c2ln");
    assert!(!set.at("a").exists());
}
