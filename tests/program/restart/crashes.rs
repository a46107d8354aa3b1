//! Crash loops: the spacing and a host's requested pause hold across processes.

use std::time::Duration;

use nix::sys::signal::Signal::SIGKILL;
use tokenwell::{sandbox::Answer, secret::Secret};

use crate::{
    past::{Past, assert_spaced},
    program::{Program, run},
};

/// The process is killed as soon as the sandbox receives the exchange, so the end of the exchange is never recorded.
#[test]
fn killed_at_every_exchange_it_keeps_the_spacing() {
    let (mut past, key) = crash_loop();
    for round in 1..=20 {
        let hold = past.sandbox.hold();
        let program = Program::start(&mut run(&past.path("")));
        past.until_exchanges(round);
        program.signal(SIGKILL);
        program.ended();
        drop(hold);
    }
    assert_eq!(past.requests().0, 20);
    past.process();
    assert_spaced(&past.sandbox, key.fingerprint(), SPACING);
}

#[test]
fn killed_at_every_denial_it_keeps_the_spacing() {
    let (past, key) = crash_loop();
    past.sandbox.revoke(&key);
    for round in 1..=10 {
        let program = Program::start(&mut run(&past.path("")));
        // The response is on its way; in every second round the process has also read it.
        past.until("a denial", move |counters| counters.replies >= round);
        if round % 2 == 0 {
            program.until_said("denies the access key", 1);
        }
        program.signal(SIGKILL);
        program.ended();
    }
    assert_eq!(past.requests().0, 10);
    assert_spaced(&past.sandbox, key.fingerprint(), SPACING);
}

/// The limit belongs to the host: it also delays the other credential, which was never refused itself.
#[test]
fn the_quiet_that_a_host_asked_for_survives_crashes() {
    let (mut past, key) = crash_loop();
    past.sandbox.script([Answer::busy(3)]);
    let program = Program::start(&mut run(&past.path("")));
    program.until_said("\"busy\"", 1);
    program.signal(SIGKILL);
    program.ended();
    past.put_key("b", "b");
    past.configure_with(PACE, &past.named(&["a", "b"]));
    for _ in 0..5 {
        let program = Program::start(run(&past.path("")).env("TOKENWELL_LOG", "debug"));
        program.until_said("access key read", 2);
        program.signal(SIGKILL);
        program.ended();
    }
    past.process();
    let seen = past.sandbox.exchanges();
    // Both credentials, and again if the five rounds took longer than the pause.
    assert!(seen.len() >= 3, "{seen:?}");
    for later in &seen[1..] {
        let gap = later.arrived - seen[0].arrived;
        assert!(gap >= Duration::from_secs(3), "exchange {} came {gap:?} after the refusal", later.ordinal);
    }
    assert_spaced(&past.sandbox, key.fingerprint(), SPACING);
}

fn crash_loop() -> (Past, Secret) {
    let mut key = None;
    let past = Past::yet_to_begin(|setting| {
        key = Some(setting.put_key("a", "crashes"));
        setting.configure_with(PACE, &setting.named(&["a"]));
    });
    (past, key.unwrap())
}

const SPACING: Duration = Duration::from_millis(300);
/// Long enough that no exchange times out and is retried, however long a test that counts exchanges takes.
const PACE: &str = "renew: {spacing: 300ms, retryFirst: 300ms, retryMax: 400ms}\nhttp: {timeout: 300s}\n";
