//! Renewals that a user or a signal requests.

use std::time::Duration;

use crate::play::{Play, calm, key, life};

use tokenwell::renewal::{Effect, Event, ExchangeOutcome, Refusal};

#[test]
fn requests_renew_once_within_the_spacing() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    play.renews(id, 600);
    let mut asked = 0;
    for tenth in 1..=200 {
        play.go(f64::from(tenth) / 10.0);
        play.tell(id, Event::RenewRequested);
        if let Some((_, Effect::Exchange(attempt))) = play.next() {
            asked += 1;
            play.granted(id, attempt, key(1), life(600));
            let attempt = play.publishes(id);
            play.tell(id, Event::Published(attempt, Ok(())));
        }
    }
    assert_eq!(asked, 10, "20 s of a signal storm are 10 exchanges at a spacing of 2 s");
}

#[test]
fn a_request_during_an_exchange_is_not_lost() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    let attempt = play.asks(id);
    play.tell(id, Event::RenewRequested);
    play.granted(id, attempt, key(1), life(600));
    let attempt = play.publishes(id);
    play.tell(id, Event::Published(attempt, Ok(())));
    play.quiet_until(1.999);
    play.go(2.0);
    play.asks(id);
}

#[test]
fn a_request_tries_a_denied_key_again() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    let attempt = play.asks(id);
    play.refused(id, attempt, Refusal::Denied);
    play.go(1.0);
    play.tell(id, Event::RenewRequested);
    play.quiet_until(1.999);
    play.go(2.0);
    play.asks(id);
}

#[test]
fn a_request_during_a_refused_exchange_is_not_lost() {
    for refusal in [Refusal::Denied, Refusal::Blocked, Refusal::Failed, Refusal::Garbled, Refusal::TimedOut] {
        let mut play = Play::new();
        let id = play.with_key(calm());
        play.go(10.0);
        let attempt = play.asks(id);
        // Other login options: the exchange in flight was sent with the old ones.
        play.tell(id, Event::RenewRequested);
        play.refused(id, attempt, refusal);
        play.quiet_until(11.999);
        play.rests();
        play.go(12.0);
        let attempt = play.asks(id);
        play.refused(id, attempt, Refusal::Denied);
        play.quiet_until(311.999);
    }
}

#[test]
fn a_request_during_an_exchange_keeps_the_hosts_quiet() {
    for (retry_after, until) in [(Some(30), 30.0), (None, 2.0)] {
        let mut play = Play::new();
        let id = play.with_key(calm());
        let attempt = play.asks(id);
        play.tell(id, Event::RenewRequested);
        play.refused(id, attempt, Refusal::Busy { retry_after: retry_after.map(Duration::from_secs) });
        play.quiet_until(until - 0.001);
        play.rests();
        play.next_within(until, until * 1.25);
    }
}

#[test]
fn a_request_during_an_exchange_without_a_key_is_not_lost() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    play.renews(id, 600);
    play.go(10.0);
    play.tell(id, Event::KeyAppeared(key(2)));
    let attempt = play.asks(id);
    play.tell(id, Event::RenewRequested);
    play.tell(id, Event::Exchanged(attempt, ExchangeOutcome::NoKey));
    play.go(20.0);
    play.tell(id, Event::KeyAppeared(key(1)));
    play.asks(id);
}

#[test]
fn a_requested_renewal_keeps_the_spacing_from_the_answer() {
    for outcome in [Ok(life(600)), Err(Refusal::Failed)] {
        let mut play = Play::new();
        let id = play.with_key(calm());
        let attempt = play.asks(id);
        let sent = play.now;
        play.go(5.0);
        let outcome = match outcome {
            Ok(grant) => ExchangeOutcome::Granted { key: key(1), sent, grant },
            Err(refusal) => ExchangeOutcome::Refused { key: Some(key(1)), sent, refusal },
        };
        play.tell(id, Event::Exchanged(attempt, outcome));
        if let Some((_, Effect::Publish(attempt))) = play.next() {
            play.tell(id, Event::Published(attempt, Ok(())));
        }
        play.tell(id, Event::RenewRequested);
        play.quiet_until(6.999);
        play.rests();
        play.go(7.0);
        play.asks(id);
    }
}
