//! A host that refuses because it is busy.

use std::{num::NonZeroUsize, time::Duration};

use crate::play::{Play, calm, key, life};

use tokenwell::renewal::{Effect, Event, OriginId, Refusal};

#[test]
fn a_busy_host_is_left_alone_by_every_credential() {
    let mut play = Play::new();
    let first = play.with_key(calm());
    let second = play.with_key(calm());
    let a = play.asks(first);
    play.refused(first, a, Refusal::Busy { retry_after: Some(Duration::from_secs(30)) });
    play.rests();
    play.tell(second, Event::RenewRequested);
    play.tell(first, Event::KeyAppeared(key(2)));
    play.quiet_until(29.999);
    play.rests();
    let woken = [play.next_within(30.0, 37.5), play.next_within(30.0, 45.0)];
    assert!(woken.contains(&first) && woken.contains(&second), "{woken:?}");
}

#[test]
fn a_retry_after_is_obeyed_for_five_minutes_at_most() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    let attempt = play.asks(id);
    play.refused(id, attempt, Refusal::Busy { retry_after: Some(Duration::MAX) });
    play.quiet_until(299.999);
    play.next_within(300.0, 375.0);
}

#[test]
fn a_retry_after_of_zero_does_not_break_the_spacing() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    let attempt = play.asks(id);
    play.refused(id, attempt, Refusal::Busy { retry_after: Some(Duration::ZERO) });
    play.quiet_until(1.999);
    play.rests();
    play.next_within(2.0, 2.5);
}

#[test]
fn after_a_quiet_exchanges_follow_the_observed_pace() {
    let mut play = Play::new();
    play.fleet.set_in_flight_max(NonZeroUsize::new(100).unwrap());
    let ids: Vec<_> = (0..18).map(|_| play.with_key(calm())).collect();
    // The host takes ten in a minute, which begins with the first. At first no wait exceeds a minute in all.
    for _ in 0..10 {
        let (id, effect) = play.next().unwrap();
        let Effect::Exchange(attempt) = effect else { panic!("{effect:?}") };
        play.granted(id, attempt, key(1), life(100_000));
        let attempt = play.publishes(id);
        play.tell(id, Event::Published(attempt, Ok(())));
    }
    let (id, effect) = play.next().unwrap();
    let Effect::Exchange(attempt) = effect else { panic!("{effect:?}") };
    play.refused(id, attempt, Refusal::Busy { retry_after: Some(Duration::from_secs(60)) });
    play.quiet_until(59.999);
    let mut last = 60.0;
    for _ in 0..8 {
        let id = play.next_within(last, last + 7.0);
        let Some(Effect::Exchange(attempt)) = play.fleet.get(id).unwrap().under_way() else { panic!("it asks") };
        let now = play.now.elapsed_since_boot().as_secs_f64();
        assert!(last < 60.1 || now - last > 4.0, "one in about six seconds, not {}", now - last);
        last = now;
        play.granted(id, attempt, key(1), life(100_000));
        let attempt = play.publishes(id);
        play.tell(id, Event::Published(attempt, Ok(())));
    }
    assert_eq!(ids.len(), 18);
}

#[test]
fn a_refusal_by_a_busy_host_keeps_the_turn() {
    let mut play = Play::new();
    play.fleet.set_in_flight_max(NonZeroUsize::MIN);
    let ids: Vec<_> = (0..10).map(|_| play.with_key(calm())).collect();
    let mut now = 0.0;
    for _ in 0..5 {
        let id = play.next_within(now, now + 400.0);
        assert_eq!(id, ids[0], "nobody overtakes the first");
        let Some(Effect::Exchange(attempt)) = play.fleet.get(id).unwrap().under_way() else { panic!("it asks") };
        play.refused(id, attempt, Refusal::Busy { retry_after: Some(Duration::from_secs(90)) });
        now = play.now.elapsed_since_boot().as_secs_f64() + 90.0;
    }
}

#[test]
fn thousands_that_start_together_are_not_let_go_at_once() {
    let mut play = Play::new();
    play.fleet.set_in_flight_max(NonZeroUsize::new(256).unwrap());
    for _ in 0..5_000 {
        play.with_key(calm());
    }
    let at_once = std::iter::from_fn(|| play.next()).count();
    assert!((2..=21).contains(&at_once), "{at_once} at once");
    play.go(1.0);
    let in_a_second = std::iter::from_fn(|| play.next()).count();
    assert!((15..=21).contains(&in_a_second), "{in_a_second} in the first second, while nothing was answered yet");
}

#[test]
fn another_host_owes_nothing_to_the_quiet_of_the_old_one() {
    let mut play = Play::new();
    let first = play.with_key(calm());
    let second = play.add(calm());
    let attempt = play.asks(first);
    play.refused(first, attempt, Refusal::Busy { retry_after: Some(Duration::from_secs(200)) });
    play.go(10.0);
    play.fleet.change_host(OriginId::default());
    play.tell(second, Event::KeyAppeared(key(1)));
    play.asks(second);
}
