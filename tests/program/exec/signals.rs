//! Signals forwarded to the program.

use std::{os::unix::process::CommandExt as _, process::Command};

use nix::sys::signal::Signal::{
    self, SIGALRM, SIGCONT, SIGHUP, SIGINT, SIGKILL, SIGQUIT, SIGTERM, SIGURG, SIGUSR1, SIGUSR2, SIGWINCH,
};
use tokenwell::sandbox::Answer;

use crate::{
    program::{Program, TOKENWELL},
    stage::{Stage, heeds_ctrl_c},
};

#[test]
fn each_goes_to_the_program_and_changes_nothing_of_ours() {
    if !heeds_ctrl_c() {
        return;
    }
    let mut stage = Stage::with(&["a"]);
    let all: [Signal; 8] = [SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGCONT, SIGWINCH, SIGURG];
    let names = all.map(|signal| signal.as_str().trim_start_matches("SIG").to_owned());
    let script = format!(
        "for name in {}; do trap \"echo $name | say got\" $name; done; echo | say ready; hang; exit 6",
        names.join(" ")
    );
    let program = stage.start(&[], &script);
    stage.said("ready");
    for (number, signal) in all.into_iter().enumerate() {
        program.signal(signal);
        stage.until_said("got", number + 1);
    }
    stage.let_go();
    let ended = program.ended();
    assert_eq!(stage.said("got").lines().collect::<Vec<_>>(), names);
    assert_eq!(ended.code, Some(6), "{}", ended.stderr);
    assert!(!ended.stderr.contains("configuration"), "HUP reads nothing: {}", ended.stderr);
    assert_eq!(stage.sandbox.counters().exchanges, 1, "USR1 renews nothing");
    stage.clean(&ended);
}

#[test]
fn an_end_by_a_signal_is_128_and_its_number() {
    if !heeds_ctrl_c() {
        return;
    }
    for (signal, number) in [(SIGTERM, 15), (SIGINT, 2), (SIGHUP, 1), (SIGUSR1, 10)] {
        let mut stage = Stage::with(&["a"]);
        let program = stage.start(&[], "echo | say ready; hang");
        stage.said("ready");
        program.signal(signal);
        let ended = program.ended();
        assert_eq!(ended.code, Some(128 + number), "{}", ended.stderr);
        stage.clean(&ended);
    }
}

#[test]
fn every_term_is_passed_on_and_only_the_grace_kills() {
    if !heeds_ctrl_c() {
        return;
    }
    let mut stage = Stage::with(&["a"]);
    let script = "trap 'echo term | say got' TERM; trap 'echo int | say got' INT; echo | say ready; hang; exit 9";
    let program = stage.start(&["--grace", "300s"], script);
    stage.said("ready");
    for (number, signal) in [SIGTERM, SIGTERM, SIGINT, SIGTERM].into_iter().enumerate() {
        program.signal(signal);
        stage.until_said("got", number + 1);
    }
    stage.let_go();
    let ended = program.ended();
    assert_eq!(stage.said("got"), "term\nterm\nint\nterm");
    assert_eq!(ended.code, Some(9), "{}", ended.stderr);
    stage.clean(&ended);
}

#[test]
fn an_exchange_that_hangs_holds_no_signal_up() {
    let mut stage = Stage::with(&["a"]);
    let program = stage.start(&[], "trap 'echo usr1 | say got' USR1; echo | say ready; hang; exit 3");
    stage.said("ready");
    stage.sandbox.set(|settings| settings.outage = Some(Answer::Hang));
    stage.put_key("a", "another");
    stage.until_exchanges(2);
    program.signal(SIGUSR1);
    stage.said("got");
    stage.let_go();
    let ended = program.ended();
    assert_eq!(ended.code, Some(3), "{}", ended.stderr);
    stage.clean(&ended);
}

#[test]
fn a_rotation_sends_the_chosen_signal() {
    let mut stage = Stage::with(&["a"]);
    let script = "trap 'cat \"$TOKENWELL_A_FILE\" | say tokens' HUP; echo $$ | say pid; hang; exit 3";
    let program = stage.start(&["--on-rotation", "SIGHUP"], script);
    stage.said("pid");
    for round in 1..=3 {
        stage.put_key("a", &format!("key{round}"));
        let told = stage.until_said("tokens", round);
        assert_eq!(told.lines().last(), stage.token("a").as_deref());
    }
    stage.let_go();
    let ended = program.ended();
    assert_eq!(ended.code, Some(3), "{}", ended.stderr);
    assert_eq!(stage.until_said("tokens", 3).lines().count(), 3);
    stage.clean(&ended);
}

#[test]
fn a_signal_to_the_whole_group_is_not_passed_back() {
    let mut stage = Stage::with(&["a"]);
    let script = "trap 'echo term | say got' TERM; kill -TERM 0; hang; exit 3";
    let mut command = stage.script(&["--grace", "0s"], script);
    let program = Program::start(command.env("TOKENWELL_LOG", "debug").process_group(0));
    program.until_said("the program itself sent TERM; it is not sent back", 1);
    assert_eq!(stage.said("got"), "term");
    stage.let_go();
    let ended = program.ended();
    assert_eq!(stage.said("got"), "term");
    assert_eq!(ended.code, Some(3), "{}", ended.stderr);
    stage.clean(&ended);
}

#[test]
fn an_ignored_signal_stays_ignored_in_the_program() {
    if !heeds_ctrl_c() {
        return;
    }
    let mut stage = Stage::with(&["a"]);
    let exec = stage.script(&[], "grep '^SigIgn' /proc/self/status | say ignored; hang; exit 3");
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' HUP INT; exec \"$@\"", "sh", TOKENWELL]).args(exec.get_args());
    shell.env_clear().env("PATH", "/usr/bin:/bin").current_dir(stage.path(""));
    let program = Program::start(&mut shell);
    let ignored = stage.said("ignored");
    assert!(ignored.ends_with("0000003"), "HUP and INT: {ignored}");
    program.signal(SIGHUP);
    program.signal(SIGINT);
    stage.let_go();
    let ended = program.ended();
    assert_eq!(ended.code, Some(3), "{}", ended.stderr);
    stage.clean(&ended);
}

/// Ending the program with tokenwell would need `unsafe`; this is the documented behaviour.
#[test]
fn a_program_goes_on_when_we_are_killed() {
    let stage = Stage::with(&["a"]);
    let program = stage.start(&[], "echo | say ready; hang; echo | say alive_after");
    stage.said("ready");
    program.signal(SIGKILL);
    stage.let_go();
    stage.said("alive_after");
    assert_eq!(program.ended().code, None);
}
