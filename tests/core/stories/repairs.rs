//! Outputs that another process changes.

use crate::play::{Play, calm, key, life};

use tokenwell::renewal::{Event, Health, Id, NotWritten};

#[test]
fn changed_outputs_are_rewritten_at_once_without_a_request() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    play.renews(id, 600);
    play.go(100.0);
    play.tell(id, Event::OutputsAltered);
    assert_eq!(play.health(id), Health::Failing);
    assert!(!serves(&play, id));
    let attempt = play.publishes(id);
    play.tell(id, Event::Published(attempt, Ok(())));
    assert_eq!(play.health(id), Health::Fresh);
    assert!(serves(&play, id));
    play.quiet_until(401.999);
    play.rests();
}

#[test]
fn a_fight_over_the_files_is_slowed_down() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    play.renews(id, 100_000);
    let mut now = 1000.0;
    for wait in [0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0] {
        play.go(now);
        play.tell(id, Event::OutputsAltered);
        play.tell(id, Event::OutputsAltered);
        assert_eq!(play.fleet.get(id).unwrap().is_in_conflict(), wait > 1.0, "after {wait} s");
        play.quiet_until(now + wait - 0.001);
        if wait > 0.0 {
            play.rests();
        }
        now += wait;
        play.go(now);
        let attempt = play.publishes(id);
        play.tell(id, Event::Published(attempt, Ok(())));
    }
    // After two quiet minutes the next repair counts as the first again.
    play.go(now + 120.0);
    play.tell(id, Event::OutputsAltered);
    assert!(!play.fleet.get(id).unwrap().is_in_conflict());
    play.publishes(id);
}

#[test]
fn a_new_session_does_not_wait_for_the_end_of_a_fight() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    play.renews(id, 600);
    for now in [400.0, 400.5] {
        play.go(now);
        play.tell(id, Event::OutputsAltered);
    }
    let attempt = play.publishes(id);
    play.tell(id, Event::Published(attempt, Ok(())));
    play.go(401.9);
    play.tell(id, Event::OutputsAltered);
    play.go(402.0);
    play.renews(id, 600);
    assert!(serves(&play, id));
}

#[test]
fn outputs_never_written_or_expired_are_not_repaired() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    let attempt = play.asks(id);
    play.tell(id, Event::OutputsAltered);
    play.rests();
    play.granted(id, attempt, key(1), life(100));
    let attempt = play.publishes(id);
    // A change seen during a write comes from the unfinished write.
    play.tell(id, Event::OutputsAltered);
    play.tell(id, Event::Published(attempt, Ok(())));
    play.rests();
    play.tell(id, Event::KeyVanished);
    play.go(100.0);
    play.tell(id, Event::OutputsAltered);
    play.rests();
    assert_eq!(play.health(id), Health::Expired);
}

#[test]
fn a_repair_that_fails_is_tried_again() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    play.renews(id, 600);
    play.go(10.0);
    play.tell(id, Event::OutputsAltered);
    let attempt = play.publishes(id);
    play.tell(id, Event::Published(attempt, Err(NotWritten)));
    assert!(!serves(&play, id));
    play.quiet_until(11.999);
    play.go(12.0);
    let attempt = play.publishes(id);
    play.tell(id, Event::Published(attempt, Ok(())));
    assert!(serves(&play, id));
}

fn serves(play: &Play, id: Id) -> bool {
    play.fleet.get(id).unwrap().serves(play.now)
}
