//! Secrets that are sent once more only after a change or on a person's request, because a wrong answer may lock an
//! account.

use std::time::Duration;

use tokenwell::renewal::{
    Answered, Event, ExchangeRecord, Health, Id, Memory, Moment, OriginId, Refusal, Stamp, WrittenTerm,
};

use crate::play::{Play, at, calm, due, key, life};

#[test]
fn other_bytes_of_the_same_secret_end_a_final_denial() {
    let mut play = Play::new();
    let id = denied(&mut play);
    play.tell(id, Event::SecretReplaced);
    assert_eq!(due(&play, id).to_bits(), 2.0_f64.to_bits());
}

#[test]
fn a_final_denial_outlasts_weeks_and_reads_of_the_same_secret() {
    let mut play = Play::new();
    let id = denied(&mut play);
    for day in 1..=30 {
        play.quiet_until(f64::from(day) * 86_400.0);
        play.tell(id, Event::KeyVanished);
        play.tell(id, Event::KeyAppeared(key(1)));
        play.rests();
    }
    assert!(play.fleet.get(id).unwrap().awaits_change());
}

#[test]
fn another_secret_ends_a_final_denial_at_once() {
    let mut play = Play::new();
    let id = denied(&mut play);
    play.quiet_until(10.0);
    play.tell(id, Event::KeyAppeared(key(2)));
    let attempt = play.asks(id);
    play.granted(id, attempt, key(2), life(600));
    let attempt = play.publishes(id);
    play.tell(id, Event::Published(attempt, Ok(())));
    assert_eq!(play.health(id), Health::Fresh);
    play.quiet_until(412.0);
    play.asks(id);
}

#[test]
fn a_person_may_send_denied_secrets_once_more() {
    let mut play = Play::new();
    let id = denied(&mut play);
    play.go(10.0);
    play.tell(id, Event::RenewRequested);
    let attempt = play.asks(id);
    play.refused(id, attempt, Refusal::DeniedForGood);
    play.quiet_until(100_000.0);
    play.rests();
}

#[test]
fn other_settings_do_not_send_denied_secrets_again() {
    let mut play = Play::new();
    let id = denied(&mut play);
    play.tell(id, Event::SessionOutdated);
    play.quiet_until(100_000.0);
    play.rests();
    play.tell(id, Event::KeyAppeared(key(2)));
    let attempt = play.asks(id);
    play.tell(id, Event::SessionOutdated);
    play.granted(id, attempt, key(2), life(600));
    let attempt = play.publishes(id);
    play.tell(id, Event::Published(attempt, Ok(())));
    play.quiet_until(100_001.999);
    play.go(100_002.0);
    play.asks(id);
}

#[test]
fn a_request_during_the_exchange_does_not_repeat_it() {
    for event in [Event::RenewRequested, Event::SessionOutdated] {
        let mut play = Play::new();
        let id = play.with_key(calm());
        let attempt = play.asks(id);
        play.tell(id, event);
        play.refused(id, attempt, Refusal::DeniedForGood);
        play.quiet_until(100_000.0);
        play.rests();
    }
}

#[test]
fn a_failure_is_no_denial_and_is_tried_again() {
    for refusal in [Refusal::Failed, Refusal::Busy { retry_after: None }, Refusal::TimedOut, Refusal::Garbled] {
        let mut play = Play::new();
        let id = play.with_key(calm());
        let attempt = play.asks(id);
        play.refused(id, attempt, refusal);
        assert_eq!(play.next_within(2.0, 61.0), id);
    }
}

#[test]
fn a_restart_does_not_repeat_a_final_denial() {
    for written in [None, Some(written())] {
        let mut play = Play::new();
        let id = play.add(calm());
        adopt(&mut play, id, 1, written);
        play.go(20.0);
        play.tell(id, Event::KeyAppeared(key(1)));
        play.quiet_until(100_000.0);
        play.rests();
        play.tell(id, Event::KeyAppeared(key(2)));
        play.asks(id);
    }
}

#[test]
fn a_restart_still_reports_a_final_denial() {
    let mut play = Play::new();
    let id = play.add(calm());
    adopt(&mut play, id, 1, Some(written()));
    play.tell(id, Event::KeyAppeared(key(1)));
    assert_eq!(play.health(id), Health::Failing);
    assert_eq!(play.fleet.get(id).unwrap().refusals_in_a_row(), 1);
}

#[test]
fn a_credential_that_returns_does_not_repeat_a_final_denial() {
    let mut play = Play::new();
    let id = denied(&mut play);
    play.go(1.0);
    let past = play.fleet.remove(play.now, id).unwrap();
    let back = play.fleet.add(OriginId::default(), calm(), past);
    adopt(&mut play, back, 1, None);
    play.tell(back, Event::KeyAppeared(key(1)));
    play.quiet_until(100_000.0);
    play.rests();
}

#[test]
fn a_session_of_the_former_holder_ends_its_denial() {
    let mut play = Play::new();
    let id = play.add(calm());
    play.tell(id, Event::ClaimLost);
    adopt(&mut play, id, 1, Some(written()));
    play.tell(id, Event::KeyAppeared(key(1)));
    assert_eq!(play.health(id), Health::Failing);
    play.go(100.0);
    let answer = Some(Answered { at: stamp(at(90.0)), quiet: Duration::ZERO, awaits_change: false });
    let mended = WrittenTerm { sent: stamp(at(90.0)), ..written() };
    let memory = Memory { asked: ExchangeRecord { key: key(1), answer }, written: Some(mended) };
    play.fleet.adopt(stamp(play.now), id, &memory, true);
    assert_eq!(play.health(id), Health::Fresh);
    play.tell(id, Event::ClaimHeld);
    play.quiet_until(491.0);
    play.go(492.0);
    play.asks(id);
}

#[test]
fn the_denial_of_an_earlier_secret_binds_no_later_one() {
    let mut play = Play::new();
    let first = play.with_key(calm());
    let attempt = play.asks(first);
    play.granted(first, attempt, key(2), life(600));
    play.publishes(first);
    let past = play.fleet.remove(play.now, first).unwrap();
    let id = play.fleet.add(OriginId::default(), calm(), past);
    adopt(&mut play, id, 1, None);
    play.tell(id, Event::KeyAppeared(key(2)));
    play.go(10.0);
    play.asks(id);
}

/// Returns a credential whose first exchange was denied for good at the start.
fn denied(play: &mut Play) -> Id {
    let id = play.with_key(calm());
    let attempt = play.asks(id);
    play.refused(id, attempt, Refusal::DeniedForGood);
    play.rests();
    id
}

/// Adopts the record of a denial for good, which came at the start.
fn adopt(play: &mut Play, id: Id, number: u8, written: Option<WrittenTerm>) {
    let answer = Some(Answered { at: stamp(Moment::default()), quiet: Duration::ZERO, awaits_change: true });
    let memory = Memory { asked: ExchangeRecord { key: key(number), answer }, written };
    play.fleet.adopt(stamp(play.now), id, &memory, true);
}

/// A session of the same secret that was written before the denial.
fn written() -> WrittenTerm {
    WrittenTerm {
        key: key(1),
        sent: stamp(Moment::default()),
        issued: None,
        grant: life(600),
        renew_after: Duration::from_secs(402),
    }
}

fn stamp(moment: Moment) -> Stamp {
    Stamp { boot: 1, moment, wall: Duration::from_secs(1_700_000_000) + moment.elapsed_since_boot() }
}
