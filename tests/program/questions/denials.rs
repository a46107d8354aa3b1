//! A denied verification is sent once: wrong answers can lock the account.

use std::fs;

use nix::sys::signal::Signal::{SIGHUP, SIGKILL, SIGUSR1};
use tokenwell::sandbox::Answer;

use crate::{
    program::{Program, tokenwell, within},
    user::{CITY, PET, User, WRONG},
};

const DENIED: &str = "Descope denies the answers to the security questions: HTTP 4";

fn denied() -> (User, Program) {
    let user = User::new();
    user.put_answers(&[("pet", WRONG), ("city", CITY)]);
    let program = user.start();
    program.until_said(DENIED, 1);
    (user, program)
}

#[test]
fn neither_time_nor_a_reload_sends_denied_answers_again() {
    let (mut user, program) = denied();
    user.let_time_pass();
    user.write_config("http: {maxInFlight: 7}\n");
    program.signal(SIGHUP);
    program.until_said("the new configuration is in force", 1);
    let yaml = fs::read_to_string(user.path("tokenwell.yaml")).unwrap();
    user.put("tokenwell.yaml", &yaml.replace("stepup: true", "stepup: false"));
    program.signal(SIGHUP);
    program.until_said("the new configuration is in force", 2);
    user.put_answers(&[("pet", WRONG), ("city", CITY)]);
    user.let_time_pass();
    assert_eq!(user.verifications(), 1);
    let status = user.status().unwrap();
    assert_eq!(status["nextAction"]["what"], "wait for a change");
    assert_eq!(status["lastRefusal"]["class"], "denied");
    assert!(status["remedy"].as_str().unwrap().contains("unlock it in Descope's console and send USR1"), "{status}");
    user.put_answers(&[("pet", PET), ("city", CITY)]);
    within("the mended answers", || user.token("user"));
    assert_eq!(user.verifications(), 2);
    user.clean(&program.stop());
}

#[test]
fn no_restart_sends_denied_answers_again() {
    let (mut user, program) = denied();
    user.clean(&program.stop());
    for kills in [false, true, false] {
        let program = user.start();
        program.until_said("before this start; nothing is sent again before they change", 1);
        user.let_time_pass();
        let status = user.status().unwrap();
        assert_eq!((&status["lastRefusal"]["class"], &status["state"]), (&"denied".into(), &"starting".into()));
        if kills {
            program.signal(SIGKILL);
            program.ended();
        } else {
            user.clean(&program.stop());
        }
    }
    let once = Program::start(&mut crate::program::once(&user.path(""), "1s")).ended();
    assert_eq!((once.code, user.verifications()), (Some(1), 1), "{}", once.stderr);
    let program = user.start();
    program.until_said("before this start", 1);
    user.mount_a_new_token();
    program.until_said(DENIED, 1);
    assert_eq!(user.verifications(), 2, "another refresh token");
    user.clean(&program.stop());
}

#[test]
fn a_person_may_send_denied_answers_once_more() {
    let (mut user, program) = denied();
    user.sandbox.expect_answers(&[("pet", WRONG), ("city", CITY)]).unwrap();
    program.signal(SIGUSR1);
    within("the token", || user.token("user"));
    assert_eq!(user.verifications(), 2);
    user.clean(&program.stop());
}

#[test]
fn a_failure_of_the_server_is_no_denial() {
    let mut user = User::new();
    user.sandbox.script([Answer::status(503), Answer::Reset, Answer::status(403), Answer::busy(0), Answer::Garbage]);
    let program = user.start();
    within("the token", || user.token("user"));
    assert_eq!(user.verifications(), 6);
    user.clean(&program.stop());
}

#[test]
fn the_check_never_sends_denied_answers_again() {
    let (user, program) = denied();
    let check = || {
        let mut command = tokenwell(["check", "--online", "--config"]);
        command.arg(user.path("tokenwell.yaml"));
        Program::start(&mut command).ended()
    };
    let beside = check();
    assert_eq!(user.verifications(), 1, "{}", beside.stdout);
    program.stop();
    let alone = check();
    assert_eq!(alone.code, Some(1));
    assert_eq!(user.verifications(), 1, "{}", alone.stdout);
    assert!(alone.stdout.contains("the same secrets were denied before, and are not sent again"), "{}", alone.stdout);
    assert_eq!(user.leaks.found_in(&(alone.stdout + &beside.stdout)), None);
}
