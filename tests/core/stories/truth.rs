//! The health and the counts stay true when the cause of a trouble changes.

use crate::play::{Play, calm, key, life};

use tokenwell::renewal::{Attempt, Effect, Event, Health, Id, NotWritten, OnExpiry, Policy, Refusal};

fn refusals(play: &Play, id: Id) -> (u32, u32) {
    let renewal = play.fleet.get(id).unwrap();
    (renewal.refusals_in_a_row(), renewal.refusals_of_last_class())
}

/// The next exchange, whenever the pause after the last refusal and the host's pace allow it.
fn asks_when_due(play: &mut Play) -> Attempt {
    loop {
        match play.next() {
            Some((_, Effect::Exchange(attempt))) => return attempt,
            other => assert_eq!(other, None),
        }
        play.now = play.fleet.next_wake().unwrap();
    }
}

#[test]
fn refusals_are_counted_by_class_and_since_the_session() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    let mut counts = Vec::new();
    let (busy, denied) = (Refusal::Busy { retry_after: None }, Refusal::Denied);
    for refusal in
        [Refusal::Failed, Refusal::Failed, denied, Refusal::TimedOut, Refusal::Unreachable, busy, denied, denied]
    {
        let attempt = asks_when_due(&mut play);
        play.refused(id, attempt, refusal);
        counts.push(refusals(&play, id));
    }
    assert_eq!(counts, [(1, 1), (2, 2), (3, 1), (4, 1), (5, 2), (6, 1), (7, 1), (8, 2)]);
    let attempt = asks_when_due(&mut play);
    play.granted(id, attempt, key(1), life(3600));
    assert_eq!(refusals(&play, id), (0, 0));
}

#[test]
fn a_token_that_an_output_never_took_is_failing_and_unready() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    assert_eq!(play.health(id), Health::Starting);
    let attempt = play.asks(id);
    play.granted(id, attempt, key(1), life(100));
    let attempt = play.publishes(id);
    play.tell(id, Event::Published(attempt, Err(NotWritten)));
    let renewal = play.fleet.get(id).unwrap();
    assert_eq!((renewal.health(play.now), renewal.unwritten()), (Health::Unwritten, renewal.held()));
    assert_eq!(renewal.health(play.now).word(), "failing");
    assert!(!renewal.serves(play.now) && renewal.on_disk().is_none());
    // It has a time of its own at which it ends.
    play.go(100.0);
    assert_eq!(play.health(id), Health::Expired);
    let attempt = play.asks(id);
    play.granted(id, attempt, key(1), life(100));
    assert_eq!(play.health(id), Health::Unwritten, "a new session is no new start");
    let attempt = play.publishes(id);
    play.tell(id, Event::Published(attempt, Ok(())));
    let renewal = play.fleet.get(id).unwrap();
    assert_eq!((renewal.health(play.now), renewal.unwritten()), (Health::Fresh, None));
}

#[test]
fn a_removed_token_whose_successor_is_unwritten_is_failing() {
    let mut play = Play::new();
    let id = play.with_key(Policy { on_expiry: OnExpiry::Remove, ..calm() });
    play.renews(id, 100);
    play.go(67.0);
    let attempt = play.asks(id);
    play.refused(id, attempt, Refusal::Denied);
    play.go(100.0);
    let Some((_, Effect::Withdraw(attempt))) = play.next() else { panic!("the file is to go") };
    play.tell(id, Event::Withdrawn(attempt, Ok(())));
    assert_eq!(play.health(id), Health::Expired);
    play.go(400.0);
    let attempt = play.asks(id);
    play.granted(id, attempt, key(1), life(100));
    let attempt = play.publishes(id);
    play.tell(id, Event::Published(attempt, Err(NotWritten)));
    assert_eq!(play.health(id), Health::Unwritten);
}

#[test]
fn an_expired_token_on_disk_is_expired_if_none_can_be_written() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    play.renews(id, 100);
    play.go(67.0);
    let attempt = play.asks(id);
    play.granted(id, attempt, key(1), life(100));
    let attempt = play.publishes(id);
    play.tell(id, Event::Published(attempt, Err(NotWritten)));
    assert_eq!(play.health(id), Health::Failing, "the former token lives");
    play.go(100.0);
    assert_eq!(play.health(id), Health::Expired, "readers find the former token");
}
