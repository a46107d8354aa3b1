//! The seven cases by which the agents of Vault and `OpenBao` test their supervision (`exec_test.go`).

use nix::sys::signal::Signal::{SIGTERM, SIGUSR1};

use crate::stage::Stage;

#[test]
fn the_paths_are_in_the_environment() {
    let mut stage = Stage::with(&["billing-eu", "a"]);
    let script = "echo \"$TOKENWELL_BILLING_EU_FILE $TOKENWELL_A_FILE ${DESCOPE_SESSION_TOKEN_FILE-none}\" | say paths
        cat \"$TOKENWELL_A_FILE\" | say token";
    let ended = stage.start(&[], script).ended();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let path = |name: &str| stage.path(&format!("out/{name}.jwt")).display().to_string();
    assert_eq!(stage.said("paths"), format!("{} {} none", path("billing-eu"), path("a")));
    assert_eq!(Some(stage.said("token")), stage.token("a"));
    stage.clean(&ended);

    let mut stage = Stage::with(&["only"]);
    let ended = stage.start(&[], "cat \"$DESCOPE_SESSION_TOKEN_FILE\" | say token").ended();
    assert_eq!(Some(stage.said("token")), stage.token("only"));
    stage.clean(&ended);
}

#[test]
fn a_changed_key_starts_the_program_anew_with_the_new_token() {
    let mut stage = Stage::with(&["a"]);
    let flags = ["--on-rotation", "restart", "--token-env", "API_TOKEN"];
    let program = stage.start(&flags, "echo \"$$ $API_TOKEN\" | say starts; hang");
    stage.until_said("starts", 1);
    let first = stage.token("a").unwrap();
    stage.put_key("a", "another");
    let starts = stage.until_said("starts", 2);
    let starts: Vec<_> = starts.lines().map(|line| line.split_once(' ').unwrap()).collect();
    assert_ne!(starts[0].0, starts[1].0, "another process");
    assert_ne!(starts[0].1, starts[1].1, "another token");
    assert_eq!(starts[0].1, first);
    assert_eq!(Some(starts[1].1.to_owned()), stage.token("a"));
    let ended = program.stop();
    assert_eq!(ended.code, Some(128 + 15), "{}", ended.stderr);
    stage.clean(&ended);
}

#[test]
fn a_program_that_exits_with_0_is_0() {
    let mut stage = Stage::with(&["a"]);
    let ended = stage.start(&[], "exit 0").ended();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    stage.clean(&ended);
}

#[test]
fn a_program_that_exits_with_5_is_5() {
    let mut stage = Stage::with(&["a"]);
    let ended = stage.start(&[], "exit 5").ended();
    assert_eq!(ended.code, Some(5), "{}", ended.stderr);
    stage.clean(&ended);
}

#[test]
fn term_is_the_programs_and_its_answer_is_ours() {
    let mut stage = Stage::with(&["a"]);
    let program = stage.start(&[], "trap 'echo term | say got; exit 7' TERM; echo | say ready; hang");
    stage.said("ready");
    let ended = program.stop();
    assert_eq!(stage.said("got"), "term");
    assert_eq!(ended.code, Some(7), "{}", ended.stderr);
    stage.clean(&ended);
}

#[test]
fn usr1_is_the_programs_and_renews_nothing() {
    let mut stage = Stage::with(&["a"]);
    let program = stage.start(&[], "trap 'echo usr1 | say got' USR1; echo | say ready; hang; exit 3");
    stage.said("ready");
    program.signal(SIGUSR1);
    assert_eq!(stage.said("got"), "usr1");
    stage.let_go();
    let ended = program.ended();
    assert_eq!(ended.code, Some(3), "{}", ended.stderr);
    assert_eq!(stage.sandbox.counters().exchanges, 1);
    stage.clean(&ended);
}

#[test]
fn a_program_that_ignores_term_is_killed_after_the_grace() {
    let mut stage = Stage::with(&["a"]);
    let program = stage.start(&["--grace", "300ms"], "trap '' TERM; echo | say ready; hang");
    stage.said("ready");
    program.signal(SIGTERM);
    let ended = program.ended();
    assert_eq!(ended.code, Some(128 + 9), "{}", ended.stderr);
    assert!(ended.stderr.contains("it is killed"), "{}", ended.stderr);
    stage.clean(&ended);
}
