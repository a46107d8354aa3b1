//! Clocks that move against each other while the daemon runs: a machine that stood still, and a wall clock that was set.

use std::time::Duration;

use tokenwell::renewal::{
    Effect, Event, ExchangeOutcome, ExchangeRecord, Health, Id, Memory, Moment, OnExpiry, Policy, Refusal, Stamp,
    WrittenTerm,
};

use crate::play::{Play, at, calm, due, key, life};

const HOUR: f64 = 3_600.0;
const WALL: f64 = 1_700_000_000.0;
/// How long a session of an hour is certainly not renewed that follows an expired one.
const QUIET: f64 = 0.33 * HOUR;

/// A daemon that renewed a session of an hour at second 10.
fn with_an_hour(policy: Policy) -> (Play, Id) {
    let mut play = Play::new();
    play.go(10.0);
    clocks(&mut play, 0.0);
    let id = play.with_key(policy);
    play.renews(id, 3_600);
    (play, id)
}

/// The two clocks are compared, and the wall clock is this many seconds ahead of what it was at first.
fn clocks(play: &mut Play, ahead: f64) -> bool {
    let wall = Duration::from_secs_f64(WALL + play.now.elapsed_since_boot().as_secs_f64() + ahead);
    play.fleet.compare_clocks(Stamp { boot: 1, moment: play.now, wall })
}

fn is_in_doubt(play: &Play, id: Id) -> bool {
    play.fleet.get(id).unwrap().doubt(play.now).is_some()
}

#[test]
fn one_exchange_settles_a_standstill_longer_than_the_life() {
    let (mut play, id) = with_an_hour(calm());
    play.go(60.0);
    assert!(clocks(&mut play, 3.0 * HOUR));
    assert!(is_in_doubt(&play, id) && play.health(id) == Health::Expired);
    assert!(!play.fleet.get(id).unwrap().serves(play.now));
    play.renews(id, 3_600);
    assert!(!is_in_doubt(&play, id) && play.health(id) == Health::Fresh);
    play.quiet_until(60.0 + QUIET);
    play.rests();
}

#[test]
fn a_standstill_within_the_spacing_waits_for_it() {
    let (mut play, id) = with_an_hour(calm());
    play.go(10.5);
    clocks(&mut play, 3.0 * HOUR);
    play.quiet_until(11.999);
    play.rests();
    play.go(12.0);
    play.asks(id);
}

#[test]
fn a_shorter_standstill_brings_the_renewal_forward() {
    for (stood_still, due_at) in [(600.0, 10.0 + 0.67 * HOUR - 600.0), (0.9, 10.0 + 0.67 * HOUR)] {
        let (mut play, id) = with_an_hour(calm());
        play.go(60.0);
        clocks(&mut play, stood_still);
        assert_eq!(play.health(id), Health::Fresh);
        assert!((due(&play, id) - due_at).abs() < 1e-3, "{stood_still}: {}", due(&play, id));
    }
    let (mut play, id) = with_an_hour(calm());
    play.go(60.0);
    clocks(&mut play, 0.8 * HOUR);
    assert_eq!(play.health(id), Health::Fresh, "its last part, and not its end");
    assert!(due(&play, id) <= 60.0 + 0.1 * HOUR, "soon: {}", due(&play, id));
}

#[test]
fn a_token_ends_by_the_clock_that_shows_more_and_it_is_noticed() {
    let (mut play, id) = with_an_hour(calm());
    play.go(60.0);
    clocks(&mut play, 0.9 * HOUR);
    let attempt = play.fleet.get(id).unwrap().exchange_due().unwrap();
    play.now = attempt;
    let attempt = play.asks(id);
    play.refused(id, attempt, Refusal::Failed);
    let end = 10.0 + 0.1 * HOUR;
    play.go(end - 0.001);
    assert!(play.health(id).is_usable());
    play.go(end);
    assert_eq!((play.health(id), is_in_doubt(&play, id)), (Health::Expired, true));
    assert!(play.fleet.wake(play.now).contains(&id), "the shell is woken once to report it");
    let due = play.fleet.get(id).unwrap().disk_task_due();
    assert_eq!(due, Some(at(10.0 + HOUR)), "the end by the boot clock is next");
}

