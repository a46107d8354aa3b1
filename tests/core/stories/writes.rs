//! Writes and removals of outputs.

use std::time::Duration;

use crate::play::{Play, at, calm, key, life};

use tokenwell::renewal::{Effect, Event, Health, NotWritten, OnExpiry, Policy, Refusal};

#[test]
fn a_failed_write_is_written_again_and_not_asked_for_again() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    let attempt = play.asks(id);
    play.granted(id, attempt, key(1), life(3600));
    let mut writes = 0;
    let mut attempt = play.publishes(id);
    while play.now < at(2000.0) {
        play.tell(id, Event::Published(attempt, Err(NotWritten)));
        writes += 1;
        let wake = play.fleet.next_wake().unwrap();
        assert!(wake - play.now >= Duration::from_secs(2), "writes keep their distance");
        play.now = wake;
        attempt = play.publishes(id);
    }
    assert!((40..200).contains(&writes), "{writes} writes in 2,000 s of a full disk");
    assert_eq!(play.health(id), Health::Unwritten);
    play.tell(id, Event::Published(attempt, Ok(())));
    assert_eq!(play.health(id), Health::Fresh);
}

#[test]
fn a_session_that_expired_before_its_write_is_not_written() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    let attempt = play.asks(id);
    play.granted(id, attempt, key(1), life(10));
    let attempt = play.publishes(id);
    play.go(11.0);
    play.tell(id, Event::Published(attempt, Err(NotWritten)));
    play.go(13.0);
    play.asks(id);
}

#[test]
fn an_expired_token_is_removed_and_returns_with_the_api() {
    let mut play = Play::new();
    let id = play.with_key(Policy { on_expiry: OnExpiry::Remove, ..calm() });
    play.renews(id, 100);
    play.go(67.0);
    let attempt = play.asks(id);
    play.go(100.0);
    play.refused(id, attempt, Refusal::Denied);
    let Some((_, Effect::Withdraw(attempt))) = play.next() else { panic!("the file is to go at 100") };
    play.tell(id, Event::Withdrawn(attempt, Ok(())));
    assert_eq!(play.health(id), Health::Expired);
    play.quiet_until(399.0);
    play.go(400.0);
    play.renews(id, 100);
    assert_eq!(play.health(id), Health::Fresh);
}

#[test]
fn a_token_that_is_to_stay_stays() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    play.renews(id, 100);
    play.go(67.0);
    let attempt = play.asks(id);
    play.refused(id, attempt, Refusal::Denied);
    play.quiet_until(366.0);
    assert_eq!(play.health(id), Health::Expired);
}

#[test]
fn outputs_that_changed_are_written_without_a_request() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    play.renews(id, 600);
    play.go(10.0);
    play.tell(id, Event::OutputsChanged);
    let attempt = play.publishes(id);
    play.tell(id, Event::OutputsChanged);
    play.rests();
    play.tell(id, Event::Published(attempt, Ok(())));
    let attempt = play.publishes(id);
    play.tell(id, Event::Published(attempt, Ok(())));
    play.quiet_until(401.0);
}

#[test]
fn a_failed_write_keeps_its_pause() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    play.renews(id, 600);
    play.go(402.0);
    let attempt = play.asks(id);
    play.granted(id, attempt, key(1), life(600));
    let attempt = play.publishes(id);
    play.tell(id, Event::Published(attempt, Err(NotWritten)));
    play.go(403.0);
    play.tell(id, Event::OutputsAltered);
    play.quiet_until(403.999);
    play.rests();
    play.go(404.0);
    play.publishes(id);
}
