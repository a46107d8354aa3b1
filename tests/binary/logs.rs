//! Log lines.

use std::{
    io::Read as _,
    process::{Command, Stdio},
};

use serde_json::Value;
use tokenwell::sandbox::Answer;

use crate::{
    program::{Program, TOKENWELL, once, run, within},
    setting::Setting,
};

#[test]
fn in_a_pipe_every_line_is_json() {
    let mut setting = Setting::with(&["a"]);
    setting.sandbox.script([Answer::status(503), Answer::denied()]);
    setting.configure_with(
        "renew: {spacing: 100ms, retryFirst: 100ms, deniedEvery: 1s}\n",
        &setting.named(&["a", "missing"]),
    );
    let mut command = run(&setting.path(""));
    let program = Program::start(command.env("TOKENWELL_LOG", "trace"));
    program.until_said("token written", 1);
    let ended = program.stop();
    let lines: Vec<Value> = ended.stderr.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for line in &lines {
        let filled = |name: &str| line[name].as_str().is_some_and(|text| !text.is_empty());
        assert!(filled("level") && filled("message") && filled("timestamp"), "{line}");
    }
    let has = |level: &str, text: &str| {
        let is = |line: &&Value| line["level"] == level && line["message"].as_str().unwrap().contains(text);
        lines.iter().filter(is).count()
    };
    assert_eq!(has("WARN", "waiting for an access key"), 1);
    assert_eq!(has("WARN", "HTTP 503"), 1);
    assert_eq!(has("ERROR", "denies the access key"), 1);
    assert_eq!(has("INFO", "healed"), 1);
    setting.clean(&ended);
}

#[test]
fn the_filter_is_heard_and_a_wrong_one_is_a_mistake() {
    let mut setting = Setting::with(&["a"]);
    let ended = Program::start(once(&setting.path(""), "30s").env("TOKENWELL_LOG", "error")).ended();
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    setting.clean(&ended);
    let ended = Program::start(once(&setting.path(""), "30s").env("TOKENWELL_LOG", "loud=very")).ended();
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("TOKENWELL_LOG"), "{}", ended.stderr);
}

#[test]
fn on_a_terminal_lines_are_text_in_colours_unless_these_are_not_wanted() {
    let setting = Setting::with(&["a"]);
    let said = |no_color: Option<&str>| {
        let mut command = Command::new("script"); // makes a terminal
        let config = setting.path("tokenwell.yaml");
        let inner = format!("{TOKENWELL} once --config {}", config.display());
        command.args(["-qec", &inner, "/dev/null"]).env_clear().env("PATH", std::env::var_os("PATH").unwrap());
        command.env("SHELL", "/bin/sh").envs(no_color.map(|value| ("NO_COLOR", value)));
        let ended = Program::start(&mut command).ended();
        assert_eq!(ended.code, Some(0), "{}", ended.stdout);
        assert!(ended.stdout.contains("INFO") && !ended.stdout.contains('{'), "{}", ended.stdout);
        ended.stdout
    };
    assert!(said(None).contains('\u{1b}'));
    assert!(said(Some("")).contains('\u{1b}'));
    assert!(!said(Some("1")).contains('\u{1b}'));
}

#[test]
fn a_log_that_nobody_reads_any_more_costs_no_token() {
    let mut setting = Setting::with(&["a"]);
    let mut command = run(&setting.path(""));
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut log = child.stderr.take().unwrap();
    log.read_exact(&mut [0; 64]).unwrap();
    drop(log);
    for round in 1..=5 {
        let key = setting.put_key("a", &format!("round{round}")).fingerprint();
        let asked = |setting: &Setting| setting.sandbox.exchanges().iter().any(|seen| seen.key == Some(key));
        within("the new key is used", || {
            assert_eq!(child.try_wait().unwrap(), None, "it died with its log");
            asked(&setting).then_some(())
        });
    }
    assert_eq!(child.try_wait().unwrap(), None);
    child.kill().unwrap();
    child.wait().unwrap();
}