#[test]
fn a_wall_clock_that_was_set_back_proves_nothing() {
    let (mut play, id) = with_an_hour(calm());
    play.go(60.0);
    assert!(clocks(&mut play, -2.0 * HOUR));
    assert_eq!((play.health(id), is_in_doubt(&play, id)), (Health::Fresh, false));
    play.go(61.0);
    clocks(&mut play, 0.0);
    assert!((due(&play, id) - 10.0 - 0.67 * HOUR).abs() < 1e-3);
}

#[test]
fn a_doubt_ends_when_the_wall_clock_is_set_right() {
    let (mut play, id) = with_an_hour(calm());
    play.go(60.0);
    clocks(&mut play, 3.0 * HOUR);
    let attempt = play.asks(id);
    play.refused(id, attempt, Refusal::Unreachable);
    assert!(is_in_doubt(&play, id));
    play.go(61.0);
    clocks(&mut play, 0.0);
    assert_eq!((play.health(id), is_in_doubt(&play, id)), (Health::Failing, false));
}

#[test]
fn a_doubt_obeys_what_the_last_refusal_asked_for() {
    let quiet = Refusal::Busy { retry_after: Some(Duration::from_secs(200)) };
    for (refusal, wait) in [(quiet, 200.0), (Refusal::Denied, 300.0)] {
        let (mut play, id) = with_an_hour(calm());
        play.go(0.7 * HOUR);
        let attempt = play.asks(id);
        play.refused(id, attempt, refusal);
        clocks(&mut play, 3.0 * HOUR);
        assert!(is_in_doubt(&play, id));
        play.quiet_until(0.7 * HOUR + wait - 0.001);
        play.rests();
    }
}

#[test]
fn a_doubt_does_not_send_what_was_denied_for_good() {
    let (mut play, id) = with_an_hour(calm());
    play.go(0.7 * HOUR);
    let attempt = play.asks(id);
    play.refused(id, attempt, Refusal::DeniedForGood);
    clocks(&mut play, 3.0 * HOUR);
    play.go(1.5 * HOUR);
    play.rests();
}

#[test]
fn a_doubt_removes_no_file() {
    let (mut play, id) = with_an_hour(Policy { on_expiry: OnExpiry::Remove, ..calm() });
    play.go(60.0);
    clocks(&mut play, 3.0 * HOUR);
    let attempt = play.asks(id);
    play.refused(id, attempt, Refusal::DeniedForGood);
    play.quiet_until(10.0 + HOUR - 0.001);
    play.go(10.0 + HOUR);
    assert!(matches!(play.next(), Some((whose, Effect::Withdraw(_))) if whose == id), "the boot clock is certain");
}

#[test]
fn a_file_that_is_altered_in_doubt_is_repaired() {
    let (mut play, id) = with_an_hour(calm());
    play.go(60.0);
    clocks(&mut play, 3.0 * HOUR);
    let attempt = play.asks(id);
    play.refused(id, attempt, Refusal::Unreachable);
    play.tell(id, Event::OutputsAltered);
    play.publishes(id);
}

#[test]
fn a_session_that_was_requested_before_a_standstill_is_doubted() {
    let mut play = Play::new();
    clocks(&mut play, 0.0);
    let id = play.with_key(calm());
    let attempt = play.asks(id);
    play.go(1.0);
    clocks(&mut play, 3.0 * HOUR);
    let outcome = ExchangeOutcome::Granted { key: key(1), sent: at(0.0), grant: life(3_600) };
    play.tell(id, Event::Exchanged(attempt, outcome));
    let attempt = play.publishes(id);
    play.tell(id, Event::Published(attempt, Ok(())));
    assert!(is_in_doubt(&play, id));
    play.go(3.0);
    play.renews(id, 3_600);
    assert_eq!(play.health(id), Health::Fresh);
}

#[test]
fn a_standstill_during_a_write_is_noticed() {
    let mut play = Play::new();
    clocks(&mut play, 0.0);
    let id = play.with_key(calm());
    let attempt = play.asks(id);
    play.granted(id, attempt, key(1), life(3_600));
    let attempt = play.publishes(id);
    play.go(1.0);
    clocks(&mut play, 3.0 * HOUR);
    play.tell(id, Event::Published(attempt, Ok(())));
    assert!(is_in_doubt(&play, id));
}

