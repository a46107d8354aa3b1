//! Two programs with the same outputs.

use std::fs;

use nix::sys::signal::Signal::{SIGCONT, SIGKILL, SIGSTOP, SIGUSR1};

use crate::{
    program::{Program, once, tokenwell},
    setting::{QUICK, Setting},
};

#[test]
fn a_second_daemon_makes_no_exchange_until_it_takes_over() {
    for more in ["", "sets: [{directory: OUT}]\n"] {
        let mut setting = Setting::with(&["a"]);
        let more = more.replace("OUT", setting.path("out").to_str().unwrap());
        setting.configure(&(setting.named(&["a"]) + &more));
        let first = setting.ready();
        put_second(&setting, &(setting.named(&["a"]) + &more));
        let second = Program::start(&mut second(&setting, "run"));
        second.until_said(&format!("another tokenwell: process {} (`tokenwell`)", first.pid()), 1);
        // It uses the token that the first has put there, though it has no record of it.
        second.until_said("ready: every required token is on disk", 1);
        let token = setting.token("a");
        // A request to renew still causes no exchange.
        second.signal(SIGUSR1);
        second.until_said("asked to renew every session", 1);
        assert_eq!((setting.sandbox.exchanges().len(), setting.token("a")), (1, token.clone()));

        first.signal(SIGKILL);
        assert_eq!(setting.leaks.found_in(&first.ended().stderr), None);
        second.until_said("the process that wrote the outputs has ended; taking over", 1);
        // The time of the token's request is unknown, so the token is replaced.
        setting.until_exchanges(2);
        second.until_said("token written", 1);
        assert!(setting.token("a").is_some() && setting.token("a") != token, "the second has a session of its own");
        let ended = second.stop();
        assert_eq!((ended.code, ended.stderr.matches("another tokenwell").count()), (Some(0), 1), "{}", ended.stderr);
        setting.clean(&ended);
        assert_eq!(setting.sandbox.exchanges().len(), 2);
    }
}

#[test]
fn taking_over_a_good_token_costs_no_request() {
    let mut setting = Setting::with(&["a"]);
    let first = setting.ready();
    // The same configuration, and so the same state.
    let second = setting.ready();
    second.until_said(&format!("another tokenwell: process {} (`tokenwell`)", first.pid()), 1);
    let token = setting.token("a");
    first.signal(SIGKILL);
    drop(first.ended());
    second.until_said("the process that wrote the outputs has ended; taking over", 1);
    second.until_said("the token on disk is good", 1);
    assert_eq!((setting.sandbox.exchanges().len(), setting.token("a")), (1, token.clone()));
    // It renews from here on.
    second.signal(SIGUSR1);
    setting.until_exchanges(2);
    second.until_said("token written", 1);
    assert_ne!(setting.token("a"), token);
    setting.clean(&second.stop());
}

#[test]
fn a_credential_that_stands_by_delays_no_other() {
    let mut setting = Setting::with(&["a"]);
    setting.put_key("b", "b");
    let first = setting.ready();
    put_second(&setting, &setting.named(&["a", "b"]));
    let second = Program::start(&mut second(&setting, "run"));
    second.until_said("ready: every required token is on disk", 1);
    assert_eq!(setting.sandbox.exchanges().len(), 2);
    assert!(setting.token("a").is_some() && setting.token("b").is_some());
    // The second may write until it ends.
    for ended in [first.stop(), second.stop()] {
        setting.clean(&ended);
    }
}

#[test]
fn once_beside_run_is_content_with_what_run_has_written() {
    let mut setting = Setting::with(&["a"]);
    let daemon = setting.ready();
    let token = setting.token("a");
    // It accepts the state of the daemon, or the token itself.
    let ended = Program::start(&mut once(&setting.path(""), "30s")).ended();
    assert_eq!((ended.code, setting.token("a")), (Some(0), token.clone()));
    put_second(&setting, &setting.named(&["a"]));
    let ended = Program::start(second(&setting, "once").args(["--timeout", "30s"])).ended();
    assert_eq!((ended.code, setting.token("a")), (Some(0), token), "{}", ended.stderr);
    assert_eq!(setting.sandbox.exchanges().len(), 1);
    // Without a token it waits for one.
    fs::write(setting.path("out/a.jwt"), "").unwrap();
    daemon.signal(SIGSTOP);
    fs::write(setting.path("out/a.jwt"), "").unwrap();
    let ended = Program::start(second(&setting, "once").args(["--timeout", "3s"])).ended();
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(ended.stderr.contains(&format!("another tokenwell: process {}", daemon.pid())), "{}", ended.stderr);
    daemon.signal(SIGCONT);
    setting.clean(&daemon.stop());
    let ended = Program::start(second(&setting, "once").args(["--timeout", "30s"])).ended();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    setting.clean(&ended);
}

#[test]
fn daemons_with_different_outputs_share_a_folder() {
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

/// Writes a configuration with its own state folder.
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
