//! Tests that cannot run on this machine. Each records it, and `skipped/main.rs`, which cargo runs last, lists them.

use std::{
    env,
    fs::{self, OpenOptions},
    io::Write as _,
    os::unix::process::parent_id,
    path::PathBuf,
    thread,
};

/// Skips a test for lack of a program or privilege that could be provided. Fails where nothing may be skipped, as in CI.
#[allow(dead_code, reason = "not every test binary skips for both reasons")]
pub(crate) fn for_lack_of(what: &str) {
    assert!(env::var_os("TOKENWELL_TESTS_SKIP_NOTHING").is_none(), "{what}");
    on_this_machine(what);
}

/// Skips a test that this machine or its kernel does not allow.
#[allow(dead_code, reason = "not every test binary skips for both reasons")]
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
pub(crate) fn on_this_machine(why: &str) {
    eprintln!("SKIPPED: {why}");
    let program = env::current_exe().unwrap();
    let program = program.file_stem().unwrap().to_string_lossy();
    let program = program.rsplit_once('-').map_or(&*program, |(name, _)| name);
    let test = thread::current().name().unwrap_or("?").to_owned();
    let path = list();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut list = OpenOptions::new().create(true).append(true).open(path).unwrap();
    // One write per line, because other tests append at the same time.
    list.write_all(format!("{program} {test}: {why}\n").as_bytes()).unwrap();
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
