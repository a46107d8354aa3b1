//! One process per output, tested with real processes that compete for the same files.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

#[path = "../common/fuse_mount/mod.rs"]
mod fuse_mount;
#[path = "../common/skipped.rs"]
mod skipped;

use std::{
    env, fs,
    io::{BufRead as _, BufReader, Lines, Write as _},
    os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    slice::from_ref,
    time::{Duration, UNIX_EPOCH},
};

use tempfile::TempDir;
use tokenwell::{
    clock::now,
    output::{
        Content, FileTarget, LOCK_FILE, Locks, Output, ProtectedKeys, SetFolder, WriteError, Written, publish, sweep,
        tidy, withdraw,
    },
    renewal::Grant,
    secret::Secret,
    session::{Claims, ReplyFields, Session, Times},
};

use fuse_mount::{Attributes, FuseMount};

#[test]
fn a_second_process_names_the_first_and_takes_over() {
    let folder = folder();
    let output = Output::at(folder.path().join("billing.jwt"));
    let other = Other::claims(&[&output]);
    let locks = Locks::default();
    let held = output.claim(&locks).unwrap_err().to_string();
    let (path, process) = (output.name(), other.child.id());
    // The kernel keeps only 15 bytes of a program's name.
    let program = fs::read_to_string(format!("/proc/{process}/comm")).unwrap();
    let program = program.trim_end();
    let wanted = format!(
        "`{path}` is written by another tokenwell: process {process} (`{program}`); stop it, or give this one another path"
    );
    assert_eq!(held, wanted);

    let outputs = [output];
    let error = put(&outputs, &locks).remove(0).unwrap_err();
    assert!(matches!(error, WriteError::Held(_)), "{error}");
    let error = withdraw(&outputs, &locks, &ProtectedKeys::default()).remove(0).unwrap_err().to_string();
    assert!(error.ends_with(&wanted), "{error}");
    assert!(!outputs[0].file().unwrap().exists());

    drop(other);
    assert_eq!(put(&outputs, &locks).remove(0).unwrap(), Written::Written);
    let other = Other::claims(&[&outputs[0]]);
    assert!(other.said.contains(&format!("process {}", std::process::id())), "{}", other.said);
}

#[test]
fn processes_with_different_outputs_share_a_folder() {
    let folder = folder();
    let output = |name: &str| Output::at(folder.path().join(name));
    let other = Other::claims(&[&output("a"), &output("b")]);
    assert_eq!(other.said, "claimed");
    let locks = Locks::default();
    for name in ["c", "d"] {
        put(&[output(name)], &locks).remove(0).unwrap();
    }
    assert!(output("b").claim(&locks).is_err());
}

#[test]
fn a_set_is_one_process_whatever_its_files() {
    let folder = folder();
    let (in_set, plain) = (set_output(folder.path(), "a"), Output::at(folder.path().join("z")));
    let locks = Locks::default();
    put(from_ref(&in_set), &locks).remove(0).unwrap();
    put(from_ref(&in_set), &locks).remove(0).unwrap();
    for wanted in [set_output(folder.path(), "b"), plain.clone()] {
        assert!(Other::claims(&[&wanted]).said.contains(&format!("process {}", std::process::id())));
    }
    in_set.release(&locks);
    let other = Other::claims(&[&set_output(folder.path(), "b")]);
    let held = in_set.claim(&locks).unwrap_err().to_string();
    assert!(held.starts_with(&format!("set `{}` is written by another", folder.path().display())), "{held}");
    assert!(held.ends_with("give this one another folder"), "{held}");
    assert!(plain.claim(&locks).is_err());

    // The files of the other process are not swept.
    let litter = folder.path().join("..2026_11_23_15_22_01.abcdefgh");
    fs::create_dir(&litter).unwrap();
    assert_eq!((sweep([&in_set], &locks).removed, tidy([(&in_set, 0)], &locks).removed), (0, 0));
    drop(other);
    assert_eq!(sweep([&in_set], &locks).removed, 1);
    assert!(!litter.exists());
}

