//! Two processes with one output: the second waits until the first has ended.

use std::time::Duration;

use tokenwell::renewal::{
    Answered, Event, ExchangeRecord, Health, Memory, Moment, OnExpiry, Policy, Stamp, Term, WrittenTerm,
};

use crate::play::{Play, at, calm, due, key, life};

#[test]
fn nothing_is_asked_for_while_another_process_holds_the_outputs() {
    let mut play = Play::new();
    let id = play.add(calm());
    play.tell(id, Event::ClaimLost);
    for event in [Event::KeyAppeared(key(1)), Event::RenewRequested, Event::KeyAppeared(key(2)), Event::OutputsChanged]
    {
        play.tell(id, event);
        play.rests();
    }
    play.quiet_until(10_000.0);
    play.rests();
    assert_eq!((play.health(id), play.fleet.next_wake()), (Health::Starting, None));
    assert!(play.fleet.get(id).unwrap().stands_by());

    play.tell(id, Event::ClaimHeld);
    play.renews(id, 600);
    assert!(!play.fleet.get(id).unwrap().stands_by());
}

#[test]
fn a_lost_claim_gives_up_the_place_in_the_queue() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    play.tell(id, Event::ClaimLost);
    play.rests();
    let other = play.with_key(calm());
    play.renews(other, 600);
}

#[test]
fn a_token_of_the_holder_is_served_until_it_ends() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    play.tell(id, Event::ClaimLost);
    play.fleet.observe(play.now, id, Some(term(0.0, 600)));
    assert_eq!(play.health(id), Health::Fresh);
    play.quiet_until(599.999);
    assert!(play.fleet.get(id).unwrap().serves(play.now));
    play.go(600.0);
    assert_eq!(play.health(id), Health::Expired);
    play.rests();
    play.fleet.observe(play.now, id, Some(term(600.0, 600)));
    assert_eq!(play.health(id), Health::Fresh);
    play.fleet.observe(play.now, id, None);
    assert_eq!(play.health(id), Health::Starting);
}

#[test]
fn the_token_of_the_holder_is_not_removed_at_its_end() {
    let mut play = Play::new();
    let id = play.with_key(Policy { on_expiry: OnExpiry::Remove, ..calm() });
    play.tell(id, Event::ClaimLost);
    play.fleet.observe(play.now, id, Some(term(0.0, 600)));
    play.go(10_000.0);
    play.rests();
}

#[test]
fn taking_over_a_good_token_costs_nothing() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    play.tell(id, Event::ClaimLost);
    play.go(100.0);
    play.fleet.adopt(stamp(play.now), id, &memory(50.0), true);
    assert_eq!(play.health(id), Health::Fresh);
    play.tell(id, Event::RenewRequested);
    play.go(200.0);
    play.fleet.adopt(stamp(play.now), id, &memory(50.0), true);
    play.tell(id, Event::ClaimHeld);
    play.rests();
    assert!((due(&play, id) - (50.0 + 402.0)).abs() < 0.001, "{}", due(&play, id));
}

#[test]
fn a_takeover_during_an_exchange_keeps_the_spacing() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    play.tell(id, Event::ClaimLost);
    play.go(100.0);
    let memory = Memory { asked: ExchangeRecord { key: key(1), answer: None }, written: None };
    play.fleet.adopt(stamp(play.now), id, &memory, false);
    play.tell(id, Event::ClaimHeld);
    play.quiet_until(101.999);
    play.rests();
    play.go(102.0);
    play.asks(id);
}

#[test]
fn a_token_of_unknown_origin_is_replaced_at_the_takeover() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    play.tell(id, Event::ClaimLost);
    play.fleet.observe(play.now, id, Some(term(0.0, 600)));
    play.go(10.0);
    play.tell(id, Event::ClaimHeld);
    play.asks(id);
    assert_eq!(play.health(id), Health::Fresh);
}

#[test]
fn an_answer_that_comes_after_the_claim_is_lost_is_not_written() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    let attempt = play.asks(id);
    play.tell(id, Event::ClaimLost);
    play.granted(id, attempt, key(1), life(600));
    play.rests();
    play.tell(id, Event::ClaimHeld);
    play.publishes(id);
}

fn term(sent: f64, lifetime: u64) -> Term {
    Term {
        key: key(1),
        sent: at(sent),
        sent_wall: Duration::from_secs_f64(sent),
        grant: life(lifetime),
        renew: at(sent) + Duration::from_secs(lifetime / 2),
        older_by: Duration::ZERO,
    }
}

fn stamp(moment: Moment) -> Stamp {
    Stamp { boot: 1, moment, wall: Duration::from_secs(1_700_000_000) + moment.elapsed_since_boot() }
}

/// The record of a session that was granted and written at that moment.
fn memory(sent: f64) -> Memory {
    let at = stamp(at(sent));
    Memory {
        asked: ExchangeRecord {
            key: key(1),
            answer: Some(Answered { at, quiet: Duration::ZERO, awaits_change: false }),
        },
        written: Some(WrittenTerm {
            key: key(1),
            sent: at,
            issued: None,
            grant: life(600),
            renew_after: Duration::from_secs(402),
        }),
    }
}
