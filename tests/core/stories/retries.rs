//! Exchanges that fail, and the time of the next attempt.

use std::time::Duration;

use crate::play::{Play, calm, due, key, life};

use tokenwell::renewal::{Event, ExchangeOutcome, Health, Refusal};

#[test]
fn a_refresh_that_fails_keeps_the_last_token() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    play.renews(id, 600);
    play.go(402.0);
    let attempt = play.asks(id);
    play.refused(id, attempt, Refusal::Unreachable);
    assert_eq!(play.health(id), Health::Failing);
    play.quiet_until(403.999);
    play.go(404.0);
    let attempt = play.asks(id);
    play.granted(id, attempt, key(1), life(600));
    let attempt = play.publishes(id);
    play.tell(id, Event::Published(attempt, Ok(())));
    assert_eq!(play.health(id), Health::Fresh);
}

#[test]
fn back_off_resets_after_a_success() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    play.renews(id, 3600);
    let mut now = 2412.0;
    for _ in 0..12 {
        play.go(now);
        let attempt = play.asks(id);
        play.refused(id, attempt, Refusal::Failed);
        now = due(&play, id);
    }
    play.go(now);
    play.renews(id, 3600);
    now += 2412.0;
    play.go(now);
    let attempt = play.asks(id);
    play.refused(id, attempt, Refusal::Failed);
    assert!((due(&play, id) - (now + 2.0)).abs() < 1e-6, "the first retry is `retryFirst` again");
}

#[test]
fn back_off_is_bounded_by_the_life_and_the_longest_retry() {
    for (lifetime, longest) in [(200, 20.0), (3600, 60.0)] {
        let mut play = Play::new();
        let id = play.with_key(calm());
        play.renews(id, lifetime);
        let mut seen = 0.0_f64;
        play.go(due(&play, id));
        for _ in 0..300 {
            let attempt = play.asks(id);
            let before = play.now.elapsed_since_boot().as_secs_f64();
            play.refused(id, attempt, Refusal::Failed);
            let wait = due(&play, id) - before;
            assert!((1.999..=longest + 0.001).contains(&wait), "{wait}");
            seen = seen.max(wait);
            play.go(due(&play, id));
        }
        assert!(seen > longest * 0.9, "the whole range is used: {seen}");
    }
}

#[test]
fn a_request_that_hung_does_not_wait_on_top_of_its_hanging() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    play.renews(id, 180);
    play.go(120.6);
    for _ in 0..20 {
        let attempt = play.asks(id);
        let sent = play.now;
        play.now = sent + Duration::from_secs(10);
        let outcome = ExchangeOutcome::Refused { key: Some(key(1)), sent, refusal: Refusal::TimedOut };
        play.tell(id, Event::Exchanged(attempt, outcome));
        let wait = due(&play, id) - sent.elapsed_since_boot().as_secs_f64();
        assert!((11.999..=18.001).contains(&wait), "at most a tenth of 180 s from the sending: {wait}");
        play.go(due(&play, id));
    }
}
