//! Access keys that are denied, changed or missing.

use std::time::Duration;

use crate::play::{Play, at, calm, due, key, life};

use tokenwell::renewal::{Event, ExchangeOutcome, Health, NotWritten, Refusal};

#[test]
fn a_denied_key_is_tried_rarely_until_its_file_changes() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    let attempt = play.asks(id);
    play.refused(id, attempt, Refusal::Denied);
    play.quiet_until(100.0);
    play.tell(id, Event::KeyAppeared(key(1)));
    play.rests();
    play.quiet_until(299.999);
    play.go(300.0);
    let attempt = play.asks(id);
    play.refused(id, attempt, Refusal::Denied);
    play.quiet_until(310.0);
    play.tell(id, Event::KeyAppeared(key(2)));
    play.asks(id);
}

#[test]
fn a_key_rotated_during_a_request_outranks_the_denial() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    let attempt = play.asks(id);
    play.go(0.5);
    play.tell(id, Event::KeyAppeared(key(2)));
    play.refused(id, attempt, Refusal::Denied);
    play.quiet_until(1.499);
    play.rests();
    play.go(1.5);
    play.asks(id);
}

#[test]
fn a_changed_key_is_used_after_a_second_at_most() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    play.renews(id, 600);
    play.go(0.2);
    play.tell(id, Event::KeyAppeared(key(2)));
    play.quiet_until(0.999);
    play.go(1.0);
    let attempt = play.asks(id);
    play.granted(id, attempt, key(2), life(600));
    let attempt = play.publishes(id);
    play.tell(id, Event::Published(attempt, Ok(())));
    play.go(200.0);
    play.tell(id, Event::KeyAppeared(key(3)));
    play.asks(id);
}

#[test]
fn a_key_that_the_exchange_read_itself_is_not_asked_for_twice() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    let attempt = play.asks(id);
    play.granted(id, attempt, key(2), life(600));
    let attempt = play.publishes(id);
    play.tell(id, Event::Published(attempt, Ok(())));
    play.tell(id, Event::KeyAppeared(key(2)));
    play.quiet_until(401.0);
}

#[test]
fn a_bad_new_key_costs_no_good_token() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    play.renews(id, 600);
    play.go(10.0);
    play.tell(id, Event::KeyAppeared(key(2)));
    let attempt = play.asks(id);
    let outcome = ExchangeOutcome::Refused { key: Some(key(2)), sent: play.now, refusal: Refusal::Denied };
    play.tell(id, Event::Exchanged(attempt, outcome));
    assert_eq!(play.health(id), Health::Failing);
    play.tell(id, Event::KeyAppeared(key(1)));
    play.go(11.0);
    let attempt = play.asks(id);
    play.granted(id, attempt, key(1), life(600));
}

#[test]
fn without_a_key_no_exchange_is_made_until_it_returns() {
    let mut play = Play::new();
    let id = play.add(calm());
    play.rests();
    play.go(50.0);
    play.tell(id, Event::KeyAppeared(key(1)));
    play.renews(id, 600);
    play.go(60.0);
    play.tell(id, Event::KeyVanished);
    assert_eq!(play.health(id), Health::Failing);
    play.quiet_until(649.0);
    play.tell(id, Event::KeyAppeared(key(1)));
    play.asks(id);
}

#[test]
fn an_exchange_that_finds_no_key_waits_for_one() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    let attempt = play.asks(id);
    play.tell(id, Event::Exchanged(attempt, ExchangeOutcome::NoKey));
    play.quiet_until(1000.0);
    play.tell(id, Event::KeyAppeared(key(1)));
    play.asks(id);
}

#[test]
fn a_key_that_is_back_before_it_is_read_is_not_asked_with_again() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    play.renews(id, 600);
    let cooling_down = |play: &Play| play.fleet.get(id).unwrap().cooling_down(play.now);
    assert_eq!(cooling_down(&play), Some(key(1)));
    play.go(0.5);
    play.tell(id, Event::KeyAppeared(key(2)));
    play.go(1.0);
    let attempt = play.asks(id);
    assert_eq!(cooling_down(&play), Some(key(1)), "the spacing is two seconds");
    play.tell(id, Event::Exchanged(attempt, ExchangeOutcome::CoolingDown(key(1))));
    play.quiet_until(401.999);
    play.go(402.0);
    assert_eq!(cooling_down(&play), None);
    play.asks(id);
}

#[test]
fn a_denial_for_good_lasts_until_the_key_changes() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    let attempt = play.asks(id);
    play.refused(id, attempt, Refusal::DeniedForGood);
    play.tell(id, Event::KeyAppeared(key(1)));
    assert_eq!(play.fleet.get(id).unwrap().exchange_planned(), None);
    play.quiet_until(1_000_000.0);
    play.rests();
    play.tell(id, Event::KeyAppeared(key(2)));
    play.asks(id);
}

