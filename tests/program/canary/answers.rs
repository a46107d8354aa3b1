//! Answers to security questions: every command, every face, and the memory of the daemon.

use std::{fs, time::Duration};

use nix::{sys::signal::Signal::SIGUSR1, unistd::geteuid};
use serde_json::{Value, json};
use tokenwell::sandbox::{Answer, Reply};

use crate::{
    asked::{self, files},
    common::leaks::Leaks,
    dump,
    program::{Program, TOKENWELL, within},
    refresh::{silent, started},
    setting::{QUICK, Setting},
    skipped,
};

const ANSWERS: [(&str, &str); 2] =
    [("pet", "CANARY pet: rex, the \"first\" of 1999"), ("city", "CANARY-city-of-birth-rome-0123456789")];

/// A user with two answers, and a hook that prints every secret that it can read.
fn setting() -> Setting {
    let mut setting = Setting::new();
    setting.sandbox.expect_answers(&ANSWERS).unwrap();
    let token = setting.sandbox.refresh_token("P2world", Duration::from_secs(3600)).unwrap();
    setting.leaks.jwt(token.expose());
    for (_, answer) in ANSWERS {
        setting.leaks.key(answer);
    }
    setting.put("keys/refresh", token.expose());
    setting.put("keys/answers.json", &answers(&ANSWERS));
    let text = r#"status: {listen: "127.0.0.1:0"}
credentials:
  - name: a
    securityQuestions: {loginId: user@example.com, answersFile: PLACE/keys/answers.json, refreshTokenFile: PLACE/keys/refresh}
    outputs: [{path: PLACE/out/a.jwt}]
    hooks: [{command: [/bin/sh, -c, "cat PLACE/keys/*; env"]}]
"#;
    let place = setting.path("").display().to_string();
    setting.configure_with(QUICK, &text.replace("PLACE", place.trim_end_matches('/')));
    setting
}

fn answers(pairs: &[(&str, &str)]) -> String {
    pairs.iter().map(|(id, answer)| json!({"id": id, "answer": answer})).collect::<Value>().to_string()
}

#[test]
fn no_command_says_an_answer() {
    let mut setting = setting();
    let answers_file = setting.path("keys/answers.json").display().to_string();
    for (arguments, code) in [
        (&["check"][..], 0),
        (&["security-questions", "setup", "--credential", "a", "--answers-file", &answers_file], 0),
        (&["once"], 0),
        (&["check", "--online"], 0),
        (&["status"], 0),
    ] {
        let ended = started(arguments, &setting).ended();
        assert_eq!(ended.code, Some(code), "{arguments:?}\n{}{}", ended.stdout, ended.stderr);
        silent(&mut setting, &ended);
    }
}

#[test]
fn no_face_of_the_daemon_shows_an_answer() {
    let mut setting = setting();
    let program = started(&["run"], &setting);
    program.until_said("token written", 1);
    program.until_said("hook done", 1);
    let echo = |status: u16| {
        let message = ANSWERS.map(|(_, answer)| answer).concat();
        Reply::new(status).json(&json!({"errorCode": "E061104", "errorMessage": message, "sessionJwt": message}))
    };
    let location = format!("http://127.0.0.1:1/{}", ANSWERS[1].1);
    setting.sandbox.script([
        echo(200).into(),
        echo(500).into(),
        echo(302).header("location", &location).into(),
        Answer::Reset,
        echo(401).into(),
    ]);
    program.signal(SIGUSR1);
    program.until_said("Descope denies the answers to the security questions", 1);
    setting.put("keys/answers.json", &answers(&ANSWERS).replace("answer\"", "answers\""));
    program.until_said("an entry has no `answer`", 1);
    asked::pages_are_clean(&setting);
    asked::process_is_clean(&setting, &program);
    let ended = program.stop();
    silent(&mut setting, &ended);
    for file in files(&setting.path("state")) {
        assert!(setting.leaks.all_in(&fs::read(&file).unwrap()).is_empty(), "{}", file.display());
    }
}

#[test]
fn no_answer_stays_in_memory_after_its_exchange() {
    if !geteuid().is_root() {
        skipped::without_root("only root sees the memory of a daemon");
        return;
    }
    let setting = setting();
    let mut program = std::process::Command::new(TOKENWELL);
    program.env_clear().env("TOKENWELL_LOG", "trace").args(["run", "--config"]).arg(setting.path("tokenwell.yaml"));
    let program = Program::start(&mut program);
    program.until_said("token written", 1);
    program.until_said("hook done", 1);
    let mut leaks = Leaks::default();
    for (_, answer) in ANSWERS {
        leaks.key(answer);
    }
    let found = || {
        let stretches = dump::of(program.pid());
        assert!(stretches.iter().map(|stretch| stretch.bytes.len()).sum::<usize>() > 1 << 20, "it was read");
        stretches.iter().map(|stretch| leaks.all_in(&stretch.bytes).len()).sum::<usize>()
    };
    // A connection keeps its buffers while it is idle, for 20 s.
    within("memory without answers", || (found() == 0).then_some(()));
}
