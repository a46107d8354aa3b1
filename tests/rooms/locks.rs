//! One process per output, tested with real processes that compete for the same files.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

use std::{
    env, fs,
    io::{BufRead as _, BufReader, Write as _},
    os::unix::fs::{MetadataExt, PermissionsExt, symlink},
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
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
    assert_eq!((sweep([&in_set], &locks).removed, tidy([&in_set], &locks).removed), (0, 0));
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
    assert_ne!(Other::claims(&[&a]).said, "claimed", "closing any descriptor of the file drops every lock");
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
    fs::remove_file(folder.join(LOCK_FILE)).unwrap();
    let other = Other::claims(&[&outputs[0]]);
    assert_eq!(other.said, "claimed");
    assert!(outputs[0].claim(&locks).is_err());
    drop(other);
    outputs[0].claim(&locks).unwrap();
    assert_eq!(descriptors(&folder), 1);
}

#[test]
fn only_writers_of_the_folder_may_open_the_lock_file() {
    for (mode, wanted) in [(0o755, 0o600), (0o750, 0o600), (0o770, 0o660), (0o2775, 0o660), (0o1777, 0o660)] {
        let folder = folder();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode)).unwrap();
        Output::at(folder.path().join("a")).claim(&Locks::default()).unwrap();
        let found = fs::symlink_metadata(folder.path().join(LOCK_FILE)).unwrap();
        assert_eq!((found.mode() & 0o7777, found.len()), (wanted, 0), "{mode:o}");
        assert_eq!(found.gid(), fs::metadata(folder.path()).unwrap().gid());
    }
}

#[test]
fn an_invalid_lock_file_is_not_opened_and_not_needed() {
    let (folder, outside) = (folder(), folder());
    let lock = folder.path().join(LOCK_FILE);
    let target = outside.path().join("target");
    let table: [&dyn Fn(); 4] = [
        &|| symlink(&target, &lock).unwrap(),
        &|| symlink("/dev/null", &lock).unwrap(),
        &|| fs::create_dir(&lock).unwrap(),
        &|| nix::unistd::mkfifo(&lock, nix::sys::stat::Mode::S_IRWXU).unwrap(),
    ];
    for (n, make) in table.into_iter().enumerate() {
        make();
        let outputs = [Output::at(folder.path().join(n.to_string()))];
        assert_eq!(put(&outputs, &Locks::default()).remove(0).unwrap(), Written::Written);
        fs::remove_file(&lock).or_else(|_| fs::remove_dir(&lock)).unwrap();
    }
    assert!(!target.exists());
    // No process can create a file in this folder, not even root.
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
    let said = Command::new("ls").args(["-l", "/proc/self/fd"]).output().unwrap().stdout;
    assert!(!String::from_utf8(said).unwrap().contains(LOCK_FILE));
}

#[test]
#[ignore = "the child of the others"]
fn child_claims() {
    let Some(paths) = env::var_os("OUTPUTS") else { return };
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
    let _ = std::io::stdin().lines().next();
}

/// A process that claims outputs and runs until it is dropped.
struct Other {
    child: Child,
    _stdin: ChildStdin,
    said: String,
}

impl Other {
    fn claims(outputs: &[&Output]) -> Self {
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
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let said = lines.find_map(|line| line.strip_prefix("SAID ").map(str::to_owned)).unwrap();
        Self { _stdin: child.stdin.take().unwrap(), child, said }
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

/// Returns the number of descriptors of the folder's lock file in this process.
fn descriptors(folder: &Path) -> usize {
    let lock = fs::canonicalize(folder).unwrap().join(LOCK_FILE);
    let entries = fs::read_dir("/proc/self/fd").unwrap();
    entries.filter(|entry| fs::read_link(entry.as_ref().unwrap().path()).is_ok_and(|leads_to| leads_to == lock)).count()
}

const SET: SetFolder = SetFolder { mode: 0o750, group: None };
