//! The doctor while a daemon runs, and before a daemon starts.

use std::{fs, time::Duration};

use serde_json::Value;
use tokenwell::sandbox::Answer;

use crate::{
    common::spacing::spaced,
    program::{Program, once, tokenwell, within},
    runner::{check, everything, line, of, patient_setting, run},
    setting::Setting,
};

#[test]
fn a_running_daemon_is_named_and_not_disturbed() {
    for in_set in [false, true] {
        let mut setting = patient_setting(&["a", "b"]);
        let sets =
            if in_set { format!("sets: [{{directory: {}}}]\n", setting.path("out").display()) } else { String::new() };
        setting.configure(&(setting.named(&["a", "b"]) + &sets));
        let daemon = setting.ready();
        // The daemon writes the status file at most once a second.
        within("the status file reports both tokens", || every_token_is_reported(&setting).then_some(()));
        let before = held(&setting);
        let mut command = check(&setting);
        let ended = run(&mut setting, &mut command);
        assert_eq!(ended.code, Some(0), "{}{}", ended.stdout, ended.stderr);
        let holder = format!("2 outputs written by process {} (`tokenwell`)", daemon.pid());
        assert!(line(&ended, "lock").ends_with(&holder), "{}", ended.stdout);
        let expected = "writes to the outputs; a daemon may make an exchange within 100ms of this check";
        assert!(line(&ended, "spacing").ends_with(expected), "{}", ended.stdout);
        let outputs = of(&ended, "output");
        let tried = if in_set { "writes to its set at present" } else { "can be written" };
        assert!(outputs.len() == 2 && outputs.iter().all(|line| line.contains(tried)), "{}", ended.stdout);
        assert_eq!(held(&setting), before, "neither a token nor a state file was touched");
        // The daemon still holds the lock.
        let mut command = check(&setting);
        assert!(line(&run(&mut setting, &mut command), "lock").ends_with(&holder));
        let ended = daemon.stop();
        assert!(!ended.stderr.contains("by somebody else") && !ended.stderr.contains("WARN"), "{}", ended.stderr);
        setting.clean(&ended);
        let mut command = check(&setting);
        assert!(line(&run(&mut setting, &mut command), "lock").ends_with("2 outputs written by no process"));
    }
}

#[test]
fn the_doctor_keeps_a_limit_that_the_daemon_met() {
    let mut setting = patient_setting(&["a"]);
    setting.sandbox.script([Answer::busy(200)]);
    let daemon = Program::start(&mut crate::program::run(&setting.path("")));
    daemon.until_said("asks to slow down", 1);
    daemon.stop();
    let mut command = check(&setting);
    let ended = run(&mut setting, &mut command);
    assert!(line(&ended, "exchange").contains("because the API asked to slow down for another "), "{}", ended.stdout);
    assert_eq!(setting.sandbox.counters().exchanges, 1);
}

#[test]
fn a_daemon_after_the_doctor_keeps_spacing_and_tokens() {
    let mut setting = patient_setting(&["a"]);
    setting.configure_with("renew: {spacing: 1s}\n", &setting.named(&["a"]));
    for _ in 0..2 {
        let mut command = check(&setting);
        let ended = run(&mut setting, &mut command);
        let expected = "a: recorded in the state directory: a daemon that starts now keeps its spacing of 1s";
        assert!(line(&ended, "spacing").ends_with(expected), "{}", ended.stdout);
    }
    setting.ready().stop();
    assert_eq!(setting.sandbox.counters().exchanges, 3);
    let mut command = check(&setting);
    assert_eq!(run(&mut setting, &mut command).code, Some(0));
    setting.ready().stop();
    assert_eq!(setting.sandbox.counters().exchanges, 4, "the token on disk is taken over all the same");
    spaced(&setting.sandbox, None, Duration::from_secs(1));
}

#[test]
fn an_exchange_that_a_process_died_in_is_waited_for_once() {
    let mut setting = patient_setting(&["a"]);
    setting.sandbox.script([Answer::Hang]);
    let mut command = check(&setting);
    let dying = Program::start(&mut command);
    setting.until_exchanges(1);
    drop(dying);
    let mut command = check(&setting);
    let ended = run(&mut setting, &mut command);
    assert_eq!((ended.code, setting.sandbox.counters().exchanges), (Some(0), 2), "{}", ended.stdout);
    spaced(&setting.sandbox, None, Duration::from_millis(100));
}

#[test]
fn a_state_directory_that_is_missing_is_not_made() {
    let mut setting = patient_setting(&["a"]);
    fs::remove_dir(setting.path("state")).unwrap();
    let mut command = check(&setting);
    let ended = run(&mut setting, &mut command);
    assert!(line(&ended, "spacing").ends_with("does not exist yet; wait 100ms before you start a daemon"));
    assert!(!setting.path("state").exists());
}

#[test]
fn the_daemon_keeps_a_limit_that_the_doctor_met() {
    let mut setting = patient_setting(&["a"]);
    setting.sandbox.script([Answer::busy(200)]);
    let mut command = check(&setting);
    assert_eq!(run(&mut setting, &mut command).code, Some(1));
    let ended = Program::start(&mut once(&setting.path(""), "1s")).ended();
    assert_eq!((ended.code, setting.sandbox.counters().exchanges), (Some(1), 1), "{}", ended.stderr);
}

#[test]
fn a_used_status_address_is_reported_with_its_owner() {
    let mut setting = patient_setting(&["a"]);
    let listen = format!("status: {{listen: 'unix:{}'}}\n", setting.path("socket").display());
    setting.configure(&(setting.named(&["a"]) + &listen));
    let mut command = check(&setting);
    assert!(line(&run(&mut setting, &mut command), "listen").ends_with("` can be listened on"));
    let daemon = setting.ready();
    let mut command = check(&setting);
    let ended = run(&mut setting, &mut command);
    let expected = format!("+ pass  listen    process {} (tokenwell ", daemon.pid());
    assert!(line(&ended, "listen").starts_with(&expected), "{}", ended.stdout);
    let other = setting.text(&(setting.named(&["b"]) + &listen));
    setting.put_key("b", "b");
    setting.put("other.yaml", &other);
    let mut command = tokenwell(["check", "--online", "--config"]);
    command.arg(setting.path("other.yaml"));
    let ended = run(&mut setting, &mut command);
    assert_eq!(ended.code, Some(1));
    assert!(line(&ended, "listen").contains("x FAIL  listen    another tokenwell, process "), "{}", ended.stdout);
    setting.clean(&daemon.stop());
}

fn every_token_is_reported(setting: &Setting) -> bool {
    let text = fs::read_to_string(setting.path("state/status.json")).unwrap_or_default();
    let status: Value = serde_json::from_str(&text).unwrap_or_default();
    let is_written = |credential: &Value| credential["outputs"][0]["writtenAt"].is_string();
    status["credentials"].as_array().is_some_and(|credentials| credentials.iter().all(is_written))
}

/// Returns the contents of the output and state folders.
fn held(setting: &Setting) -> impl PartialEq + std::fmt::Debug + use<> {
    let mut all = everything(&setting.path("out"));
    all.extend(everything(&setting.path("state")));
    all
}
