//! A host with a limit of its own: how the fleet learns the limit, how refusals add up, and how they are forgotten.

use std::{num::NonZeroUsize, time::Duration};

use tokenwell::renewal::{Attempt, Effect, Event, Fleet, Grant, Id, Moment, Refusal};

use crate::{
    play::{Play, at, calm, key, life},
    server::seconds,
};

#[test]
fn a_host_that_answers_is_asked_faster_and_faster() {
    let answers: [Answer; 2] = [|_, _| Ok(life(100_000)), |_, _| Err(Refusal::Denied)];
    for answer in answers {
        let mut play = Play::new();
        for _ in 0..2_000 {
            play.with_key(calm());
        }
        let calls = play.serve(Duration::from_secs(20), Duration::from_millis(5), answer);
        assert_eq!(calls.len(), 2_000, "20 a second at first would be 400 by now");
    }
}

#[test]
fn refusals_of_one_volley_count_once() {
    for seed in 0..SEEDS {
        let mut play = seeded(seed);
        for _ in 0..8 {
            play.with_key(calm());
        }
        let volley: Vec<_> = std::iter::from_fn(|| exchange(&mut play)).collect();
        assert_eq!(volley.len(), 8);
        for (id, attempt) in volley {
            play.refused(id, attempt, busy(30));
        }
        let calls = play.serve(Duration::from_secs(60), Duration::ZERO, |_, _| Ok(life(600)));
        let seconds = seconds(&calls);
        assert!(seconds[0] >= 30.0 && seconds[7] < 38.5, "soon after the quiet, for it was refused once: {seconds:?}");
    }
}

#[test]
fn a_shorter_quiet_does_not_end_a_longer_one() {
    let mut play = Play::new();
    let ids = [(); 3].map(|()| play.with_key(calm()));
    let [first, second, third] = ids.map(|_| exchange(&mut play).unwrap());
    play.refused(first.0, first.1, busy(200));
    play.refused(second.0, second.1, busy(10));
    play.go(15.0);
    play.refused(third.0, third.1, busy(10));
    assert!(ids.iter().all(|id| play.fleet.opens(*id) >= at(200.0)));
    play.quiet_until(199.999);
    play.rests();
}

#[test]
fn an_old_answer_shows_the_host_but_not_its_limit() {
    for seed in 0..SEEDS {
        let mut play = seeded(seed);
        let id = play.with_key(calm());
        // Two refusals, then an answer: after that the next refusal counts as the first.
        let calls = play.serve(Duration::from_secs(1_000), Duration::ZERO, |number, _| match number {
            0 | 1 => Err(busy(30)),
            _ => Ok(life(100_000)),
        });
        assert_eq!(calls.len(), 3);
        play.tell(id, Event::RenewRequested);
        let refused_at = play.now.elapsed_since_boot().as_secs_f64();
        let calls = play.serve(Duration::from_secs(1_000), Duration::ZERO, |number, _| match number {
            0 => Err(busy(40)),
            _ => Ok(life(100_000)),
        });
        let after = seconds(&calls)[1] - refused_at;
        assert!((40.0..=50.0).contains(&after), "at most a quarter more than told: {after}");
    }
}

#[test]
fn a_second_refusal_spreads_over_a_tenth_of_a_life() {
    let (mut first_latest, mut second_latest) = (0.0_f64, 0.0_f64);
    for seed in 0..SEEDS {
        let mut play = seeded(seed);
        play.with_key(calm());
        let calls = play.serve(Duration::from_secs(400), Duration::ZERO, |number, _| match number {
            0 => Ok(life(200)),
            1 | 2 => Err(busy(10)),
            _ => Ok(life(100_000)),
        });
        let seconds = seconds(&calls);
        let (first, second) = (seconds[2] - seconds[1], seconds[3] - seconds[2]);
        assert!((10.0..=12.5).contains(&first), "a quarter of 10 s more: {first}");
        assert!((10.0..=20.0).contains(&second), "within a tenth of 200 s: {second}");
        (first_latest, second_latest) = (first_latest.max(first), second_latest.max(second));
    }
    assert!(first_latest > 12.0 && second_latest > 19.0, "the whole range is used: {first_latest}, {second_latest}");
}

#[test]
fn one_short_quiet_never_costs_a_token() {
    for seed in 0..SEEDS {
        for told in [1_u8, 2] {
            let mut play = seeded(seed);
            play.with_key(calm());
            let calls = play.serve(Duration::from_secs(35), Duration::ZERO, |number, _| match number {
                1 => Err(busy(told.into())),
                _ => Ok(life(30)),
            });
            let seconds = seconds(&calls);
            let late = seconds[2] - seconds[1];
            assert!(
                (f64::from(told)..=3.0).contains(&late),
                "told {told} s, and late by a tenth of 30 s at most: {late}"
            );
        }
    }
}

#[test]
fn without_a_token_a_credential_returns_soon_then_later() {
    let mut latest = [0.0_f64; 6];
    for seed in 0..SEEDS {
        let mut play = seeded(seed);
        play.with_key(calm());
        let calls = play.serve(Duration::from_secs(400), Duration::ZERO, |number, _| match number {
            0..6 => Err(busy(1)),
            _ => Ok(life(100_000)),
        });
        for (latest, pair) in latest.iter_mut().zip(seconds(&calls).windows(2)) {
            *latest = latest.max(pair[1] - pair[0]);
        }
    }
    for (latest, bound) in latest.into_iter().zip([2.5, 10.0, 20.0, 40.0, 60.0, 60.0]) {
        assert!(latest <= bound && latest > bound * 0.8, "{latest} of {bound}");
    }
}

