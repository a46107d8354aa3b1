//! Two programs that meet at the same outputs.

use std::fs;

use nix::sys::signal::Signal::SIGKILL;

use crate::{
    program::{Program, once, tokenwell},
    setting::{QUICK, Setting},
};

#[test]
fn a_second_daemon_names_the_first_and_takes_over_when_it_is_killed() {
    for more in ["", "sets: [{directory: OUT}]\n"] {
        let mut setting = Setting::with(&["a"]);
        let more = more.replace("OUT", setting.path("out").to_str().unwrap());
        setting.configure(&(setting.named(&["a"]) + &more));
        let first = setting.ready();
        put_second(&setting, &(setting.named(&["a"]) + &more));
        let second = Program::start(&mut second(&setting, "run"));
        second.until_said(&format!("another tokenwell: process {} (`tokenwell`)", first.pid()), 1);
        let token = setting.token("a");
        first.signal(SIGKILL);
        assert_eq!(setting.leaks.found_in(&first.ended().stderr), None);
        second.until_said("ready: every required token is on disk", 1);
        assert!(setting.token("a").is_some() && setting.token("a") != token, "the second has a session of its own");
        let ended = second.stop();
        assert_eq!(ended.code, Some(0));
        setting.clean(&ended);
    }
}

#[test]
fn once_beside_run_writes_nothing_that_run_writes() {
    let mut setting = Setting::with(&["a"]);
    let daemon = setting.ready();
    let token = setting.token("a");
    // With the daemon's own state it finds the token good.
    let ended = Program::start(&mut once(&setting.path(""), "30s")).ended();
    assert_eq!((ended.code, setting.token("a")), (Some(0), token.clone()));
    // With a state of its own it has nothing to go by.
    put_second(&setting, &setting.named(&["a"]));
    let other = Program::start(second(&setting, "once").args(["--timeout", "300s"]));
    // Said when it looks around, and when it would write.
    other.until_said(&format!("is written by another tokenwell: process {} (`tokenwell`)", daemon.pid()), 2);
    assert_eq!((other.stop().code, setting.token("a")), (Some(1), token));
    setting.clean(&daemon.stop());
    let ended = Program::start(second(&setting, "once").args(["--timeout", "30s"])).ended();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    setting.clean(&ended);
}

#[test]
fn daemons_with_different_outputs_in_one_folder_work_side_by_side() {
    let mut setting = Setting::with(&["a"]);
    setting.put_key("b", "b");
    put_second(&setting, &setting.named(&["b"]));
    let first = setting.ready();
    let second = Program::start(&mut second(&setting, "run"));
    second.until_said("ready: every required token is on disk", 1);
    assert!(setting.token("a").is_some() && setting.token("b").is_some());
    for ended in [first.stop(), second.stop()] {
        assert!(!ended.stderr.contains("another tokenwell"), "{}", ended.stderr);
        setting.clean(&ended);
    }
}

/// A configuration with a state of its own.
fn put_second(setting: &Setting, rest: &str) {
    let state = |name: &str| format!("stateDirectory: {}\n", setting.path(name).display());
    fs::create_dir_all(setting.path("state2")).unwrap();
    setting.put("second.yaml", &setting.text(&format!("{QUICK}{rest}")).replace(&state("state"), &state("state2")));
}

fn second(setting: &Setting, command: &str) -> std::process::Command {
    let mut command = tokenwell([command, "--config"]);
    command.arg(setting.path("second.yaml"));
    command
}
