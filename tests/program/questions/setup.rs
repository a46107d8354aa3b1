//! `tokenwell security-questions setup`.

use std::{fs, process::Command};

use nix::{
    fcntl::{Flock, FlockArg},
    sys::signal::Signal::SIGUSR1,
};
use tokenwell::{
    sandbox::{Answer, Endpoint, Reply},
    secret::Secret,
};

use crate::{
    program::{Ended, Program, within},
    user::{PET, User, WRONG},
};

impl User {
    pub(crate) fn setup(&self, more: &[&str]) -> Command {
        let mut command = crate::program::tokenwell(["security-questions", "setup", "--config"]);
        command
            .arg(self.path("tokenwell.yaml"))
            .args(["--credential", "user"])
            .args(more)
            .env("TOKENWELL_LOG", "trace");
        command.current_dir(self.path(""));
        command
    }

    fn sets_up(&mut self, more: &[&str]) -> Ended {
        let ended = Program::start(&mut self.setup(more)).ended();
        for said in [&ended.stdout, &ended.stderr] {
            assert_eq!(self.leaks.found_in(said), None, "{said}");
        }
        ended
    }

    fn setups(&self) -> usize {
        self.requests(Endpoint::QuestionsSetup).len()
    }
}

#[test]
fn answers_of_a_file_are_stored_and_the_next_step_is_told() {
    let mut user = User::new();
    user.put("answers", &format!("[{{\"id\":\"pet\",\"answer\":\"{WRONG}\"}}]"));
    let ended = user.sets_up(&["--answers-file", "answers"]);
    assert_eq!((ended.code, user.setups()), (Some(0), 1), "{}", ended.stderr);
    assert_eq!(ended.stdout, "the security questions of `user@example.com` are set up\n");
    let next = format!("next: put the same answers into `{}`", user.path("keys/answers.json").display());
    assert!(ended.stderr.starts_with(&next), "{}", ended.stderr);
    user.put_answers(&[("pet", WRONG)]);
    let program = user.start();
    within("the token", || user.token("user"));
    user.clean(&program.stop());
}

#[test]
fn answers_in_place_of_their_file_are_not_repeated() {
    let mut user = User::new();
    let ended = user.sets_up(&["--answers-file", &format!("[{{\"id\":\"pet\",\"answer\":\"{PET}\"}}]")]);
    assert_eq!((ended.code, user.setups()), (Some(2), 0), "{}", ended.stderr);
    assert!(ended.stderr.contains("the value of `--answers-file` looks like an answer itself"), "{}", ended.stderr);
}

#[test]
fn the_newest_refresh_token_is_presented() {
    let mut user = User::new();
    user.sandbox.set(|settings| settings.rotate_refresh_tokens = true);
    let program = user.start();
    program.until_said("token written", 1);
    for beside in [true, false] {
        let newest = Secret::new(fs::read_to_string(&user.stored_tokens()[0]).unwrap()).fingerprint();
        let ended = user.sets_up(&["--answers-file", "keys/answers.json"]);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        assert_eq!(user.requests(Endpoint::QuestionsSetup).last().unwrap().key, Some(newest), "beside: {beside}");
        if beside {
            program.signal(SIGUSR1);
            program.until_said("token written", 2);
        }
    }
    program.stop();
    let newest = Secret::new(fs::read_to_string(&user.stored_tokens()[0]).unwrap()).fingerprint();
    assert_eq!(user.sets_up(&["--answers-file", "keys/answers.json"]).code, Some(0));
    assert_eq!(user.requests(Endpoint::QuestionsSetup).last().unwrap().key, Some(newest));
}

#[test]
fn a_refresh_under_way_is_waited_for() {
    let user = User::new();
    user.sandbox.set(|settings| settings.rotate_refresh_tokens = true);
    let program = user.start();
    program.until_said("token written", 1);
    program.stop();
    let lock = fs::File::open(user.path("state/refresh-tokens/user.lock")).unwrap();
    let lock = Flock::lock(lock, FlockArg::LockExclusive).unwrap();
    let setup = Program::start(&mut user.setup(&["--answers-file", "keys/answers.json"]));
    setup.until_said("waiting for another process that refreshes the session", 1);
    assert_eq!(user.setups(), 0);
    drop(lock);
    assert_eq!((setup.ended().code, user.setups()), (Some(0), 1));
}

#[test]
fn denied_answers_are_sent_again_once_they_are_set_up() {
    let mut user = User::new();
    user.sandbox.set(|settings| settings.answer_attempts = 100);
    user.put_answers(&[("pet", WRONG)]);
    let program = user.start();
    program.until_said("Descope denies the answers", 1);
    let beside = user.sets_up(&["--answers-file", "keys/answers.json"]);
    assert!(beside.stderr.contains("send it USR1"), "{}", beside.stderr);
    program.stop();
    let program = user.start();
    program.until_said("before this start", 1);
    program.stop();
    let alone = user.sets_up(&["--answers-file", "keys/answers.json"]);
    assert_eq!((alone.code, alone.stderr.as_str(), user.verifications()), (Some(0), "", 1));
    let program = user.start();
    within("the token", || user.token("user"));
    assert_eq!(user.verifications(), 2);
    user.clean(&program.stop());
}

