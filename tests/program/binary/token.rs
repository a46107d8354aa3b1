//! `tokenwell token`.

use std::{fs, process::Command, time::Duration};

use nix::sys::signal::Signal;
use tokenwell::sandbox::Answer;

use crate::{
    program::{Ended, Program, once, tokenwell, within},
    setting::Setting,
};

fn token(setting: &Setting, arguments: &[&str]) -> Ended {
    let mut command: Command = tokenwell(["token"]);
    command.args(arguments).arg("--config").arg(setting.path("tokenwell.yaml"));
    Program::start(&mut command).ended()
}

#[test]
fn the_token_is_printed_as_it_is_in_the_file() {
    let mut setting = Setting::with(&["a", "b"]);
    assert_eq!(Program::start(&mut once(&setting.path(""), "20s")).ended().code, Some(0));
    for name in ["a", "b"] {
        let ended = token(&setting, &[name]);
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
        assert_eq!(Some(ended.stdout), setting.token(name), "without a line break in a pipe");
    }
    assert_eq!(setting.sandbox.counters().exchanges, 2, "it makes no request");
}

#[test]
fn the_token_is_found_in_every_format() {
    let mut setting = Setting::new();
    setting.put_key("a", "a");
    for format in ["json", "env", "header", "bearer", "template, template: \"token = {{ token }};\""]
        .map(|of| format!("format: {of}"))
    {
        let outputs = format!("{{path: {}, {format}}}", setting.path("out/a.any").display());
        let key = setting.path("keys/a");
        setting.configure(&format!(
            "credentials:\n  - {{name: a, accessKeyFile: {}, outputs: [{outputs}]}}\n",
            key.display()
        ));
        assert_eq!(Program::start(&mut once(&setting.path(""), "20s")).ended().code, Some(0));
        let ended = token(&setting, &[]);
        assert_eq!(ended.code, Some(0), "{format}: {}", ended.stderr);
        let content = fs::read_to_string(setting.path("out/a.any")).unwrap();
        assert!(ended.stdout.split('.').count() == 3 && content.contains(&ended.stdout), "{format}");
    }
}

#[test]
fn an_unknown_name_lists_the_names_and_suggests_one() {
    let setting = Setting::with(&["billing", "orders"]);
    let ended = token(&setting, &["biling"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    assert_eq!(
        ended.stderr,
        "error: no credential has the name `biling`; is it `billing`?\n       credentials: billing, orders\n"
    );
    let ended = token(&setting, &[]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("there are several credentials; name one"), "{}", ended.stderr);
}

#[test]
fn without_a_valid_token_nothing_is_printed() {
    let mut setting = Setting::with(&["a"]);
    let refused = |setting: &Setting, why: &str| {
        let ended = token(setting, &["a"]);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{why}");
        assert!(ended.stderr.contains(why), "{}", ended.stderr);
    };
    refused(&setting, "error: a: no exchange was made yet");
    assert_eq!(Program::start(&mut once(&setting.path(""), "20s")).ended().code, Some(0));
    let text = setting.token("a").unwrap();
    fs::write(setting.path("out/a.jwt"), &text[..text.len() - 1]).unwrap();
    refused(&setting, "out/a.jwt` does not hold the token that was written last");
    fs::remove_file(setting.path("out/a.jwt")).unwrap();
    refused(&setting, "out/a.jwt` does not hold the token that was written last");
}

#[test]
fn an_expired_token_is_not_printed() {
    let mut setting = Setting::with(&["a"]);
    setting.sandbox.set(|settings| settings.life = Duration::from_secs(2));
    let daemon = setting.ready();
    within("a token", || (token(&setting, &[]).code == Some(0)).then_some(()));
    setting.learn_tokens();
    setting.sandbox.set(|settings| settings.outage = Some(Answer::status(503)));
    daemon.signal(Signal::SIGKILL);
    daemon.ended();
    let ended = within("the end of the token", || Some(token(&setting, &[])).filter(|ended| ended.code == Some(1)));
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("", "error: a: the token has expired\n"));
}

#[test]
fn one_credential_by_flags_needs_no_name() {
    let mut setting = Setting::new();
    setting.put_key("app", "app");
    let base = setting.sandbox.base_url();
    let flags =
        ["--project-id", "P2world", "--base-url", &base, "--access-key-file", "keys/app", "--output", "out/app.jwt"];
    let run = |command: &str| Program::start(tokenwell([command]).args(flags).current_dir(setting.path(""))).ended();
    assert_eq!(run("once").code, Some(0));
    let ended = run("token");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(Some(ended.stdout), setting.token("app"));
}

#[test]
fn while_tokens_rotate_no_command_fails() {
    // Lives of an hour, for a machine that stands still does not end them.
    let mut setting = Setting::with(&["a"]);
    let daemon = setting.ready();
    fs::copy(setting.path("out/a.jwt"), setting.path("known")).unwrap();
    let first = setting.token("a");
    daemon.signal(Signal::SIGUSR1);
    within("a second token", || (setting.token("a") != first).then_some(()));
    while setting.sandbox.counters().sessions < 20 {
        daemon.signal(Signal::SIGUSR1);
        let ended = token(&setting, &["a"]);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        assert_eq!(ended.stdout.split('.').count(), 3);
        setting.leaks.jwt(&ended.stdout);
        for arguments in
            [&["wait", "--timeout", "0s"][..], &["wait", "--newer-than", "known", "--timeout", "0s"], &["status"]]
        {
            daemon.signal(Signal::SIGUSR1);
            let mut command = tokenwell(arguments);
            command.arg("--config").arg(setting.path("tokenwell.yaml")).current_dir(setting.path(""));
            let ended = Program::start(&mut command).ended();
            assert_eq!(ended.code, Some(0), "{arguments:?}: {}{}", ended.stdout, ended.stderr);
        }
    }
    let ended = daemon.stop();
    assert_eq!(setting.leaks.found_in(&ended.stderr), None);
}