#[test]
fn what_is_released_is_free_and_what_is_not_stays_held() {
    let folder = folder();
    let (a, b) = (Output::at(folder.path().join("a")), Output::at(folder.path().join("b")));
    let (first, second) = (set_output(folder.path(), "x"), set_output(folder.path(), "y"));
    let locks = Locks::default();
    let free = |output: &Output| Other::claims(&[output]).said == "claimed";
    for output in [&a, &b, &a] {
        output.claim(&locks).unwrap();
    }
    a.release(&locks);
    assert!(free(&a) && !free(&b));
    for output in [&first, &second] {
        output.claim(&locks).unwrap();
    }
    first.release(&locks);
    assert!(!free(&a) && !free(&first), "the set has another file");
    second.release(&locks);
    assert!(free(&a) && !free(&b), "the lock of the set lay over that of a file");
    b.release(&locks);
    b.release(&locks);
    assert!(free(&b) && free(&first));
    assert_eq!(descriptors(folder.path()), 0);
}

#[test]
fn a_folder_with_two_paths_keeps_its_lock_for_the_other() {
    let (folder, around) = (folder(), folder());
    let alias = around.path().join("alias");
    symlink(folder.path(), &alias).unwrap();
    let (a, b) = (Output::at(folder.path().join("a")), Output::at(alias.join("b")));
    let locks = Locks::default();
    a.claim(&locks).unwrap();
    b.claim(&locks).unwrap();
    b.release(&locks);
    assert_ne!(Other::claims(&[&a]).said, "claimed", "a lock of one path is in force for the other");
    assert_eq!(Other::claims(&[&b]).said, "claimed");
    a.release(&locks);
    assert_eq!(descriptors(folder.path()), 0);
    assert_eq!(Other::claims(&[&a]).said, "claimed");
}

#[test]
fn a_folder_that_was_made_anew_is_locked_anew() {
    let around = folder();
    let folder = around.path().join("folder");
    let outputs = [Output::at(folder.join("a"))];
    let locks = Locks::default();
    put(&outputs, &locks).remove(0).unwrap();
    fs::remove_dir_all(&folder).unwrap();
    assert_eq!(put(&outputs, &locks).remove(0).unwrap(), Written::Written);
    assert_ne!(Other::claims(&[&outputs[0]]).said, "claimed");
    fs::rename(&folder, around.path().join("aside")).unwrap();
    fs::create_dir(&folder).unwrap();
    let other = Other::claims(&[&outputs[0]]);
    assert_eq!(other.said, "claimed");
    assert!(outputs[0].claim(&locks).is_err());
    drop(other);
    outputs[0].claim(&locks).unwrap();
    assert_eq!(descriptors(&folder), 1);
}

#[test]
fn a_claim_leaves_nothing_in_the_folder() {
    let folder = folder();
    let names = || -> Vec<_> { fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect() };
    fs::write(folder.path().join(".tokenwell.lock"), "").unwrap();
    let locks = Locks::default();
    Output::at(folder.path().join("a")).claim(&locks).unwrap();
    locks.claim_state(folder.path()).unwrap().unwrap();
    assert_eq!(names(), [] as [&str; 0], "the lock file of an earlier build is gone too");
    assert_eq!(open_for_writing(folder.path()), 0);
    fs::write(folder.path().join(".tokenwell.lock"), "of a user").unwrap();
    Output::at(folder.path().join("a")).claim(&Locks::default()).unwrap_err();
    assert_eq!(names(), [".tokenwell.lock"]);
}

#[test]
fn of_many_that_claim_at_the_same_time_one_has_it() {
    let folder = folder();
    for wanted in [Output::at(folder.path().join("a")), set_output(folder.path(), "b")] {
        let claimed_by_one = || {
            let mut starting: Vec<_> = (0..8).map(|_| Other::starts(&[&wanted])).collect();
            for other in &mut starting {
                other.go();
            }
            let others: Vec<_> = starting.into_iter().map(Starting::said).collect();
            let claimed = others.iter().filter(|other| other.said == "claimed").count();
            let held = wanted.claim(&Locks::default());
            assert!(claimed <= 1, "{claimed}");
            assert_eq!(held.is_err(), claimed == 1, "{held:?}");
            claimed == 1
        };
        // On a busy machine two may withdraw from each other. They try again later.
        assert!((0..10).any(|_| claimed_by_one()));
    }
}

#[test]
fn a_folder_that_another_program_locks_is_claimed_all_the_same() {
    let folder = folder();
    let opened = fs::File::open(folder.path()).unwrap();
    // As systemd-tmpfiles does while it cleans.
    opened.lock().unwrap();
    let output = Output::at(folder.path().join("a"));
    let other = Other::claims(&[&output]);
    assert_eq!(other.said, "claimed");
    assert!(
        output.claim(&Locks::default()).unwrap_err().to_string().contains(&format!("process {}", other.child.id()))
    );
}