#[test]
fn state_that_cannot_be_read_sends_nothing() {
    let mut user = User::new();
    user.put("state/refresh-tokens", "a file in place of the folder");
    let ended = user.sets_up(&["--answers-file", "keys/answers.json"]);
    assert_eq!((ended.code, user.setups()), (Some(1), 0), "{}", ended.stderr);
    assert!(ended.stderr.contains(&user.path("state/refresh-tokens").display().to_string()), "{}", ended.stderr);
}

#[test]
fn what_is_wrong_on_this_side_exits_with_2_and_sends_nothing() {
    let mut user = User::new();
    user.put("empty", "[]");
    user.put("broken", PET);
    for (arguments, said) in [
        (&["--answers-file", "empty"][..], "its list is empty"),
        (&["--answers-file", "broken"], "it is not a JSON list"),
        (&["--answers-file", "none"], "is missing"),
        (&["--answers-file", "keys"], "it is not a regular file"),
        (&["--answers-file", ""], "--answers-file"),
        (&[], "there is no terminal to ask for the answers; name their file with `--answers-file`"),
        (&["--answers", PET], "unexpected argument"),
    ] {
        let ended = user.sets_up(arguments);
        assert_eq!(ended.code, Some(2), "{arguments:?}: {}", ended.stderr);
        assert!(ended.stderr.contains(said), "{arguments:?}: {}", ended.stderr);
    }
    let other = |user: &User, name: &str| {
        let mut command =
            crate::program::tokenwell(["security-questions", "setup", "--answers-file", "keys/answers.json"]);
        command.args(["--config", "tokenwell.yaml", "--credential", name]).current_dir(user.path(""));
        Program::start(&mut command).ended()
    };
    let ended = other(&user, "missing");
    assert_eq!(ended.code, Some(2));
    assert!(
        ended.stderr.contains("no credential of that name; those with `securityQuestions` are `user`"),
        "{}",
        ended.stderr
    );
    let ended = other(&user, "other");
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("credential `other` has no `securityQuestions`"), "{}", ended.stderr);
    user.put("keys/refresh", "no token");
    let ended = user.sets_up(&["--answers-file", "keys/answers.json"]);
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
    user.put("tokenwell.yaml", "projectId: 7");
    assert_eq!(user.sets_up(&["--answers-file", "keys/answers.json"]).code, Some(2));
    assert_eq!(user.setups(), 0);
}

#[test]
fn every_refusal_of_the_server_exits_with_1() {
    let mut user = User::new();
    let redirect = || Answer::from(Reply::new(307).header("location", "https://evil.example/"));
    for (script, requests, said) in [
        (vec![Answer::denied()], 1, "denied: Descope denies the set-up of the security questions: HTTP 4"),
        (vec![redirect()], 1, "redirects are refused"),
        (vec![Answer::status(503)], 1, "HTTP 503"),
        (vec![Answer::status(403)], 1, "before Descope sees the refresh token and the answers"),
        (vec![Answer::Reset], 1, "unreachable: "),
        (vec![Answer::Garbage], 1, "unreachable: "),
        (vec![Answer::from(Reply::new(200).body(format!("<html>{PET}</html>")))], 1, "whose body is not Descope's"),
        (vec![Answer::busy(120)], 1, "busy: Descope's API asks to slow down"),
        (vec![Answer::busy(1), Answer::busy(1), Answer::Usual], 2, "run the command again later"),
    ] {
        let before = user.setups();
        let left = user.sandbox.scripted();
        user.sandbox.script(script);
        let ended = user.sets_up(&["--answers-file", "keys/answers.json"]);
        assert_eq!((ended.code, user.setups() - before), (Some(1), requests), "{}", ended.stderr);
        assert!(ended.stderr.contains(said), "{said}: {}", ended.stderr);
        assert_eq!(ended.stdout, "");
        while user.sandbox.scripted() > left {
            user.sets_up(&["--answers-file", "keys/answers.json"]);
        }
    }
}

#[test]
fn a_busy_server_is_asked_once_more_after_its_time() {
    let mut user = User::new();
    user.sandbox.script([Answer::busy(1)]);
    let ended = user.sets_up(&["--answers-file", "keys/answers.json"]);
    assert_eq!((ended.code, user.setups()), (Some(0), 2), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("asks to slow down") && ended.stderr.contains("trying once more in 1s"),
        "{}",
        ended.stderr
    );
    let arrived: Vec<_> = user.requests(Endpoint::QuestionsSetup).iter().map(|record| record.arrived).collect();
    assert!(arrived[1].checked_sub(arrived[0]).unwrap().as_secs() >= 1, "the time that was asked for");
}