#[test]
fn waiting_ends_in_one_minute_then_two_then_one_again() {
    let mut play = Play::new();
    for _ in 0..200 {
        play.with_key(calm());
    }
    // The host takes ten, so its limit appears to be one in about seven seconds.
    play.serve(Duration::from_secs(10), Duration::ZERO, ten_then_busy);
    let first = pause(&mut play);
    assert!((0.28..=0.34).contains(&first), "190 over a minute: one in {first} s");
    // The host refuses again: the wait is at most two minutes in all.
    play.serve(Duration::from_secs(3), Duration::ZERO, |_, _| Err(busy(60)));
    let second = pause(&mut play);
    assert!((0.56..=0.68).contains(&second), "185 over two minutes: one in {second} s");
    // After five minutes without a refusal the earlier refusals no longer count.
    play.serve(Duration::from_secs(300), Duration::ZERO, |_, _| Ok(life(100_000)));
    for _ in 0..100 {
        play.with_key(calm());
    }
    play.serve(Duration::from_secs(10), Duration::ZERO, ten_then_busy);
    let third = pause(&mut play);
    assert!((0.6..=0.72).contains(&third), "90 over a minute: one in {third} s");
}

#[test]
fn what_was_learnt_of_a_limit_fades() {
    let mut play = Play::new();
    for _ in 0..100 {
        play.with_key(calm());
    }
    play.serve(Duration::from_secs(120), Duration::ZERO, ten_then_busy);
    // After a few hours of answers, all credentials are requested to renew at once.
    play.serve(Duration::from_secs(8_000), Duration::ZERO, |_, _| Ok(life(600)));
    for _ in 0..100 {
        play.with_key(calm());
    }
    let calls = play.serve(Duration::from_secs(20), Duration::ZERO, |_, _| Ok(life(100_000)));
    assert!(calls.len() >= 100, "{} in 20 s; at the pace of then it would be a minute", calls.len());
}

#[test]
fn an_answer_after_a_hang_frees_a_place_for_others() {
    let mut play = Play::new();
    play.fleet.set_in_flight_max(NonZeroUsize::new(2).unwrap());
    let ids: Vec<_> = (0..3).map(|_| play.with_key(calm())).collect();
    for _ in &ids {
        let (id, attempt) = exchange(&mut play).unwrap();
        play.refused(id, attempt, Refusal::TimedOut);
    }
    play.go(1_000.0);
    for _ in &ids {
        let (id, attempt) = exchange(&mut play).unwrap();
        play.rests();
        play.granted(id, attempt, key(1), life(600));
        let attempt = play.publishes(id);
        play.tell(id, Event::Published(attempt, Ok(())));
    }
    play.rests();
}

#[test]
fn a_waiting_credential_is_not_overtaken() {
    let mut play = Play::new();
    play.fleet.set_in_flight_max(NonZeroUsize::MIN);
    let other = play.with_key(calm());
    play.renews(other, 100);
    let hanging = play.with_key(calm());
    let attempt = play.asks(hanging);
    let waits = play.with_key(calm());
    play.rests();
    play.go(50.0);
    play.tell(waits, Event::RenewRequested);
    play.tell(other, Event::RenewRequested);
    play.granted(hanging, attempt, key(1), life(600));
    let attempt = play.publishes(hanging);
    play.tell(hanging, Event::Published(attempt, Ok(())));
    play.asks(waits);
}

/// Returns the pause in seconds between an exchange and the next one, both answered at once.
fn pause(play: &mut Play) -> f64 {
    let mut sent = Vec::new();
    while sent.len() < 2 {
        match play.next() {
            Some((id, Effect::Exchange(attempt))) => {
                sent.push(play.now);
                play.granted(id, attempt, key(1), life(100_000));
            }
            Some((id, Effect::Publish(attempt))) => play.tell(id, Event::Published(attempt, Ok(()))),
            Some((_, Effect::Withdraw(_))) => panic!("tokens are kept"),
            None => play.now = play.fleet.next_wake().unwrap().max(play.now),
        }
    }
    (sent[1] - sent[0]).as_secs_f64()
}

fn ten_then_busy(number: usize, _: Moment) -> Result<Grant, Refusal> {
    if number < 10 { Ok(life(100_000)) } else { Err(busy(60)) }
}

fn exchange(play: &mut Play) -> Option<(Id, Attempt)> {
    match play.next()? {
        (id, Effect::Exchange(attempt)) => Some((id, attempt)),
        other => panic!("expected an exchange, got {other:?}"),
    }
}

fn seeded(seed: u64) -> Play {
    let mut play = Play::new();
    play.fleet = Fleet::new(NonZeroUsize::new(8).unwrap(), seed);
    play
}

fn busy(seconds: u64) -> Refusal {
    Refusal::Busy { retry_after: Some(Duration::from_secs(seconds)) }
}

type Answer = fn(usize, Moment) -> Result<Grant, Refusal>;

const SEEDS: u64 = 50;
