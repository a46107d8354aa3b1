//! Several hosts: each has its own pace, and none takes the slots of another.

use std::{num::NonZeroUsize, time::Duration};

use tokenwell::renewal::{Effect, Event, Id, LastExchange, OriginId, Refusal};

use crate::play::{Play, at, calm, key, life};

#[test]
fn a_busy_host_holds_back_its_own_credentials_only() {
    let mut play = Play::new();
    let [first, second] = [(); 2].map(|()| with_key_at(&mut play, 1));
    let attempt = play.asks(first);
    play.refused(first, attempt, Refusal::Busy { retry_after: Some(Duration::from_secs(100)) });
    let elsewhere = with_key_at(&mut play, 2);
    play.renews(elsewhere, 600);
    assert!(play.fleet.opens(second) >= at(100.0));
    assert!(play.fleet.opens(elsewhere) <= play.now);
    play.quiet_until(99.999);
    play.rests();
    play.next_within(100.0, 110.0);
}

#[test]
fn the_nearest_expiry_comes_first_whichever_host_it_asks() {
    let mut play = Play::new();
    play.fleet.set_in_flight_max(NonZeroUsize::MIN);
    let longer = with_key_at(&mut play, 1);
    play.renews(longer, 1010);
    let shorter = with_key_at(&mut play, 2);
    play.renews(shorter, 1000);
    let busy = with_key_at(&mut play, 1);
    let attempt = play.asks(busy);
    play.go(700.0);
    play.rests();
    play.refused(busy, attempt, Refusal::Denied);
    let attempt = play.asks(shorter);
    play.refused(shorter, attempt, Refusal::Denied);
    play.asks(longer);
}

#[test]
fn a_host_that_hangs_leaves_a_place_to_every_other() {
    let mut play = Play::new();
    play.fleet.set_in_flight_max(NonZeroUsize::new(4).unwrap());
    let idle = with_key_at(&mut play, 2);
    play.renews(idle, 600);
    for _ in 0..10 {
        with_key_at(&mut play, 1);
    }
    for _ in 0..3 {
        assert!(matches!(play.next(), Some((id, Effect::Exchange(_))) if id != idle));
    }
    play.rests();
    play.go(402.0);
    play.asks(idle);
    assert_eq!(play.fleet.in_flight(), 4);
    // With its own slot it takes no more than is left.
    let another = with_key_at(&mut play, 2);
    play.rests();
    play.fleet.remove(play.now, idle).unwrap();
    play.asks(another);
}

#[test]
fn timeouts_at_one_host_do_not_delay_another_host() {
    let mut play = Play::new();
    play.fleet.set_in_flight_max(NonZeroUsize::new(4).unwrap());
    let hung = [(); 3].map(|()| with_key_at(&mut play, 1));
    let other = with_key_at(&mut play, 2);
    let mut attempts = Vec::new();
    while let Some((id, Effect::Exchange(attempt))) = play.next() {
        attempts.push((id, attempt));
    }
    assert_eq!(attempts.len(), 4);
    for (id, attempt) in attempts {
        play.refused(id, attempt, Refusal::TimedOut);
    }
    // Half of the slots are for credentials that timed out, and each host has at least one.
    play.go(100.0);
    let mut asked = Vec::new();
    while let Some((id, Effect::Exchange(_))) = play.next() {
        asked.push(id);
    }
    assert!(asked.contains(&other), "{asked:?}, {hung:?}, {other:?}");
    assert!(asked.len() <= 3, "{asked:?}");
}

#[test]
fn the_last_credential_of_a_host_gives_up_the_place_of_the_host() {
    let mut play = Play::new();
    play.fleet.set_in_flight_max(NonZeroUsize::new(2).unwrap());
    let elsewhere = play.fleet.add(OriginId(2), calm(), LastExchange::default());
    let [first, second] = [(); 2].map(|()| with_key_at(&mut play, 1));
    play.asks(first);
    play.rests();
    play.fleet.remove(play.now, elsewhere).unwrap();
    play.asks(second);
}

#[test]
fn places_of_exchanges_that_timed_out_are_given_back() {
    let mut play = Play::new();
    play.fleet.set_in_flight_max(NonZeroUsize::new(4).unwrap());
    let ids = [(); 3].map(|()| with_key_at(&mut play, 1));
    let mut in_flight: Vec<_> = ids.iter().map(|id| (*id, play.asks(*id))).collect();
    for round in 1..5 {
        for (id, attempt) in in_flight.drain(..) {
            play.refused(id, attempt, Refusal::TimedOut);
        }
        play.go(f64::from(round) * 1000.0);
        while let Some((id, Effect::Exchange(attempt))) = play.next() {
            in_flight.push((id, attempt));
        }
        assert_eq!(in_flight.len(), 2, "half of the places, in round {round}");
    }
}

#[test]
fn with_fewer_places_than_hosts_every_host_has_its_turn() {
    let mut play = Play::new();
    play.fleet.set_in_flight_max(NonZeroUsize::MIN);
    let at_first = [(); 3].map(|()| with_key_at(&mut play, 1));
    let at_second = with_key_at(&mut play, 2);
    let mut attempts = 0;
    loop {
        attempts += 1;
        let (id, Effect::Exchange(attempt)) = play.next().unwrap() else { panic!("an exchange") };
        if id == at_second {
            break;
        }
        play.rests();
        play.refused(id, attempt, Refusal::TimedOut);
    }
    assert!(attempts <= at_first.len() + 1, "{attempts}");
}

#[test]
fn another_host_begins_without_what_was_learnt_of_the_first() {
    let mut play = Play::new();
    let [here, there] = [1, 2].map(|origin| with_key_at(&mut play, origin));
    for id in [here, there] {
        let attempt = play.asks(id);
        play.refused(id, attempt, Refusal::Busy { retry_after: Some(Duration::from_secs(100)) });
    }
    play.fleet.change_host(OriginId(1));
    assert!(play.fleet.opens(here) <= play.now && play.fleet.opens(there) >= at(100.0));
}

#[test]
fn a_credential_that_moves_leaves_the_limits_of_its_host() {
    let mut play = Play::new();
    let [moving, staying] = [1, 1].map(|origin| with_key_at(&mut play, origin));
    let attempt = play.asks(moving);
    play.refused(moving, attempt, Refusal::Busy { retry_after: Some(Duration::from_secs(100)) });
    play.fleet.move_to(play.now, moving, OriginId(2));
    assert!(play.fleet.opens(moving) <= play.now && play.fleet.opens(staying) >= at(100.0));
    play.tell(moving, Event::RenewRequested);
    play.go(2.0);
    play.asks(moving);
    play.rests();
}

#[test]
fn an_exchange_that_moves_with_its_credential_is_counted_once() {
    let mut play = Play::new();
    play.fleet.set_in_flight_max(NonZeroUsize::new(2).unwrap());
    let moving = with_key_at(&mut play, 1);
    let attempt = play.asks(moving);
    play.fleet.move_to(play.now, moving, OriginId(2));
    let [first, second, _third] = [1, 2, 3].map(|origin| with_key_at(&mut play, origin));
    // The place that is left belongs to the first of the origins that have none.
    play.asks(first);
    play.rests();
    play.granted(moving, attempt, key(1), life(600));
    assert_eq!(play.fleet.in_flight(), 1);
    play.publishes(moving);
    play.asks(second);
}

/// A credential of that host, with a key.
fn with_key_at(play: &mut Play, origin: u32) -> Id {
    let id = play.fleet.add(OriginId(origin), calm(), LastExchange::default());
    play.tell(id, Event::KeyAppeared(key(1)));
    id
}
