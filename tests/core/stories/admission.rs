//! Slots for exchanges in flight, and credentials that are added and removed.

use std::num::NonZeroUsize;

use crate::play::{Play, calm, key, life};

use tokenwell::renewal::{Effect, Event, Health, NotWritten, OriginId, Refusal};

#[test]
fn the_spacing_survives_removal_and_return() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    play.renews(id, 600);
    play.go(0.5);
    let past = play.fleet.remove(play.now, id).unwrap();
    let id = play.fleet.add(OriginId::default(), calm(), past);
    play.tell(id, Event::KeyAppeared(key(1)));
    play.quiet_until(1.999);
    play.rests();
    play.go(2.0);
    play.asks(id);
}

#[test]
fn a_removed_credential_frees_its_place_at_once() {
    let mut play = Play::new();
    play.fleet.set_in_flight_max(NonZeroUsize::MIN);
    let first = play.with_key(calm());
    let second = play.with_key(calm());
    let attempt = play.asks(first);
    play.rests();
    play.fleet.remove(play.now, first);
    play.asks(second);
    play.granted(first, attempt, key(1), life(600));
    play.rests();
    assert_eq!(play.fleet.in_flight(), 1);
}

#[test]
fn the_nearest_expiry_goes_first_and_timeouts_go_last() {
    let mut play = Play::new();
    play.fleet.set_in_flight_max(NonZeroUsize::MIN);
    let hung = play.with_key(calm());
    let attempt = play.asks(hung);
    play.refused(hung, attempt, Refusal::TimedOut);
    let long = play.with_key(calm());
    play.renews(long, 100_000);
    let short = play.with_key(calm());
    play.renews(short, 30);
    play.go(25.0);
    let new = play.with_key(calm());
    for id in [long, short] {
        play.tell(id, Event::RenewRequested);
    }
    for id in [short, new, long, hung] {
        let attempt = play.asks(id);
        play.rests();
        play.refused(id, attempt, Refusal::Denied);
    }
}

#[test]
fn hanging_exchanges_leave_places_to_those_that_work() {
    let mut play = Play::new();
    let hanging: Vec<_> = (0..20).map(|_| play.with_key(calm())).collect();
    let first: Vec<_> = (0..8).map(|_| play.next().unwrap()).collect();
    play.rests();
    play.go(10.0);
    for (id, effect) in first {
        let Effect::Exchange(attempt) = effect else { panic!("{effect:?}") };
        play.refused(id, attempt, Refusal::TimedOut);
    }
    for _ in 0..12 {
        if let Some((id, Effect::Exchange(attempt))) = play.next() {
            play.refused(id, attempt, Refusal::TimedOut);
        }
    }
    play.go(1000.0);
    let busy = std::iter::from_fn(|| play.next()).count();
    assert_eq!(busy, 4, "half of the places are for those that are not known to hang ({} hang)", hanging.len());
    let healthy = play.with_key(calm());
    play.asks(healthy);
}

#[test]
fn a_quick_refusal_does_not_count_as_a_hang() {
    let mut play = Play::new();
    for _ in 0..20 {
        play.with_key(calm());
    }
    while let Some((id, effect)) = play.next() {
        let Effect::Exchange(attempt) = effect else { panic!("{effect:?}") };
        play.refused(id, attempt, Refusal::Failed);
    }
    play.go(1000.0);
    let busy = std::iter::from_fn(|| play.next()).count();
    assert_eq!(busy, 8, "all places are for those that are answered");
}

#[test]
fn an_answer_counts_once_and_only_for_what_is_under_way() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    let first = play.asks(id);
    play.refused(id, first, Refusal::Failed);
    play.go(2.0);
    let second = play.asks(id);
    play.granted(id, first, key(1), life(600));
    assert_eq!(play.fleet.get(id).unwrap().under_way(), Some(Effect::Exchange(second)));
    play.granted(id, second, key(1), life(600));
    let first_write = play.publishes(id);
    play.granted(id, second, key(1), life(60));
    assert_eq!(play.fleet.get(id).unwrap().held().unwrap().grant, life(600));
    play.tell(id, Event::Published(first_write, Err(NotWritten)));
    play.go(10.0);
    let second_write = play.publishes(id);
    play.tell(id, Event::Published(first_write, Ok(())));
    assert_eq!(play.health(id), Health::Unwritten, "nothing is written yet");
    play.tell(id, Event::Published(second_write, Ok(())));
    assert_eq!(play.health(id), Health::Fresh);
}
