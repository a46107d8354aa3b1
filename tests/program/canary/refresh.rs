//! Refresh tokens, mounted and rotated, and the token of another provider: every command and every face.

use std::{fs, time::Duration};

use nix::sys::signal::Signal::SIGUSR1;
use serde_json::json;
use tokenwell::sandbox::{Answer, Reply, Shape};

use crate::{
    asked::{self, files},
    program::{Ended, Program, TOKENWELL},
    setting::{QUICK, Setting},
};

const EXTERNAL: &str = "external-token-of-another-provider-0123456789";

/// A rotating refresh token with an external token, and a hook that prints every secret that it can read.
fn setting() -> Setting {
    let mut setting = Setting::new();
    setting.sandbox.set(|settings| settings.rotate_refresh_tokens = true);
    let token = setting.sandbox.refresh_token("P2world", Duration::from_secs(3600)).unwrap();
    setting.leaks.jwt(token.expose());
    setting.leaks.key(EXTERNAL);
    setting.put("keys/refresh", token.expose());
    setting.put("keys/external", EXTERNAL);
    let text = r#"status: {listen: "127.0.0.1:0"}
credentials:
  - name: a
    refreshTokenFile: PLACE/keys/refresh
    externalTokenFile: PLACE/keys/external
    outputs: [{path: PLACE/out/a.jwt}]
    hooks: [{command: [/bin/sh, -c, "cat PLACE/keys/* PLACE/state/refresh-tokens/*; env"]}]
"#;
    let place = setting.path("").display().to_string();
    setting.configure_with(QUICK, &text.replace("PLACE", place.trim_end_matches('/')));
    setting
}

pub(crate) fn started(arguments: &[&str], setting: &Setting) -> Program {
    let mut command = std::process::Command::new(TOKENWELL);
    command.env_clear().env("TOKENWELL_LOG", "trace").env("PATH", "/usr/bin:/bin").args(arguments);
    Program::start(command.arg("--config").arg(setting.path("tokenwell.yaml")))
}

/// Asserts that the output contains no secret, nor a part of one.
pub(crate) fn silent(setting: &mut Setting, ended: &Ended) {
    setting.learn_tokens();
    learn_stored(setting);
    for said in [&ended.stdout, &ended.stderr] {
        assert_eq!(setting.leaks.found_in(said), None, "in {} bytes", said.len());
    }
    assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
}

fn learn_stored(setting: &mut Setting) {
    // Before the first exchange, and for other kinds, there is no such folder.
    let folder = setting.path("state/refresh-tokens");
    let stored = if folder.exists() { files(&folder) } else { Vec::new() };
    for file in stored {
        if file.extension().is_some_and(|extension| extension == "jwt") {
            setting.leaks.jwt(&fs::read_to_string(file).unwrap());
        }
    }
}

#[test]
fn no_command_says_a_refresh_token() {
    let mut setting = setting();
    for (arguments, code) in [
        (&["check"][..], 0),
        (&["once"], 0),
        (&["check"], 0),
        (&["check", "--online"], 0),
        (&["wait", "--timeout", "5s"], 0),
        (&["status"], 0),
    ] {
        let ended = started(arguments, &setting).ended();
        assert_eq!(ended.code, Some(code), "{arguments:?}\n{}{}", ended.stdout, ended.stderr);
        silent(&mut setting, &ended);
    }
}

#[test]
fn no_face_of_the_daemon_shows_a_refresh_token() {
    let mut setting = setting();
    let program = started(&["run"], &setting);
    program.until_said("token written", 1);
    program.until_said("hook done", 1);
    let token = fs::read_to_string(setting.path("keys/refresh")).unwrap();
    let echo = |status| Reply::new(status).json(&json!({"errorCode": "E061104", "errorMessage": token}));
    let body = json!({"sessionJwt": token}).as_object().unwrap().clone();
    setting.sandbox.script([
        Answer::Session(Shape { body, ..Shape::default() }),
        echo(500).into(),
        echo(302).header("location", &format!("http://127.0.0.1:1/{token}")).into(),
        Answer::Denied,
        Answer::Usual,
    ]);
    program.signal(SIGUSR1);
    program.until_said("it is a refresh token and no session", 1);
    program.until_said("Descope denies the refresh token", 1);
    learn_stored(&mut setting);
    let metric = "tokenwell_refresh_token_expiry_timestamp_seconds{credential=\"a\"}";
    let metrics = asked::pages_are_clean(&setting);
    assert!(metrics.contains(metric), "{metrics}");
    program.signal(SIGUSR1);
    program.until_said("\"recovered", 1);
    asked::process_is_clean(&setting, &program);
    let ended = program.stop();
    silent(&mut setting, &ended);
    for file in files(&setting.path("state")) {
        let is_token = file.parent().unwrap().ends_with("refresh-tokens");
        assert!(is_token || setting.leaks.all_in(&fs::read(&file).unwrap()).is_empty(), "{}", file.display());
    }
}