#[test]
fn where_machines_share_the_folder_a_file_in_it_is_locked() {
    for (mode, wanted) in [(0o755, 0o600), (0o770, 0o660), (0o2775, 0o660)] {
        let folder = folder();
        let Some(_mount) = FuseMount::at(folder.path(), Attributes::Stored) else { return };
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode)).unwrap();
        let (a, b) = (Output::at(folder.path().join("a")), Output::at(folder.path().join("b")));
        let locks = Locks::default();
        a.claim(&locks).unwrap();
        let found = fs::symlink_metadata(folder.path().join(LOCK_FILE)).unwrap();
        assert_eq!((found.mode() & 0o7777, found.len()), (wanted, 0), "{mode:o}");
        assert_eq!(found.gid(), fs::metadata(folder.path()).unwrap().gid());
        assert!(Other::claims(&[&a]).said.contains(&format!("process {}", std::process::id())));
        let other = Other::claims(&[&b]);
        assert_eq!(other.said, "claimed");
        assert!(b.claim(&locks).unwrap_err().to_string().contains(&format!("process {}", other.child.id())));
        a.release(&locks);
        assert_eq!(Other::claims(&[&a]).said, "claimed");
        fs::remove_file(folder.path().join(LOCK_FILE)).unwrap();
        b.claim(&locks).unwrap();
        assert_ne!(Other::claims(&[&b]).said, "claimed");
    }
}

#[test]
fn an_invalid_lock_file_is_not_opened_and_not_needed() {
    let (folder, outside) = (folder(), folder());
    let Some(_mount) = FuseMount::at(folder.path(), Attributes::Stored) else { return };
    let lock = folder.path().join(LOCK_FILE);
    let target = outside.path().join("target");
    let table: [&dyn Fn(); 3] =
        [&|| symlink(&target, &lock).unwrap(), &|| symlink("/dev/null", &lock).unwrap(), &|| {
            fs::create_dir(&lock).unwrap();
        }];
    for (n, make) in table.into_iter().enumerate() {
        make();
        let outputs = [Output::at(folder.path().join(n.to_string()))];
        assert_eq!(put(&outputs, &Locks::default()).remove(0).unwrap(), Written::Written);
        fs::remove_file(&lock).or_else(|_| fs::remove_dir(&lock)).unwrap();
    }
    assert!(!target.exists());
}

#[test]
fn what_is_missing_or_the_kernels_is_claimed_without_a_lock() {
    let folder = folder();
    Output::at("/proc/self/token".into()).claim(&Locks::default()).unwrap();
    Output::at(folder.path().join("missing/token")).claim(&Locks::default()).unwrap();
    assert!(!folder.path().join("missing").exists());
}

#[test]
fn ten_thousand_outputs_cost_one_descriptor() {
    let folder = folder();
    let outputs: Vec<_> = (0..10_000).map(|n| Output::at(folder.path().join(format!("{n}.jwt")))).collect();
    let locks = Locks::default();
    let begun = now();
    for output in &outputs {
        output.claim(&locks).unwrap();
    }
    println!("10,000 outputs claimed in {:?}", now() - begun);
    let begun = now();
    for output in &outputs {
        output.claim(&locks).unwrap();
    }
    println!("and again in {:?}", now() - begun);
    assert_eq!(descriptors(folder.path()), 1);
    assert_ne!(Other::claims(&[&outputs[5000]]).said, "claimed");
    outputs[5000].release(&locks);
    assert_eq!(Other::claims(&[&outputs[5000]]).said, "claimed");
    assert_ne!(Other::claims(&[&outputs[4999]]).said, "claimed");
    let begun = now();
    for output in &outputs {
        output.release(&locks);
    }
    println!("and released in {:?}", now() - begun);
    assert_eq!(descriptors(folder.path()), 0);
}

#[test]
fn a_program_that_is_started_does_not_inherit_the_lock() {
    let folder = folder();
    Output::at(folder.path().join("a")).claim(&Locks::default()).unwrap();
    let locks = Locks::default();
    Output::at(folder.path().join("b")).claim(&locks).unwrap();
    assert_eq!(descriptors(folder.path()), 1);
    let said = Command::new("ls").args(["-l", "/proc/self/fd"]).output().unwrap().stdout;
    assert!(!String::from_utf8(said).unwrap().contains(folder.path().to_str().unwrap()));
}

