//! Orphans, when the program is the first process of a container and elsewhere.

use std::{ffi::OsStr, iter, process::Command};

use crate::{
    program::{Program, TOKENWELL},
    skipped,
    stage::{PRELUDE, Stage},
};

/// Starts orphans that end when they are released, and ends itself once the kernel has removed all of them. A real-time
/// signal ends one of them, which the kernel reports differently.
const ORPHANS: &str = "
    for number in 1 2 3; do
        ( (sh -c 'echo $$ >> orphans; while [ -e alive ] && [ ! -e end ]; do sleep 0.01; done' &) )
    done
    ( (sh -c 'echo $$ >> orphans; while [ -e alive ] && [ ! -e end ]; do sleep 0.01; done; kill -40 $$' &) )
    until [ \"$(grep -c . orphans 2>/dev/null)\" = 4 ]; do sleep 0.01; done
    for orphan in $(cat orphans); do sed -n 's/^PPid:\\t//p' /proc/$orphan/status; done | say parents
    echo $$ $PPID | say numbers
    touch end
    for orphan in $(cat orphans); do
        while [ -e alive ] && [ -e /proc/$orphan ]; do sleep 0.01; done
    done
    cat /proc/[0-9]*/status | grep -c '^State:.Z' | say zombies
    exit 3";

#[test]
fn orphans_are_seen_off_wherever_it_runs() {
    let mut stage = Stage::with(&["a"]);
    let program = stage.start(&[], ORPHANS);
    let ours = program.pid().to_string();
    let ended = program.ended();
    assert_eq!(ended.code, Some(3), "the end of the program itself is not lost: {}", ended.stderr);
    assert_eq!(stage.until_said("parents", 4).lines().collect::<Vec<_>>(), [&ours; 4]);
    stage.clean(&ended);
}

#[test]
fn as_process_1_it_reaps_orphans_and_passes_signals_on() {
    let mut stage = Stage::with(&["a"]);
    let Some(program) = first_process(&stage, ORPHANS) else { return };
    let ended = program.ended();
    assert_eq!(ended.code, Some(3), "{}", ended.stderr);
    assert_eq!(stage.until_said("parents", 4).lines().collect::<Vec<_>>(), ["1"; 4]);
    assert!(stage.said("numbers").ends_with(" 1"), "{}", stage.said("numbers"));
    assert_eq!(stage.said("zombies"), "0");
    stage.clean(&ended);

    let mut stage = Stage::with(&["a"]);
    // Another process of the container sends the signals, not the supervised program.
    let script = "trap 'echo hup | say got' HUP; trap 'echo term | say got; exit 6' TERM
        sh -c 'kill -HUP 1'; until [ -e got ]; do sleep 0.01; done; sh -c 'kill -TERM 1'; hang";
    let program = first_process(&stage, script).unwrap();
    let ended = program.ended();
    assert_eq!(ended.code, Some(6), "{}", ended.stderr);
    assert_eq!(stage.said("got"), "hup\nterm");
    stage.clean(&ended);

    let stage = Stage::with(&["a"]);
    let program = first_process(&stage, "kill -KILL $$").unwrap();
    assert_eq!(program.ended().code, Some(128 + 9));
}

/// A process without a supervised program, in which hooks may start processes.
#[test]
fn the_daemon_as_the_first_process_sees_orphans_off() {
    let mut stage = Stage::with(&["a"]);
    let script = format!(
        "{PRELUDE}
        {{
            ( (sh -c 'echo $$ >> orphans; while [ -e alive ] && [ ! -e end ]; do sleep 0.01; done' &) )
            until [ -e out/a.jwt ] && [ -s orphans ]; do sleep 0.01; done
            orphan=$(cat orphans)
            touch end
            while [ -e alive ] && [ -e /proc/$orphan ]; do sleep 0.01; done
            kill -TERM 1
        }} &
        exec '{TOKENWELL}' run --config tokenwell.yaml"
    );
    let Some(program) = in_namespace(&stage, ["sh", "-c", &script].map(OsStr::new)) else { return };
    let ended = program.ended();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    stage.clean(&ended);
}

/// `tokenwell exec` as the first process, where that is permitted.
fn first_process(stage: &Stage, script: &str) -> Option<Program> {
    let exec = stage.script(&[], script);
    in_namespace(stage, iter::once(OsStr::new(TOKENWELL)).chain(exec.get_args()))
}

/// A command as the first process of a PID namespace.
fn in_namespace<'a>(stage: &Stage, command: impl IntoIterator<Item = &'a OsStr>) -> Option<Program> {
    let mut unshare = Command::new("unshare");
    unshare.args(["--fork", "--pid", "--mount-proc", "--kill-child"]);
    if !nix::unistd::geteuid().is_root() {
        unshare.arg("--map-root-user");
    }
    let possible = Command::new("unshare").args(unshare.get_args()).arg("true").status();
    if !possible.is_ok_and(|status| status.success()) {
        skipped::on_this_machine("no process namespaces here (`unshare --pid` is not permitted)");
        return None;
    }
    unshare.args(command).env_clear().env("PATH", "/usr/bin:/bin").current_dir(stage.path(""));
    Some(Program::start(&mut unshare))
}
