//! Tests that cannot run on this machine. Each reports it at once and records it, and `skipped/main.rs`, which cargo runs
//! last, lists them all by reason.

use std::{
    collections::BTreeSet,
    env,
    fs::{self, OpenOptions},
    io::{self, Write as _},
    os::unix::process::parent_id,
    path::PathBuf,
    sync::{Mutex, PoisonError},
    thread,
};

/// Skips a test for lack of a program that `tests/setup` installs. Fails where nothing may be skipped, as in CI.
#[allow(dead_code, reason = "not every test binary skips for every reason")]
pub(crate) fn without_program(why: &str) {
    for_lack_of("program", why);
}

/// Skips a test that only root can run. Fails where nothing may be skipped, as in CI.
#[allow(dead_code, reason = "not every test binary skips for every reason")]
pub(crate) fn without_root(why: &str) {
    for_lack_of("root", why);
}

/// Skips a test that this machine or its kernel does not allow.
#[allow(dead_code, reason = "not every test binary skips for every reason")]
pub(crate) fn on_this_machine(why: &str) {
    record("machine", why);
}

fn for_lack_of(lack: &str, why: &str) {
    assert!(env::var_os("TOKENWELL_TESTS_SKIP_NOTHING").is_none(), "{why}");
    record(lack, why);
}

fn record(lack: &str, why: &str) {
    static RECORDED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let program = env::current_exe().unwrap();
    let program = program.file_stem().unwrap().to_string_lossy();
    let program = program.rsplit_once('-').map_or(&*program, |(name, _)| name);
    let test = thread::current().name().unwrap_or("?").to_owned();
    let line = format!("{lack}\t{why}\t{program} {test}\n");
    if !RECORDED.lock().unwrap_or_else(PoisonError::into_inner).insert(line.clone()) {
        return;
    }
    // libtest hides what a passing test prints by macros. It does not see what is written to the stream itself.
    let _ = io::stderr().write_all(format!("SKIPPED {program} {test}: {why}\n").as_bytes());
    let path = list();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut list = OpenOptions::new().create(true).append(true).open(path).unwrap();
    // One write per line, because other tests append at the same time.
    list.write_all(line.as_bytes()).unwrap();
}

/// The list of this run. Cargo is the parent of all test binaries, so its process id identifies the run.
pub(crate) fn list() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("skipped").join(run(parent_id()))
}

/// A process id with the process's start time, because the kernel reuses ids.
fn run(pid: u32) -> String {
    let about = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The program's name may contain any character and ends at the last bracket. Field 22 is the start time.
    let start = about.rsplit_once(')').and_then(|(_, fields)| fields.split_whitespace().nth(19)).unwrap_or("0");
    format!("{pid}-{start}")
}
