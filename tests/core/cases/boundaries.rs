//! One nanosecond before and after every significant moment.

use std::time::Duration;

use tokenwell::renewal::{
    Effect, Event, ExchangeOutcome, Grant, Health, Moment, NotWritten, OnExpiry, Policy, Refusal,
};

use crate::play::{Play, at, calm, key, life};

#[test]
fn at_one_nanosecond_before_a_renewal_nothing_happens() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    play.renews(id, 600);
    let renew = play.fleet.get(id).unwrap().held().unwrap().renew;
    assert!(renew <= at(402.0) && renew + NANOSECOND >= at(402.0), "{renew:?}");
    assert_eq!(play.fleet.next_wake(), Some(renew), "no wake is wasted before");
    play.now = renew.back(NANOSECOND);
    play.rests();
    play.now = renew;
    play.asks(id);
}

#[test]
fn a_token_is_usable_up_to_one_nanosecond_before_its_end() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    play.renews(id, 600);
    let health = |moment: Moment| play.fleet.get(id).unwrap().health(moment);
    assert_eq!(health(at(600.0).back(NANOSECOND)), Health::Fresh);
    assert_eq!(health(at(600.0)), Health::Expired);
    assert_eq!(health(at(600.0) + NANOSECOND), Health::Expired);
}

#[test]
fn a_token_is_removed_at_its_end_and_not_one_nanosecond_before() {
    let mut play = Play::new();
    let id = play.with_key(Policy { on_expiry: OnExpiry::Remove, ..calm() });
    play.renews(id, 100);
    play.tell(id, Event::KeyVanished);
    assert_eq!(play.fleet.next_wake(), Some(at(100.0)));
    play.now = at(100.0).back(NANOSECOND);
    play.rests();
    play.now = at(100.0);
    let Some((_, Effect::Withdraw(attempt))) = play.next() else { panic!("it ends now") };
    play.tell(id, Event::Withdrawn(attempt, Err(NotWritten)));
    let again = play.fleet.next_wake().unwrap();
    assert!(again - play.now >= Duration::from_secs(2), "a removal that failed is not tried again at once: {again:?}");
    play.now = again;
    let Some((_, Effect::Withdraw(attempt))) = play.next() else { panic!("it is tried again") };
    play.tell(id, Event::Withdrawn(attempt, Ok(())));
    assert_eq!(play.fleet.next_wake(), None);
    assert_eq!(play.health(id), Health::Expired);
}

#[test]
fn a_session_is_written_up_to_one_nanosecond_before_its_end() {
    for (moment, is_written) in [(at(10.0).back(NANOSECOND), true), (at(10.0), false)] {
        let mut play = Play::new();
        let id = play.with_key(calm());
        let attempt = play.asks(id);
        play.granted(id, attempt, key(1), life(10));
        let attempt = play.publishes(id);
        play.tell(id, Event::KeyVanished);
        play.tell(id, Event::Published(attempt, Err(NotWritten)));
        play.now = moment;
        let effect = play.next().map(|(_, effect)| effect);
        assert_eq!(matches!(effect, Some(Effect::Publish(_))), is_written, "{effect:?} at {moment:?}");
    }
}

#[test]
fn the_wait_after_each_answer_is_kept_to_the_nanosecond() {
    let rows: [(Refusal, f64); 5] = [
        (Refusal::Failed, 2.0),
        (Refusal::Blocked, 2.0),
        (Refusal::TimedOut, 2.0),
        (Refusal::Denied, 300.0),
        (Refusal::Busy { retry_after: Some(Duration::from_secs(30)) }, 30.0),
    ];
    for (refusal, wait) in rows {
        let mut play = Play::new();
        let id = play.with_key(calm());
        let attempt = play.asks(id);
        play.refused(id, attempt, refusal);
        assert_eq!(play.fleet.get(id).unwrap().exchange_due(), Some(at(wait)), "{refusal:?}");
        play.now = at(wait).back(NANOSECOND);
        play.rests();
        if let Refusal::Busy { .. } = refusal {
            // The wait includes a small random extra for the host.
            assert!(play.next_within(wait, wait * 1.25) == id);
        } else {
            play.now = at(wait);
            play.asks(id);
        }
    }
}

#[test]
fn the_spacing_is_counted_from_the_answer_to_the_nanosecond() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    let attempt = play.asks(id);
    let sent = play.now;
    play.go(5.0);
    let grant = Grant { refresh_after: Some(NANOSECOND), ..life(600) };
    let outcome = ExchangeOutcome::Granted { key: key(1), sent, grant };
    play.tell(id, Event::Exchanged(attempt, outcome));
    let attempt = play.publishes(id);
    play.tell(id, Event::Published(attempt, Ok(())));
    assert_eq!(play.fleet.get(id).unwrap().held().unwrap().renew, at(7.0), "what is shown is what happens");
    play.now = at(7.0).back(NANOSECOND);
    play.rests();
    play.now = at(7.0);
    play.asks(id);
}

const NANOSECOND: Duration = Duration::from_nanos(1);
