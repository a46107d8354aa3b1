//! Other projects' loops over an hour: Vault's lifetime watcher, ztunnel's certificates, tbot's intervals. The tests count
//! calls: a loop that calls without a pause passes every other check.

use std::{num::NonZeroUsize, time::Duration};

use tokenwell::renewal::{Effect, Event, Grant, Health, Moment, NotWritten, OnExpiry, OriginId, Policy, Refusal};

use crate::{
    play::{Play, at, calm, due, key, life},
    server::{closest, seconds},
};

#[test]
fn no_error() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    let calls = play.serve(HOUR, LATENCY, |_, _| Ok(life(600)));
    assert_eq!(calls.len(), 9, "3600 / 402, and the first: {calls:?}");
    assert_eq!(play.health(id), Health::Fresh);
}

#[test]
fn short_increment_duration() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    let calls = play.serve(HOUR, Duration::ZERO, |number, _| Ok(life(if number == 0 { 60 } else { 10 })));
    assert_eq!(calls.len(), 533, "one at 0 s, one at 40.2 s, then one every 6.7 s");
    assert_eq!(play.health(id), Health::Fresh);
}

#[test]
fn one_error() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    let calls = play.serve(Duration::from_secs(15), Duration::ZERO, |number, _| match number {
        1 => Err(Refusal::Failed),
        _ => Ok(life(15)),
    });
    near(&seconds(&calls), &[0.0, 10.05, 12.05]);
    assert_eq!(play.health(id), Health::Fresh, "the second try came before the end at 15 s");
}

#[test]
fn many_errors() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    let calls = play.serve(Duration::from_secs(25), Duration::ZERO, |number, _| match number {
        1..=3 => Err(Refusal::Unreachable),
        _ => Ok(life(15)),
    });
    near(&seconds(&calls), &[0.0, 10.05, 12.05, 14.05, 16.05]);
    assert_eq!(play.health(id), Health::Fresh);
    assert_eq!(play.fleet.get(id).unwrap().refusals_in_a_row(), 0);
}

#[test]
fn only_errors() {
    let busy = |seconds| Refusal::Busy { retry_after: Some(Duration::from_secs(seconds)) };
    let rows: [(Refusal, usize, usize); 10] = [
        (Refusal::Denied, 12, 13),
        (Refusal::Blocked, 15, 60),
        (Refusal::Failed, 85, 160),
        (Refusal::Garbled, 85, 160),
        (Refusal::Unreachable, 85, 160),
        (Refusal::TimedOut, 85, 160),
        (Refusal::Busy { retry_after: None }, 20, 80),
        (busy(0), 20, 120),
        (busy(30), 60, 120),
        (busy(u64::MAX), 8, 12),
    ];
    for (refusal, least, most) in rows {
        let mut play = Play::new();
        let id = play.with_key(calm());
        let calls = play.serve(HOUR, Duration::ZERO, |_, _| Err(refusal));
        assert!((least..=most).contains(&calls.len()), "{refusal:?}: {} calls in an hour", calls.len());
        assert!(closest(&calls).unwrap() >= Duration::from_secs(2), "{refusal:?}: {calls:?}");
        assert_eq!(play.health(id), Health::Starting);
        let more = play.serve(HOUR * 24, Duration::ZERO, |_, _| Err(refusal));
        assert!((least * 24..=most * 24).contains(&more.len()), "{refusal:?}: {} calls in a day", more.len());
    }
}

#[test]
fn only_errors_after_a_session_end_it_and_go_on() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    // The session has Descope's minimum of three minutes; a tenth of it limits the wait.
    let calls = play.serve(HOUR, Duration::ZERO, |number, _| match number {
        0 => Ok(life(180)),
        _ => Err(Refusal::Failed),
    });
    assert!((300..=500).contains(&calls.len()), "{} calls in an hour", calls.len());
    assert_eq!(play.health(id), Health::Expired);
}

#[test]
fn a_life_of_next_to_nothing_is_no_hot_loop() {
    for lifetime in [Duration::ZERO, Duration::from_nanos(1), Duration::from_millis(1)] {
        let mut play = Play::new();
        let id = play.with_key(calm());
        let calls = play.serve(HOUR, LATENCY, |_, _| Ok(Grant { lifetime, refresh_after: None }));
        assert!((1_700..=1_800).contains(&calls.len()), "{lifetime:?}: {} calls, at the spacing", calls.len());
        assert_eq!(play.health(id), Health::Starting, "what has ended is not written");
    }
}

#[test]
fn lives_of_50_ms_are_renewed_at_the_spacing() {
    let mut play = Play::new();
    let id = play.with_key(Policy { spacing: Duration::from_millis(100), ..calm() });
    let grant = Grant { lifetime: Duration::from_millis(50), refresh_after: None };
    let calls = play.serve(Duration::from_secs(60), Duration::ZERO, |_, _| Ok(grant));
    assert_eq!(calls.len(), 601);
    assert_eq!(closest(&calls), Some(Duration::from_millis(100)));
    assert_eq!(play.health(id), Health::Fresh, "it was written just now");
}

