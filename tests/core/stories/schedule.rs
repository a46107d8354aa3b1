//! When a session is renewed.

use std::{num::NonZeroUsize, time::Duration};

use crate::play::{Play, at, calm, key, life};

use tokenwell::renewal::{Effect, Event, ExchangeOutcome, Fleet, Grant, Health, LastExchange, OriginId, Policy, Share};

#[test]
fn a_session_is_renewed_at_two_thirds_of_its_life() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    assert_eq!(play.health(id), Health::Starting);
    play.renews(id, 600);
    assert_eq!(play.health(id), Health::Fresh);
    play.quiet_until(401.999);
    play.rests();
    play.go(402.0);
    play.renews(id, 600);
    play.quiet_until(803.999);
    play.go(804.0);
    play.asks(id);
}

#[test]
fn life_is_counted_from_when_the_request_was_sent() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    let attempt = play.asks(id);
    play.go(9.0);
    let outcome = ExchangeOutcome::Granted { key: key(1), sent: at(0.0), grant: life(100) };
    play.tell(id, Event::Exchanged(attempt, outcome));
    let attempt = play.publishes(id);
    play.tell(id, Event::Published(attempt, Ok(())));
    play.quiet_until(66.999);
    play.go(67.0);
    play.asks(id);
    play.go(99.999);
    assert!(play.health(id).is_usable());
    play.go(100.0);
    assert_eq!(play.health(id), Health::Expired);
}

#[test]
fn an_earlier_renewal_hint_is_obeyed_and_a_later_one_is_not() {
    for (refresh_after, due) in [(120, 120.0), (599, 402.0), (0, 402.0)] {
        let mut play = Play::new();
        let id = play.with_key(calm());
        let attempt = play.asks(id);
        let grant = Grant { refresh_after: Some(Duration::from_secs(refresh_after)), ..life(600) };
        play.granted(id, attempt, key(1), grant);
        let attempt = play.publishes(id);
        play.tell(id, Event::Published(attempt, Ok(())));
        play.quiet_until(due - 0.001);
        play.rests();
        play.go(due);
        play.asks(id);
    }
}

#[test]
fn a_hostile_hint_cannot_break_the_spacing() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    for round in 0..100 {
        play.go(f64::from(round) * 2.0);
        let attempt = play.asks(id);
        play.granted(id, attempt, key(1), Grant { refresh_after: Some(Duration::from_nanos(1)), ..life(600) });
        let attempt = play.publishes(id);
        play.tell(id, Event::Published(attempt, Ok(())));
        play.quiet_until(f64::from(round) * 2.0 + 1.999);
        play.rests();
    }
}

#[test]
fn jitter_only_moves_a_renewal_earlier() {
    let mut earliest = f64::MAX;
    for seed in 0..200 {
        let mut fleet = Fleet::new(NonZeroUsize::MIN, seed);
        let id = fleet.add(OriginId::default(), Policy::default(), LastExchange::default());
        fleet.handle(at(0.0), id, Event::KeyAppeared(key(1)));
        let Some((_, Effect::Exchange(attempt))) = fleet.next_effect(at(0.0)) else { panic!("it asks at once") };
        let outcome = ExchangeOutcome::Granted { key: key(1), sent: at(0.0), grant: life(1000) };
        fleet.handle(at(0.0), id, Event::Exchanged(attempt, outcome));
        let renew = fleet.get(id).unwrap().held().unwrap().renew;
        assert!((at(603.0)..=at(670.0)).contains(&renew), "670 s less at most a tenth, got {renew:?}");
        earliest = earliest.min(renew.elapsed_since_boot().as_secs_f64());
    }
    assert!(earliest < 615.0, "the jitter is used: {earliest}");
}

#[test]
fn a_new_policy_moves_the_renewal_that_the_old_one_planned() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    play.renews(id, 600);
    play.go(10.0);
    let policy = Policy { renew_at: Share::from_percent(20.0).unwrap(), ..calm() };
    play.fleet.set_policy(play.now, id, policy);
    play.quiet_until(119.999);
    play.go(120.0);
    play.asks(id);
}
