//! Two programs with the same state directory.

use nix::sys::signal::Signal::{SIGKILL, SIGUSR1};
use serde_json::Value;

use crate::{
    program::{Program, content, tokenwell, within},
    setting::{QUICK, Setting},
};

#[test]
fn a_second_daemon_at_a_state_directory_is_told_the_first() {
    let mut setting = Setting::with(&["a"]);
    setting.put_key("b", "b");
    let first = setting.ready();
    let (status, records) = (setting.path("state/status.json"), setting.path("state/state"));
    within("the first's status", || content(&status).contains("\"a\"").then_some(()));
    let second = second(&setting, &["b"]);
    let held = format!("is used by another tokenwell: process {} (`tokenwell`); stop it", first.pid());
    second.until_said(&held, 1);
    second.until_said("ready: every required token is on disk", 1);
    // It renews from memory.
    second.signal(SIGUSR1);
    setting.until_exchanges(3);
    second.until_said("token written", 2);
    assert!(content(&status).contains("\"a\"") && !content(&status).contains("\"b\""));
    assert!(!records.join("b.json").exists());
    let trouble =
        within("the trouble of the second", || asked(&setting).filter(|report| !report["troubles"][0].is_null()));
    assert!(trouble["troubles"].to_string().contains(&held), "{trouble}");

    first.signal(SIGKILL);
    drop(first.ended());
    second.until_said("is free; taking it over", 1);
    within("the record of the second", || records.join("b.json").exists().then_some(()));
    within("the status of the second", || content(&status).contains("\"b\"").then_some(()));
    assert!(records.join("a.json").exists(), "the first's record stays for its next start");
    let ended = second.stop();
    assert_eq!(ended.stderr.matches("is used by another tokenwell").count(), 1, "{}", ended.stderr);
    setting.clean(&ended);
    let exchanges = setting.sandbox.exchanges().len();
    for (configuration, name) in [("second.yaml", "b"), ("tokenwell.yaml", "a")] {
        let mut command = tokenwell(["run", "--config"]);
        command.arg(setting.path(configuration));
        let again = Program::start(&mut command);
        again.until_said("the token on disk is good", 1);
        setting.clean(&again.stop());
        assert_eq!(setting.sandbox.exchanges().len(), exchanges, "{name}");
    }
}

#[test]
fn a_daemon_that_was_killed_leaves_no_lock() {
    let setting = Setting::with(&["a"]);
    for _ in 0..3 {
        let program = setting.ready();
        program.signal(SIGKILL);
        drop(program.ended());
    }
    let ended = setting.ready().stop();
    assert!(!ended.stderr.contains("another tokenwell"), "{}", ended.stderr);
    assert_eq!(setting.sandbox.exchanges().len(), 1);
}

/// Starts a daemon with these credentials and the state directory of the first.
fn second(setting: &Setting, names: &[&str]) -> Program {
    let socket = setting.path("second.sock");
    let status = format!("status: {{listen: unix:{}}}\n", socket.display());
    setting.put("second.yaml", &setting.text(&format!("{QUICK}{status}{}", setting.named(names))));
    let mut command = tokenwell(["run", "--config"]);
    command.arg(setting.path("second.yaml"));
    Program::start(&mut command)
}

fn asked(setting: &Setting) -> Option<Value> {
    let mut command = tokenwell(["status", "--json", "--config"]);
    command.arg(setting.path("second.yaml"));
    let ended = Program::start(&mut command).ended();
    serde_json::from_str(&ended.stdout).ok()
}
