//! Sessions from answers to security questions, and from the refresh tokens that they bring.

use std::{fs, os::unix::fs::PermissionsExt as _};

use nix::sys::signal::Signal::SIGUSR1;
use tokenwell::{
    sandbox::{Details, Endpoint},
    secret::Secret,
};

use crate::{
    program::{Program, once, within},
    user::{CITY, PET, User, WRONG},
};

#[test]
fn answers_bring_a_session_and_go_out_in_file_order() {
    let mut user = User::new();
    let program = user.start();
    program.until_said("ready: every required token is on disk", 1);
    let [verified] = &user.requests(Endpoint::QuestionsVerify)[..] else { panic!("one verification") };
    let Details::SecurityQuestions { login_id, questions, stepup } = &verified.details else { panic!("{verified:?}") };
    assert_eq!((login_id.as_deref(), *stepup), (Some("user@example.com"), Some(true)));
    assert_eq!(questions, &["city", "pet"]);
    assert!(user.stored_tokens().is_empty(), "a token that was never replaced is not copied");
    program.signal(SIGUSR1);
    within("a second verification", || (user.verifications() == 2).then_some(()));
    program.until_said("token written", 2);
    user.clean(&program.stop());
    let again = Program::start(&mut once(&user.path(""), "10s")).ended();
    assert_eq!((again.code, user.verifications()), (Some(1), 2), "the other credential has no key: {}", again.stderr);
}

#[test]
fn a_new_refresh_token_is_refreshed_until_it_is_denied() {
    let mut user = User::new();
    // The mounted token stays valid.
    user.sandbox.set(|settings| settings.verify_refresh_token = Some(true));
    let program = user.start();
    program.until_said("token written", 1);
    let stored = user.stored_tokens();
    assert_eq!(stored.len(), 1);
    assert_eq!(fs::metadata(&stored[0]).unwrap().permissions().mode() & 0o777, 0o600);
    let of_the_verification = Secret::new(fs::read_to_string(&stored[0]).unwrap()).fingerprint();
    program.signal(SIGUSR1);
    program.until_said("token written", 2);
    let [refresh] = &user.requests(Endpoint::Refresh)[..] else { panic!("one refresh") };
    assert_eq!((refresh.key, user.verifications()), (Some(of_the_verification), 1));
    user.sandbox.set(|settings| settings.denied = [Endpoint::Refresh].into());
    program.signal(SIGUSR1);
    program.until_said("token written", 3);
    assert_eq!((user.requests(Endpoint::Refresh).len(), user.verifications()), (2, 2));
    let status = within("the status", || user.status().filter(|status| status["state"] == "fresh"));
    assert!(status["lastRefusal"].is_null(), "{status}");
    for path in user.stored_tokens() {
        let token = fs::read_to_string(path).unwrap();
        user.leaks.jwt(&token);
    }
    let ended = program.stop();
    assert!(ended.stderr.contains("the security questions are answered again"), "{}", ended.stderr);
    user.clean(&ended);
}

#[test]
fn people_never_see_a_fingerprint_of_the_answers() {
    let mut user = User::new();
    let program = user.start();
    program.until_said("token written", 1);
    let first = within("the status", || user.status().filter(|status| status["state"] == "fresh"));
    let record = || fs::read_to_string(user.path("state/state/user.json")).unwrap();
    let key_of = |record: &str| {
        let record: serde_json::Value = serde_json::from_str(record).unwrap();
        record["asked"]["keyFingerprint"].as_str().unwrap().to_owned()
    };
    let one = key_of(&record());
    assert_eq!(fs::metadata(user.path("state/state/user.json")).unwrap().permissions().mode() & 0o777, 0o600);
    user.put_answers(&[("pet", PET), ("city", CITY)]);
    within("the answers in another order", || (user.verifications() == 2).then_some(()));
    program.until_said("token written", 2);
    let other = key_of(&record());
    assert_ne!(one, other);
    user.put_answers(&[("pet", WRONG)]);
    let denied = within("the denial", || user.status().filter(|status| status["lastRefusal"].is_object()));
    let mounted = Secret::new(fs::read_to_string(user.path("keys/refresh")).unwrap()).fingerprint().to_string();
    assert_eq!(
        (&first["keyFingerprint"], &first["tokenKeyFingerprint"]),
        (&mounted.clone().into(), &mounted.clone().into())
    );
    assert_eq!(denied["keyFingerprint"], mounted);
    assert_ne!(denied["tokenKeyFingerprint"], one);
    let status = fs::read_to_string(user.path("state/status.json")).unwrap();
    let third = key_of(&fs::read_to_string(user.path("state/state/user.json")).unwrap());
    let ended = program.stop();
    for key in [one, other, third] {
        assert!(!status.contains(&key) && !ended.stderr.contains(&key), "a fingerprint of the answers is shown");
    }
    assert!(ended.stderr.contains(&format!("key={mounted}")) || ended.stderr.contains(&mounted), "{}", ended.stderr);
    user.clean(&ended);
}

#[test]
fn unusable_answers_cost_no_request_and_are_named() {
    let mut user = User::new();
    fs::remove_file(user.path("keys/answers.json")).unwrap();
    let program = user.start();
    program.until_said("answers file `", 1);
    for (text, said) in [
        ("[", "it is not a JSON list"),
        ("[]", "its list is empty"),
        ("\u{feff}[]", "byte order mark"),
        (&" ".repeat(70_000), "more than 65536 bytes"),
        (
            &format!("[{{\"id\":\"pet\",\"answer\":\"{PET}\"}},{{\"id\":\"pet\",\"answer\":\"{WRONG}\"}}]"),
            "the same `id`",
        ),
        (&format!("[{{\"id\":\"pet\",\"answers\":\"{PET}\"}}]"), "no `answer`"),
    ] {
        user.put("keys/answers.json", text);
        program.until_said(said, 1);
    }
    let status = within("the status", || user.status().filter(|status| status["keyTrouble"].is_string()));
    assert!(status["remedy"].as_str().unwrap().contains("answers.json"), "{status}");
    assert_eq!(user.verifications(), 0);
    user.put_answers(&[("pet", PET), ("city", CITY)]);
    program.until_said("token written", 1);
    assert_eq!(user.verifications(), 1);
    user.clean(&program.stop());
}
