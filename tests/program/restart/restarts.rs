//! A restart with a valid token on disk costs no request.

use nix::sys::signal::Signal::SIGKILL;

use crate::{
    past::Past,
    program::{Program, content, run},
};

#[test]
fn fifty_restarts_make_no_request_and_touch_nothing() {
    let mut past = Past::new();
    for _ in 0..50 {
        past.idle_process();
    }
    // The daemon still responds.
    past.put_key("b", "b");
    past.configure(&past.named(&["a", "b"]));
    past.process();
    assert_eq!(past.requests(), (2, 1), "the newcomer's exchange; the public keys are known");
}

/// Restarts at four points of a start.
#[test]
fn twenty_kills_make_no_request_and_touch_nothing() {
    let mut past = Past::new();
    let token = past.print("out/a.jwt");
    for round in 0..20 {
        let program = Program::start(run(&past.path("")).env("TOKENWELL_LOG", "debug"));
        let point = ["\"starting\"", "credentials reconciled", "the token on disk is good", "ready: every"][round % 4];
        program.until_said(point, 1);
        program.signal(SIGKILL);
        let ended = program.ended();
        assert_eq!((ended.code, past.requests()), (None, (1, 1)), "{}", ended.stderr);
        assert_eq!(past.print("out/a.jwt"), token);
    }
    past.idle_process();
}

/// Adoption keeps the schedule: the last process renews when the first one planned to.
#[test]
fn a_restart_changes_no_plan() {
    let mut past = Past::new();
    let plan = past.record()["session"]["renewAfterSeconds"].clone();
    for _ in 0..3 {
        past.idle_process();
    }
    assert_eq!(past.record()["session"]["renewAfterSeconds"], plan);
    past.put_key("a", "another");
    let before = past.requests();
    let program = past.ready();
    past.until_exchanges(before.0 + 1);
    program.until_said("\"token written\"", 1);
    program.stop();
    assert_ne!(past.record()["session"]["renewAfterSeconds"], plan, "the rng were thrown again");
    assert!(!content(&past.path("out/a.jwt")).is_empty());
}
