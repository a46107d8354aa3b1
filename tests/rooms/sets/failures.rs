//! Failures and crashes at every step of a write.

use std::{env, fs, os::unix::process::ExitStatusExt};

use rustix::io::Errno;

use tokenwell::output::file::{FileTarget, Locks, SetStep, WriteError, Written, sweep, write_set_observed};

use crate::folder::{FOLDER, Set, at, child_folder, in_child, texts};

#[test]
fn a_step_that_fails_leaves_a_whole_generation() {
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
                    // The link to `mine` already exists, except in the first write.
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
fn a_crash_before_any_step_leaves_a_whole_generation() {
    for is_first in [true, false] {
        for (number, step) in SetStep::ALL.into_iter().enumerate() {
            let set = Set::new();
            if !is_first {
                set.put(&[("mine", "old"), ("other", "kept")]);
            }
            let before = set.names();
            let ended = in_child(&format!("CRASH_AT={number}; export CRASH_AT"), "failures::child_crashes", set.path());
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
                assert_eq!(set.names(), before, "{step:?}, first: {is_first}");
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
#[ignore = "the child of `a_crash_before_any_step_leaves_a_whole_generation`"]
fn child_crashes() {
    let Some(folder) = child_folder() else { return };
    let crash_at = SetStep::ALL[env::var("CRASH_AT").unwrap().parse::<usize>().unwrap()];
    let output = FileTarget { set: Some(FOLDER), ..FileTarget::at(folder.join("mine")) };
    write_set_observed(&folder, &FOLDER, &[(&output, b"new")], at(), &mut |step| {
        if step == crash_at {
            nix::sys::signal::kill(nix::unistd::getpid(), nix::sys::signal::SIGKILL).unwrap();
        }
        let copies = crash_at == SetStep::CopyOver && step == SetStep::CarryOver;
        if copies { Err(Errno::XDEV.into()) } else { Ok(()) }
    });
}