#[test]
fn every_standstill_between_two_renewals_is_settled_at_once() {
    let (mut play, id) = with_an_hour(calm());
    for night in 1..=10 {
        clocks(&mut play, f64::from(night) * 8.0 * HOUR);
        play.now = play.now + Duration::from_secs(2);
        play.renews(id, 3_600);
        play.now = play.fleet.next_wake().unwrap();
        play.renews(id, 3_600);
    }
}

#[test]
fn the_step_of_a_first_boot_costs_one_exchange() {
    let mut play = Play::new();
    let before = |seconds: f64| Stamp { boot: 1, moment: at(seconds), wall: Duration::from_secs_f64(seconds) };
    play.go(10.0);
    play.fleet.compare_clocks(before(10.0));
    let id = play.with_key(calm());
    play.renews(id, 3_600);
    play.go(20.0);
    clocks(&mut play, 0.0);
    play.renews(id, 3_600);
    assert_eq!(play.health(id), Health::Fresh);
    play.quiet_until(20.0 + QUIET);
    play.rests();
}

#[test]
fn a_wall_clock_that_flaps_costs_a_bounded_number() {
    let (mut play, id) = with_an_hour(calm());
    let mut exchanges = Vec::new();
    for step in 0..6_000 {
        play.go(60.0 + f64::from(step) / 10.0);
        clocks(&mut play, if step % 2 == 0 { 3.0 * HOUR } else { 0.0 });
        answer_all(&mut play, id, &mut exchanges);
    }
    assert!(exchanges.len() <= 2, "{exchanges:?}");
}

#[test]
fn a_wall_clock_that_runs_away_is_asked_about_ever_less() {
    let (mut play, id) = with_an_hour(calm());
    let mut exchanges = Vec::new();
    for step in 1..=6_000 {
        play.go(60.0 + f64::from(step) / 10.0);
        clocks(&mut play, f64::from(step) * 2.0 * HOUR);
        answer_all(&mut play, id, &mut exchanges);
    }
    assert!(exchanges.windows(2).all(|pair| pair[1] - pair[0] >= Duration::from_secs(2)), "{exchanges:?}");
    assert!((8..60).contains(&exchanges.len()), "{} in ten minutes", exchanges.len());
    // When the clock rests, one more exchange settles it.
    let last = exchanges.last().unwrap().elapsed_since_boot().as_secs_f64();
    assert_eq!(play.next_within(660.1, last + 60.0), id);
}

/// Answers the effects of now at once, and notes the exchanges.
fn answer_all(play: &mut Play, id: Id, exchanges: &mut Vec<Moment>) {
    while let Some((_, effect)) = play.next() {
        match effect {
            Effect::Exchange(attempt) => {
                exchanges.push(play.now);
                play.granted(id, attempt, key(1), life(3_600));
            }
            Effect::Publish(attempt) => play.tell(id, Event::Published(attempt, Ok(()))),
            Effect::Withdraw(_) => panic!("nothing is removed"),
        }
    }
}

#[test]
fn a_doubt_of_a_start_has_the_health_of_a_running_daemon() {
    let (mut play, id) = with_an_hour(calm());
    let term = play.fleet.get(id).unwrap().held().unwrap();
    let sent = Stamp { boot: 1, moment: term.sent, wall: term.sent_wall };
    let renew_after = term.renew - term.sent;
    let memory = Memory {
        asked: ExchangeRecord { key: key(1), answer: None },
        written: Some(WrittenTerm { key: key(1), sent, issued: None, grant: term.grant, renew_after }),
    };
    for (ahead, doubted) in [(0.0, false), (0.9 * HOUR, false), (0.99 * HOUR, true), (3.0 * HOUR, true)] {
        play.go(60.0);
        clocks(&mut play, ahead);
        let next = play.add(calm());
        play.tell(next, Event::KeyAppeared(key(1)));
        let wall = Duration::from_secs_f64(WALL + 60.0 + ahead);
        play.fleet.adopt(Stamp { boot: 1, moment: play.now, wall }, next, &memory, true);
        assert_eq!((play.health(id), is_in_doubt(&play, id)), (play.health(next), doubted), "{ahead}");
        assert_eq!(is_in_doubt(&play, next), doubted, "{ahead}");
        play.fleet.remove(play.now, next);
    }
}
