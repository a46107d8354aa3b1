//! A process that starts after a refusal says why there is no token: the reason is in the state file.

use serde_json::Value;
use tokenwell::sandbox::Answer;

use crate::{
    past::{Past, said},
    program::{Ended, Program, once, run, tokenwell, within},
};

/// Runs a process until its first refusal, then the next one until it has written its status; returns that status and how
/// the process ended.
fn after_a_restart(past: &mut Past, answer: Answer) -> (Value, Ended) {
    past.sandbox.set(|settings| settings.outage = Some(answer));
    let program = Program::start(&mut run(&past.path("")));
    program.until_said("\"class\"", 1);
    let ended = program.stop();
    past.clean(&ended);
    let exchanges = past.requests().0;
    let program = Program::start(&mut run(&past.path("")));
    program.until_said("before this start", 1);
    let status = within("the status of this process", || {
        let status: Value = serde_json::from_slice(&std::fs::read(past.path("state/status.json")).ok()?).ok()?;
        let told = status["processId"] == program.pid() && status["credentials"][0]["lastRefusal"].is_object();
        told.then_some(status)
    });
    let ended = program.stop();
    past.clean(&ended);
    assert!(past.requests().0 >= exchanges);
    (status, ended)
}

#[test]
fn the_reason_of_any_refusal_is_told_after_a_restart() {
    let slow = "renew: {spacing: 20s, retryFirst: 20s}\n";
    let cases = [
        (Answer::busy(200), "busy", "Descope's API asks to slow down: HTTP 429"),
        (Answer::status(403), "blocked", "HTTP 403"),
        (Answer::status(500), "failed", "Descope's API fails: HTTP 500"),
        (Answer::status(204), "garbled", "HTTP 204"),
    ];
    for (answer, class, message) in cases {
        let mut past = Past::yet_to_begin(|setting| setting.configure_with(slow, &setting.named(&["a"])));
        let (status, ended) = after_a_restart(&mut past, answer);
        let refusal = &status["credentials"][0]["lastRefusal"];
        assert_eq!(refusal["class"], class, "{status}");
        assert!(refusal["message"].as_str().unwrap().contains(message), "{refusal}");
        assert_eq!(past.requests().0, 1, "{class}: the spacing and the hold go on: {}", ended.stderr);
        let lines = said(&ended, message);
        assert!(
            lines.len() == 1 && lines[0].contains("that was ") && lines[0].ends_with("before this start"),
            "{lines:?}"
        );
        let mut wait = tokenwell(["wait", "--timeout", "0s", "--config"]);
        let waited = Program::start(wait.arg(past.path("tokenwell.yaml"))).ended();
        assert!(waited.stderr.contains(&format!("no session was granted yet: {class}: ")), "{}", waited.stderr);
    }
}

#[test]
fn a_hold_that_another_credential_caused_is_told_too() {
    let mut past = Past::yet_to_begin(|setting| {
        setting.put_key("b", "b");
        // One place in flight: the second credential is never sent.
        let slow = "renew: {spacing: 20s, retryFirst: 20s}\nhttp: {maxInFlight: 1}\n";
        setting.configure_with(slow, &setting.named(&["a", "b"]));
    });
    let (status, _) = after_a_restart(&mut past, Answer::busy(200));
    let credentials = status["credentials"].as_array().unwrap();
    let refused = credentials.iter().find(|credential| credential["lastRefusal"].is_object()).unwrap();
    let held = credentials.iter().find(|credential| credential["lastRefusal"].is_null()).unwrap();
    let why = held["hostTrouble"].as_str().unwrap();
    let name = refused["name"].as_str().unwrap();
    assert!(why.contains(&format!("when it refused `{name}`")) && why.contains("HTTP 429"), "{why}");
    assert!(refused["hostTrouble"].is_null());
    assert_eq!(past.requests().0, 1);
}

#[test]
fn once_says_why_a_hold_left_it_no_time() {
    let mut past = Past::yet_to_begin(|_| {});
    after_a_restart(&mut past, Answer::busy(200));
    let ended = Program::start(&mut once(&past.path(""), "3s")).ended();
    assert!(
        ended.code == Some(1) && ended.stderr.contains("\n  a: Descope's API asks to slow down"),
        "{}",
        ended.stderr
    );
    assert_eq!(past.requests().0, 1);
}

#[test]
fn a_session_ends_what_the_state_file_says_of_a_refusal() {
    let mut past = Past::yet_to_begin(|_| {});
    past.sandbox.script([Answer::status(503)]);
    let ended = past.process();
    assert_eq!(said(&ended, "recovered").len(), 1, "{}", ended.stderr);
    assert!(past.record()["refusal"].is_null(), "{}", past.record());
    past.idle_process();
}