#[test]
#[ignore = "the child of the others"]
fn child_claims() {
    let Some(paths) = env::var_os("OUTPUTS") else { return };
    println!("\nREADY");
    std::io::stdout().flush().unwrap();
    let mut lines = std::io::stdin().lines();
    let _ = lines.next();
    let locks = Locks::default();
    let mut said = "claimed".to_owned();
    for path in env::split_paths(&paths) {
        let output = match path.strip_prefix("in-set") {
            Ok(path) => FileTarget { set: Some(SET), ..FileTarget::at(Path::new("/").join(path)) }.into(),
            Err(_) => Output::at(path),
        };
        if let Err(held) = output.claim(&locks) {
            said = held.to_string();
        }
    }
    println!("\nSAID {said}");
    std::io::stdout().flush().unwrap();
    let _ = lines.next();
}

/// A process that claims outputs and runs until it is dropped.
struct Other {
    child: Child,
    _stdin: ChildStdin,
    said: String,
}

/// A process that claims outputs when it is told to.
struct Starting {
    child: Child,
    stdin: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Other {
    fn claims(outputs: &[&Output]) -> Self {
        let mut other = Self::starts(outputs);
        other.go();
        other.said()
    }

    fn starts(outputs: &[&Output]) -> Starting {
        let path = |output: &&Output| {
            if output.is_in_set() { format!("in-set{}", output.name()) } else { output.name().into_owned() }
        };
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--ignored", "--exact", "--nocapture", "child_claims"])
            .env("OUTPUTS", env::join_paths(outputs.iter().map(path)).unwrap())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap() == "READY"));
        Starting { stdin: child.stdin.take().unwrap(), child, lines }
    }
}

impl Starting {
    fn go(&mut self) {
        self.stdin.write_all(b"\n").unwrap();
    }

    fn said(mut self) -> Other {
        let said = self.lines.find_map(|line| line.unwrap().strip_prefix("SAID ").map(str::to_owned)).unwrap();
        Other { child: self.child, _stdin: self.stdin, said }
    }
}

impl Drop for Other {
    /// Kills the process with SIGKILL, so it cannot clean up.
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn put(outputs: &[Output], locks: &Locks) -> Vec<Result<Written, WriteError>> {
    let session = Session {
        jwt: Secret::new("head.body.stamp".to_owned()),
        grant: Grant { lifetime: Duration::from_secs(600), refresh_after: None },
        claims: Claims::default(),
        fields: ReplyFields::new(),
    };
    let times = Times { issued_at: UNIX_EPOCH, expires_at: UNIX_EPOCH, renew_at: UNIX_EPOCH };
    let done = publish(
        outputs,
        &[],
        &Content { session: &session, credential: "billing", project: "P2abc", times },
        locks,
        &ProtectedKeys::default(),
    );
    done.into_iter().map(|done| done.map(|published| published.written)).collect()
}

fn set_output(folder: &Path, name: &str) -> Output {
    FileTarget { set: Some(SET), ..FileTarget::at(folder.join(name)) }.into()
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// Returns the number of descriptors of the folder in this process.
fn descriptors(folder: &Path) -> usize {
    let folder = fs::canonicalize(folder).unwrap();
    let entries = fs::read_dir("/proc/self/fd").unwrap();
    entries
        .filter(|entry| fs::read_link(entry.as_ref().unwrap().path()).is_ok_and(|leads_to| leads_to == folder))
        .count()
}

/// Returns the number of descriptors in this process that can write something in the folder.
fn open_for_writing(folder: &Path) -> usize {
    let folder = fs::canonicalize(folder).unwrap();
    let is_open_for_writing = |entry: &fs::DirEntry| {
        let is_there = fs::read_link(entry.path()).is_ok_and(|leads_to| leads_to.starts_with(&folder));
        let info = fs::read_to_string(Path::new("/proc/self/fdinfo").join(entry.file_name())).unwrap_or_default();
        let flags = info.lines().find_map(|line| line.strip_prefix("flags:")).map(|flags| flags.trim().to_owned());
        is_there && flags.is_some_and(|flags| flags.ends_with(['1', '2']))
    };
    fs::read_dir("/proc/self/fd").unwrap().map(Result::unwrap).filter(is_open_for_writing).count()
}

const SET: SetFolder = SetFolder::new(0o750, None);