#[test]
fn a_start_without_a_server_heals() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    play.serve(Duration::from_secs(600), Duration::ZERO, |_, _| Err(Refusal::Unreachable));
    assert_eq!(play.health(id), Health::Starting);
    assert!(play.fleet.get(id).unwrap().refusals_in_a_row() > 10);
    let calls = play.serve(Duration::from_secs(61), Duration::ZERO, |_, _| Ok(life(3_600)));
    assert_eq!(calls.len(), 1, "within the longest wait of a minute: {calls:?}");
    assert_eq!(play.health(id), Health::Fresh);
}

#[test]
fn three_intervals_are_three_exchanges() {
    let mut play = Play::new();
    play.with_key(calm());
    let calls = play.serve(Duration::from_secs(1_000), Duration::ZERO, |_, _| Ok(life(600)));
    near(&seconds(&calls), &[0.0, 402.0, 804.0]);
}

#[test]
fn many_nudges_during_an_exchange_make_one_more() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    let attempt = play.asks(id);
    for _ in 0..4 {
        play.tell(id, Event::RenewRequested);
        play.tell(id, Event::KeyAppeared(key(1)));
        play.rests();
    }
    play.granted(id, attempt, key(1), life(600));
    let attempt = play.publishes(id);
    play.tell(id, Event::Published(attempt, Ok(())));
    play.quiet_until(1.999);
    play.go(2.0);
    play.renews(id, 600);
    play.quiet_until(403.999);
    play.go(404.0);
    play.asks(id);
}

#[test]
fn exactly_as_many_as_may_be_are_in_flight() {
    let mut play = Play::new();
    play.fleet.set_in_flight_max(NonZeroUsize::new(4).unwrap());
    for _ in 0..12 {
        play.with_key(calm());
    }
    let calls = play.serve(Duration::from_secs(60), Duration::from_secs(1), |_, _| Ok(life(600)));
    near(&seconds(&calls), &[0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0]);
    assert_eq!(play.fleet.in_flight(), 0);
}

#[test]
fn eight_times_a_hundred_are_each_asked_for_once() {
    let mut play = Play::new();
    for _ in 0..8 * 100 {
        play.with_key(calm());
    }
    let calls = play.serve(Duration::from_secs(60), Duration::from_millis(30), |_, _| Ok(life(600)));
    let mut whose: Vec<_> = calls.iter().map(|(_, id)| *id).collect();
    whose.sort();
    whose.dedup();
    assert_eq!((calls.len(), whose.len()), (800, 800), "each once, and all within the minute");
    let again = play.serve(Duration::from_secs(402), Duration::from_millis(30), |_, _| Ok(life(600)));
    assert_eq!(again.len(), 800, "and once more when they are due");
}

#[test]
fn a_credential_removed_at_any_stage_leaves_nothing() {
    let policy = Policy { on_expiry: OnExpiry::Remove, ..calm() };
    let stages: [fn(&mut Play); 8] = [
        |_| {},
        |play| assert!(play.next().is_some()),
        |play| serve(play, 1, |_, _| Ok(life(600))),
        |play| serve(play, 1, |_, _| Err(Refusal::Failed)),
        |play| serve(play, 1, |_, _| Err(Refusal::Busy { retry_after: Some(Duration::from_secs(30)) })),
        |play| {
            let Some((id, Effect::Exchange(attempt))) = play.next() else { panic!("it asks") };
            play.granted(id, attempt, key(1), life(600));
        },
        |play| {
            let Some((id, Effect::Exchange(attempt))) = play.next() else { panic!("it asks") };
            play.granted(id, attempt, key(1), life(600));
            let attempt = play.publishes(id);
            play.tell(id, Event::Published(attempt, Err(NotWritten)));
        },
        |play| {
            serve(play, 66, |_, _| Ok(life(100)));
            play.go(100.0);
            play.fleet.wake(play.now);
        },
    ];
    for (number, stage) in stages.into_iter().enumerate() {
        let mut play = Play::new();
        let id = play.with_key(policy);
        stage(&mut play);
        play.fleet.remove(play.now, id).unwrap();
        assert_eq!(play.fleet.next_wake(), None, "stage {number}");
        assert_eq!(play.fleet.in_flight(), 0, "stage {number}");
        play.go(100_000.0);
        play.rests();
        assert!(play.fleet.get(id).is_none());
        assert!(play.fleet.remove(play.now, id).is_none());
    }
}

#[test]
fn a_credential_that_returns_keeps_its_spacing() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    play.asks(id);
    play.go(7.0);
    let past = play.fleet.remove(play.now, id).unwrap();
    let id = play.fleet.add(OriginId::default(), calm(), past);
    play.tell(id, Event::KeyAppeared(key(1)));
    play.quiet_until(8.999);
    play.rests();
    assert!((due(&play, id) - 9.0).abs() < 1e-6);
    play.now = at(9.0);
    play.asks(id);
}

fn serve(play: &mut Play, seconds: u64, answer: fn(usize, Moment) -> Result<Grant, Refusal>) {
    play.serve(Duration::from_secs(seconds), Duration::ZERO, answer);
}

fn near(seen: &[f64], expected: &[f64]) {
    let alike = seen.len() == expected.len() && seen.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6);
    assert!(alike, "calls at {seen:?}, not at {expected:?}");
}

const HOUR: Duration = Duration::from_secs(3_600);
const LATENCY: Duration = Duration::from_millis(80);