#[test]
fn a_denial_for_good_ends_when_a_person_asks_again() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    let attempt = play.asks(id);
    play.refused(id, attempt, Refusal::DeniedForGood);
    play.quiet_until(1000.0);
    play.tell(id, Event::RenewRequested);
    let attempt = play.asks(id);
    play.refused(id, attempt, Refusal::DeniedForGood);
    play.quiet_until(2000.0);
    play.rests();
}

#[test]
fn a_replaced_secret_costs_nothing_while_a_token_lives() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    play.renews(id, 600);
    play.go(10.0);
    play.tell(id, Event::SecretReplaced);
    play.rests();
    play.go(402.0);
    let attempt = play.asks(id);
    play.refused(id, attempt, Refusal::Failed);
    let planned = play.fleet.get(id).unwrap().exchange_planned();
    play.tell(id, Event::SecretReplaced);
    assert_eq!(play.fleet.get(id).unwrap().exchange_planned(), planned, "a failure is no denial");
}

#[test]
fn a_replaced_secret_ends_a_denial() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    play.renews(id, 600);
    play.go(402.0);
    let attempt = play.asks(id);
    play.refused(id, attempt, Refusal::Denied);
    play.go(402.5);
    play.tell(id, Event::SecretReplaced);
    play.quiet_until(403.999);
    play.go(404.0);
    play.asks(id);
}

#[test]
fn a_failure_after_a_denial_is_no_denial() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    play.renews(id, 100_000);
    play.go(67_000.0);
    let attempt = play.asks(id);
    play.refused(id, attempt, Refusal::Denied);
    play.go(67_300.0);
    let attempt = play.asks(id);
    play.refused(id, attempt, Refusal::Failed);
    let planned = play.fleet.get(id).unwrap().exchange_planned();
    play.tell(id, Event::SecretReplaced);
    assert_eq!(play.fleet.get(id).unwrap().exchange_planned(), planned);
}

#[test]
fn a_replaced_secret_is_used_at_once_without_a_token() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    for step in 0..6 {
        play.go(f64::from(step) * 100.0);
        let attempt = play.asks(id);
        play.refused(id, attempt, Refusal::Failed);
    }
    play.tell(id, Event::SecretReplaced);
    play.quiet_until(501.999);
    play.go(502.0);
    play.asks(id);
}

#[test]
fn a_secret_replaced_during_a_refused_exchange_is_used() {
    for refusal in [Refusal::Denied, Refusal::Failed] {
        let mut play = Play::new();
        let id = play.with_key(calm());
        let attempt = play.asks(id);
        play.tell(id, Event::SecretReplaced);
        play.refused(id, attempt, refusal);
        play.quiet_until(1.999);
        play.go(2.0);
        let attempt = play.asks(id);
        play.refused(id, attempt, Refusal::Denied);
        play.quiet_until(301.0);
    }
}

#[test]
fn a_replaced_secret_costs_nothing_while_the_disk_is_full() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    let attempt = play.asks(id);
    play.granted(id, attempt, key(1), life(600));
    let attempt = play.publishes(id);
    play.tell(id, Event::Published(attempt, Err(NotWritten)));
    play.go(2.5);
    play.tell(id, Event::SecretReplaced);
    let planned = play.fleet.get(id).unwrap().exchange_planned();
    assert!(planned > Some(at(400.0)), "{planned:?}");
}

#[test]
fn a_secret_replaced_during_an_exchange_costs_no_other() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    let attempt = play.asks(id);
    play.tell(id, Event::SecretReplaced);
    play.granted(id, attempt, key(1), life(600));
    let attempt = play.publishes(id);
    play.tell(id, Event::SecretReplaced);
    play.tell(id, Event::Published(attempt, Ok(())));
    play.quiet_until(401.0);
}

#[test]
fn a_secret_replaced_during_a_failure_waits_while_a_token_lives() {
    let next_due = |is_replaced: bool| {
        let mut play = Play::new();
        let id = play.with_key(calm());
        play.renews(id, 6000);
        for failure in 1..=5 {
            play.go(due(&play, id));
            let attempt = play.asks(id);
            if is_replaced && failure == 5 {
                play.tell(id, Event::SecretReplaced);
            }
            play.refused(id, attempt, Refusal::Failed);
        }
        due(&play, id)
    };
    assert!((next_due(true) - next_due(false)).abs() < 0.001, "the retry is planned as usual");
}

#[test]
fn a_replaced_secret_waits_as_long_as_a_busy_host_asks() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    let attempt = play.asks(id);
    play.tell(id, Event::SecretReplaced);
    play.refused(id, attempt, Refusal::Busy { retry_after: Some(Duration::from_secs(30)) });
    play.quiet_until(29.0);
}
