//! Client secrets, assertions and opaque tokens: every command, every face, and the memory of the daemon.

use std::fs;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use nix::{sys::signal::Signal::SIGUSR1, unistd::geteuid};
use serde_json::{Value, json};
use tokenwell::sandbox::{Answer, Reply};

use crate::{
    asked::{self, files},
    common::leaks::Leaks,
    dump,
    program::{Ended, Program, within},
    refresh::{silent, started},
    setting::{QUICK, Setting},
    skipped,
};

/// A client secret with characters that forms and headers encode.
const SECRET: &str = "CANARY+client/secret=of%20the&client:0123456789";

/// One client with a secret, one with an assertion, and hooks that print what they can read.
fn setting() -> Setting {
    let mut setting = Setting::new();
    setting.sandbox.set(|settings| settings.opaque_tokens = true);
    let assertion = assertion();
    setting.leaks.key(SECRET);
    setting.leaks.jwt(&assertion);
    setting.put("keys/secret", SECRET);
    setting.put("keys/assertion", &assertion);
    let text = r#"status: {listen: "127.0.0.1:0"}
credentials:
  - name: a
    oauth: {clientSecretFile: PLACE/keys/secret, clientAuth: post, scope: [read]}
    outputs: [{path: PLACE/out/a.jwt}]
    hooks: [{command: [/bin/sh, -c, "cat PLACE/keys/secret PLACE/out/a.jwt; env"]}]
  - name: b
    oauth: {grant: jwtBearer, assertionFile: PLACE/keys/assertion}
    outputs: [{path: PLACE/out/b.jwt}]
    hooks: [{command: [/bin/sh, -c, "cat PLACE/keys/assertion PLACE/out/b.jwt; env"]}]
  - name: c
    oauth: {clientSecretFile: PLACE/keys/secret}
    outputs: [{path: PLACE/out/c.jwt}]
"#;
    let place = setting.path("").display().to_string();
    setting.configure_with(QUICK, &text.replace("PLACE", place.trim_end_matches('/')));
    setting
}

/// Returns an assertion that does not expire while a test runs.
fn assertion() -> String {
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let claims = json!({"iss": "https://k8s", "sub": "CANARY", "aud": ["a"], "exp": 4_102_444_800_u64});
    format!("{}.{}.{}", part(json!({"alg": "RS256"})), part(claims), URL_SAFE_NO_PAD.encode("a signature of 24 bytes"))
}

/// Registers the opaque tokens on disk as secrets, and asserts that the output contains none.
fn silent_too(setting: &mut Setting, ended: &Ended) {
    for name in ["a", "b", "c"] {
        if let Ok(token) = fs::read_to_string(setting.path(&format!("out/{name}.jwt"))) {
            setting.leaks.key(&token);
        }
    }
    silent(setting, ended);
}

#[test]
fn no_command_says_a_client_secret_or_an_assertion() {
    let mut setting = setting();
    for (arguments, code) in
        [(&["check"][..], 0), (&["once"], 0), (&["check", "--online"], 0), (&["status"], 0), (&["once"], 0)]
    {
        let ended = started(arguments, &setting).ended();
        assert_eq!(ended.code, Some(code), "{arguments:?}\n{}{}", ended.stdout, ended.stderr);
        silent_too(&mut setting, &ended);
    }
}

#[test]
fn no_face_of_the_daemon_shows_a_secret_of_a_client() {
    let mut setting = setting();
    let program = started(&["run"], &setting);
    program.until_said("hook done", 2);
    program.until_said("ready: every required token is on disk", 1);
    for name in ["a", "b", "c"] {
        let token = fs::read_to_string(setting.path(&format!("out/{name}.jwt"))).unwrap();
        setting.leaks.key(&token);
    }
    let echo = |status: u16| {
        let message = format!("{SECRET} {}", assertion());
        Reply::new(status).json(&json!({"error": message, "error_description": message, "access_token": message}))
    };
    let location = format!("http://127.0.0.1:1/{}", assertion());
    let denied = Reply::new(401).json(&json!({"error": "invalid_client", "error_description": SECRET}));
    for answer in [
        echo(200).into(),
        echo(400).into(),
        echo(500).into(),
        echo(302).header("location", &location).into(),
        Answer::Reset,
        denied.into(),
    ] {
        // One for each client.
        setting.sandbox.script([&answer, &answer, &answer].map(Answer::clone));
        program.signal(SIGUSR1);
        within("the answers were sent", || (setting.sandbox.scripted() == 0).then_some(()));
    }
    program.until_said("invalid_client", 1);
    setting.put("keys/assertion", &assertion()[1..]);
    program.until_said("it is not a JWT", 1);
    asked::pages_are_clean(&setting);
    asked::process_is_clean(&setting, &program);
    let ended = program.stop();
    silent_too(&mut setting, &ended);
    for file in files(&setting.path("state")) {
        assert!(setting.leaks.all_in(&fs::read(&file).unwrap()).is_empty(), "{}", file.display());
    }
}

#[test]
fn no_secret_of_a_client_stays_in_memory_after_its_exchange() {
    if !geteuid().is_root() {
        skipped::without_root("only root sees the memory of a daemon");
        return;
    }
    let setting = setting();
    let program: Program = started(&["run"], &setting);
    program.until_said("hook done", 2);
    program.until_said("ready: every required token is on disk", 1);
    let mut leaks = Leaks::default();
    leaks.key(SECRET);
    leaks.jwt(&assertion());
    let found = || {
        let stretches = dump::of(program.pid());
        assert!(stretches.iter().map(|stretch| stretch.bytes.len()).sum::<usize>() > 1 << 20, "it was read");
        stretches.iter().map(|stretch| leaks.all_in(&stretch.bytes).len()).sum::<usize>()
    };
    // A connection keeps its buffers while it is idle, for 20 s.
    within("memory without a secret of a client", || (found() == 0).then_some(()));
}
