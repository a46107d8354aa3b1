//! A program that restarts for each new token.

use std::{
    collections::HashSet,
    time::{Duration, SystemTime},
};

use nix::sys::signal::Signal::SIGTERM;

use crate::{
    program::{Ended, Program, within},
    stage::Stage,
};

const RESTART: [&str; 4] = ["--on-rotation", "restart", "--token-env", "TOKEN=a"];

#[test]
fn a_token_during_a_restart_causes_no_second_restart() {
    let mut stage = Stage::with(&["a", "b"]);
    let script = "trap 'echo term | say terms; hang; exit 5' TERM; echo \"$TOKEN\" | say starts; hang";
    let mut command = stage.script(&[&RESTART[..], &["--grace", "300s"]].concat(), script);
    let program = Program::start(command.env("TOKENWELL_LOG", "debug"));
    stage.said("starts");
    stage.put_key("b", "another");
    stage.said("terms");
    // Two more rotations arrive while the program ends slowly.
    stage.put_key("a", "second");
    program.until_said("\"token written\"", 4);
    stage.put_key("b", "third");
    program.until_said("\"token written\"", 5);
    stage.let_go();
    let starts = stage.until_said("starts", 2);
    assert_eq!(starts.lines().last(), stage.token("a").as_deref());
    program.signal(SIGTERM);
    stage.until_said("terms", 2);
    stage.let_go();
    let ended = program.ended();
    assert_eq!(ended.code, Some(5), "{}", ended.stderr);
    assert_eq!(started(&ended).len(), 2);
    assert_eq!(ended.stderr.matches("sent TERM to the program").count(), 2, "once for the restart, once for the stop");
    stage.clean(&ended);
}

#[test]
fn rapid_rotations_restart_it_at_most_once_a_second() {
    let mut stage = Stage::with(&["a"]);
    stage.sandbox.set(|settings| settings.life = Duration::from_secs(2));
    stage.configure_with("renew: {at: 5%, spacing: 100ms}\n", &stage.named(&["a"]));
    let program = stage.start(&RESTART, "echo \"$TOKEN\" | say starts; hang");
    // Two exchanges for each start, and one more as a margin.
    let come_thicker = |starts: &String| stage.sandbox.counters().sessions > 2 * starts.lines().count() as u64;
    let starts = within("four starts, and rotations that come thicker", || {
        Some(stage.until_said("starts", 4)).filter(come_thicker)
    });
    let ended = program.stop();
    let tokens: HashSet<_> = starts.lines().collect();
    assert_eq!(tokens.len(), starts.lines().count(), "each time for another token");
    let started = started(&ended);
    // The log uses the wall clock, which may be slewed.
    let least = Duration::from_millis(950);
    assert!(started.windows(2).all(|pair| pair[0] + least <= pair[1]), "{started:?}");
    stage.clean(&ended);
}

#[test]
fn a_program_that_does_not_make_way_is_killed_after_the_grace() {
    let mut stage = Stage::with(&["a"]);
    let flags = [&RESTART[..], &["--grace", "200ms"]].concat();
    let program = stage.start(&flags, "trap '' TERM; echo $$ | say starts; hang; exit 3");
    stage.said("starts");
    stage.put_key("a", "another");
    stage.until_said("starts", 2);
    program.until_said("it is killed", 1);
    stage.let_go();
    let ended = program.ended();
    assert_eq!(ended.code, Some(3), "{}", ended.stderr);
    stage.clean(&ended);
}

#[test]
fn a_stop_during_a_restart_is_a_stop() {
    let mut stage = Stage::with(&["a"]);
    let flags = [&RESTART[..], &["--grace", "300s"]].concat();
    let program = stage.start(&flags, "trap 'echo term | say terms' TERM; echo | say starts; hang; exit 8");
    stage.said("starts");
    stage.put_key("a", "another");
    stage.said("terms");
    program.signal(SIGTERM);
    stage.until_said("terms", 2);
    stage.let_go();
    let ended = program.ended();
    assert_eq!(ended.code, Some(8), "{}", ended.stderr);
    assert_eq!(started(&ended).len(), 1);
    stage.clean(&ended);
}

#[test]
fn a_program_that_is_gone_when_it_is_to_start_anew_is_127() {
    let mut stage = Stage::with(&["a"]);
    stage.program("app", "#!/bin/sh\nrm app\necho >> starts\nwhile [ -e alive ]; do sleep 0.02; done\n");
    let program = Program::start(&mut stage.exec(&RESTART, ["./app"]));
    stage.said("starts");
    stage.put_key("a", "another");
    let ended = program.ended();
    assert_eq!(ended.code, Some(127), "{}", ended.stderr);
    stage.clean(&ended);
}

#[test]
fn a_program_continues_without_its_credential() {
    let mut stage = Stage::with(&["a", "b"]);
    let program = stage.start(&RESTART, "echo | say starts; hang; exit 3");
    stage.said("starts");
    stage.configure(&stage.named(&["b"]));
    program.until_said("the new configuration is in force", 1);
    stage.put_key("b", "another");
    program.until_said("the program continues with the old token", 1);
    stage.let_go();
    let ended = program.ended();
    assert_eq!(ended.code, Some(3), "{}", ended.stderr);
    assert_eq!(started(&ended).len(), 1);
    stage.clean(&ended);
}

#[test]
fn an_unannounced_rotation_starts_nothing() {
    let mut stage = Stage::with(&["a"]);
    let program = stage.start(&[], "echo | say starts; hang; exit 3");
    stage.said("starts");
    stage.put_key("a", "another");
    program.until_said("\"token written\"", 2);
    stage.let_go();
    let ended = program.ended();
    assert_eq!(ended.code, Some(3), "{}", ended.stderr);
    assert_eq!(started(&ended).len(), 1);
    stage.clean(&ended);
}

/// The times at which the program started, from the log.
fn started(ended: &Ended) -> Vec<SystemTime> {
    let lines = ended.stderr.lines().filter(|line| line.contains("\"program started\""));
    lines
        .map(|line| {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            humantime::parse_rfc3339(line["timestamp"].as_str().unwrap()).unwrap()
        })
        .collect()
}
