//! How a process uses the state that another process left: the kubelet's table, and clocks that disagree.
//!
//! All state was recorded at 1,000 s on the boot clock of boot 1.

use std::{num::NonZeroUsize, time::Duration};

use tokenwell::renewal::{
    Answered, Effect, Event, ExchangeRecord, Fleet, Grant, Health, Id, Memory, Moment, OnExpiry, Policy, Share, Stamp,
    WrittenTerm,
};

use crate::play::{Play, at, calm, due, key, life};

/// The fate of an adopted session.
#[derive(Clone, Copy, Debug)]
enum Then {
    /// It is renewed at this age, in seconds.
    At(f64),
    /// It is overdue: it is renewed within this many seconds.
    Within(f64),
    /// It is exchanged after this many seconds.
    After(f64),
}

#[test]
fn requires_refresh() {
    let (minute, hour, day) = (60.0, 3_600.0, 86_400.0);
    let rows = [
        ("fresh", 10.0 * minute, 60.0 * minute, Then::At(40.2 * minute)),
        ("near the end", 50.0 * minute, 60.0 * minute, Then::Within(5.0 * minute)),
        ("a minute left of 61", 60.0 * minute, 61.0 * minute, Then::Within(0.5 * minute)),
        ("long-lived", 25.0 * hour, 60.0 * hour, Then::At(40.2 * hour)),
        ("long-lived, 40 h", 25.0 * hour, 40.0 * hour, Then::At(26.8 * hour)),
        ("four weeks", 25.0 * hour, 28.0 * day, Then::At(18.76 * day)),
        ("four weeks, near the end", 20.0 * day, 28.0 * day, Then::Within(2.8 * day)),
        ("expired", 70.0 * minute, 60.0 * minute, Then::After(0.0)),
        ("expired just now", 60.0 * minute, 60.0 * minute, Then::After(0.0)),
        ("now is earlier than issued-at", -10.0 * minute, 60.0 * minute, Then::After(2.0)),
    ];
    for (name, age, lifetime, then) in rows {
        let (mut play, id) = taken_over(&written(lifetime), now(age), calm());
        let begins = play.now.elapsed_since_boot().as_secs_f64();
        match then {
            Then::At(renewed_at) => {
                assert_eq!(play.health(id), Health::Fresh, "{name}");
                let due = due(&play, id) - begins;
                assert!((due - (renewed_at - age)).abs() < 1e-3, "{name}: due in {due} s");
                play.quiet_until(begins + due - 0.001);
                play.now = play.fleet.next_wake().unwrap();
                play.asks(id);
            }
            Then::Within(seconds) => {
                assert_eq!(play.health(id), Health::Fresh, "{name}");
                let due = due(&play, id) - begins;
                assert!(due <= seconds, "{name}: due in {due} s");
            }
            Then::After(seconds) => {
                assert!(!play.health(id).is_usable(), "{name}");
                if seconds > 0.0 {
                    play.quiet_until(begins + seconds - 0.001);
                    play.rests();
                }
                play.now = at(begins + seconds);
                play.asks(id);
            }
        }
    }
}

#[test]
fn a_session_of_unknown_life_is_asked_for() {
    let memory = Memory { written: None, ..written(600.0) };
    let (mut play, id) = taken_over(&memory, now(100.0), calm());
    assert_eq!(play.health(id), Health::Starting);
    play.asks(id);
}

#[test]
fn an_overdue_session_is_renewed_at_a_random_early_moment() {
    for (age, longest) in [(500.0, 50.0), (420.0, 60.0)] {
        let seen: Vec<_> = (0..100)
            .map(|seed| {
                let mut play = Play::new();
                play.fleet = Fleet::new(NonZeroUsize::MIN, seed);
                let id = take_over(&mut play, &written(600.0), now(age), calm(), true);
                play.tell(id, Event::KeyAppeared(key(1)));
                due(&play, id) - (1_000.0 + age)
            })
            .collect();
        let most = seen.iter().copied().fold(0.0, f64::max);
        let least = seen.iter().copied().fold(f64::MAX, f64::min);
        assert!(least >= 0.0 && least < longest * 0.1 && most <= longest && most > longest * 0.9, "{least} to {most}");
    }
}

#[test]
fn a_session_is_taken_over_up_to_one_nanosecond_before_its_end() {
    let nanosecond = Duration::from_nanos(1);
    for (early, usable) in [(nanosecond, true), (Duration::ZERO, false)] {
        let end = now(600.0);
        let now = Stamp { moment: end.moment.back(early), wall: end.wall.saturating_sub(early), ..end };
        let (play, id) = taken_over(&written(600.0), now, Policy { on_expiry: OnExpiry::Remove, ..calm() });
        assert_eq!(play.health(id).is_usable(), usable);
        assert_eq!(play.fleet.get(id).unwrap().held().is_some(), usable, "a dead session is not held");
    }
}

#[test]
fn an_expired_session_to_remove_is_removed_at_once() {
    for intact in [true, false] {
        let mut play = Play::new();
        let policy = Policy { on_expiry: OnExpiry::Remove, ..calm() };
        let id = take_over(&mut play, &written(600.0), now(700.0), policy, intact);
        assert!(matches!(play.next(), Some((whose, Effect::Withdraw(_))) if whose == id), "intact: {intact}");
    }
}

#[test]
fn a_session_expired_by_the_wall_clock_alone_is_kept() {
    let policy = Policy { on_expiry: OnExpiry::Remove, ..calm() };
    let now = Stamp { wall: WALL + Duration::from_secs(31_536_000), ..now(100.0) };
    let (mut play, id) = taken_over(&written(600.0), now, policy);
    play.asks(id);
}

#[test]
fn the_older_age_of_two_clocks_counts() {
    let at_boot = |boot, age, wall_age: f64| Stamp { boot, wall: now(wall_age).wall, ..now(age) };
    let rows = [
        ("the wall clock went back", at_boot(1, 100.0, -500.0), Some(302.0)),
        ("the wall clock went back a little", at_boot(1, 100.0, 50.0), Some(302.0)),
        ("the machine stood still", at_boot(1, 100.0, 300.0), Some(102.0)),
        ("the boot clock went back", at_boot(1, -100.0, 100.0), None),
        ("another boot", at_boot(2, 5_000.0, 100.0), Some(302.0)),
        ("another boot, moments after it", at_boot(2, -950.0, 100.0), Some(302.0)),
        ("another boot, the clock is ahead", at_boot(2, -950.0, 300.0), Some(102.0)),
        ("another boot, the clock went back", at_boot(2, -950.0, -1.0), None),
    ];
    for (name, now, expected) in rows {
        let (play, id) = taken_over(&written(600.0), now, calm());
        let renewal = play.fleet.get(id).unwrap();
        let due_in = renewal.held().map(|term| (term.renew - now.moment).as_secs_f64());
        match (due_in, expected) {
            (Some(due_in), Some(expected)) => {
                assert!((due_in - expected).abs() < 1e-3, "{name}: {due_in} s");
                let left = renewal.held().unwrap().expires() - now.moment;
                assert!((left.as_secs_f64() - expected - 198.0).abs() < 1e-3, "{name}: {left:?} left");
            }
            (due_in, expected) => assert_eq!(due_in, expected, "{name}"),
        }
    }
}

#[test]
fn after_a_reboot_the_servers_clock_is_asked_as_well() {
    let mut memory = written(600.0);
    // The JWT was issued 200 s before the recorded wall clock time, so that clock was ahead.
    memory.written.as_mut().unwrap().issued = WALL.checked_sub(Duration::from_secs(200));
    let (play, id) = taken_over(&memory, Stamp { boot: 2, ..now(100.0) }, calm());
    assert!((due(&play, id) - (1_100.0 + 102.0)).abs() < 1e-3, "300 s old: {}", due(&play, id));
    let (play, id) = taken_over(&memory, now(100.0), calm());
    assert!((due(&play, id) - (1_100.0 + 302.0)).abs() < 1e-3, "in the same boot nothing is better than its clock");
}

#[test]
fn a_stricter_policy_holds_for_adopted_sessions() {
    for (percent, expected) in [(20.0, 120.0), (90.0, 402.0)] {
        let policy = Policy { renew_at: Share::from_percent(percent).unwrap(), ..calm() };
        let (play, id) = taken_over(&written(600.0), now(50.0), policy);
        assert!((due(&play, id) - 1_000.0 - expected).abs() < 1e-3, "{}", due(&play, id));
    }
}

#[test]
fn an_unfinished_exchange_counts_from_now() {
    let memory = Memory { asked: ExchangeRecord { key: key(1), answer: None }, written: None };
    let (mut play, id) = taken_over(&memory, now(500.0), calm());
    play.quiet_until(1_501.999);
    play.rests();
    play.now = at(1_502.0);
    play.asks(id);
}

#[test]
fn the_spacing_holds_over_a_restart() {
    let memory = Memory { written: None, ..written(600.0) };
    let (mut play, id) = taken_over(&memory, now(0.5), calm());
    play.quiet_until(1_001.999);
    play.rests();
    play.now = at(1_002.0);
    play.asks(id);
}

#[test]
fn a_remembered_quiet_holds_over_a_restart_with_a_bound() {
    for (asked_for, until) in [(200, 1_200.0), (u64::MAX, 1_300.0)] {
        let mut memory = Memory { written: None, ..written(600.0) };
        memory.asked.answer.as_mut().unwrap().quiet = Duration::from_secs(asked_for);
        let (mut play, id) = taken_over(&memory, now(50.0), calm());
        let other = play.with_key(calm());
        play.quiet_until(until - 0.001);
        play.rests();
        play.now = at(until);
        let next = [play.next().unwrap().0, play.next().unwrap().0];
        assert!(next.contains(&id) && next.contains(&other), "{next:?}");
    }
}

#[test]
fn a_quiet_that_is_over_delays_no_exchange() {
    let mut memory = Memory { written: None, ..written(600.0) };
    memory.asked.answer.as_mut().unwrap().quiet = Duration::from_secs(30);
    let (mut play, id) = taken_over(&memory, now(31.0), calm());
    play.asks(id);
}

#[test]
fn the_boot_clock_of_another_boot_says_nothing() {
    let mut memory = Memory { written: None, ..written(600.0) };
    memory.asked.answer.as_mut().unwrap().quiet = Duration::from_secs(200);
    // A minute passes on the wall clock; the new boot has run longer than the old boot had then, or for as long.
    for up in [5_000.0, 1.0] {
        let now = Stamp { boot: 2, wall: now(60.0).wall, ..now(up) };
        let (mut play, id) = taken_over(&memory, now, calm());
        play.now = now.moment + Duration::from_secs_f64(139.999);
        play.rests();
        play.now = now.moment + Duration::from_secs(140);
        play.asks(id);
    }
}

#[test]
fn a_remembered_session_is_written_without_a_request() {
    let mut play = Play::new();
    let id = take_over(&mut play, &written(600.0), now(100.0), calm(), false);
    play.tell(id, Event::KeyAppeared(key(1)));
    assert_eq!(play.health(id), Health::Starting);
    let attempt = play.publishes(id);
    play.tell(id, Event::Published(attempt, Ok(())));
    assert_eq!(play.health(id), Health::Fresh);
    play.quiet_until(1_401.999);
    play.rests();
}

#[test]
fn a_session_of_another_key_is_kept_and_a_new_one_asked_for() {
    let mut play = Play::new();
    let id = take_over(&mut play, &written(600.0), now(100.0), calm(), true);
    assert_eq!(play.health(id), Health::Failing, "no key was seen yet");
    play.tell(id, Event::KeyAppeared(key(2)));
    assert_eq!(play.health(id), Health::Fresh);
    play.asks(id);
}

#[test]
fn a_key_that_was_asked_with_in_vain_is_asked_with_again() {
    let mut memory = written(600.0);
    memory.asked.key = key(2);
    let mut play = Play::new();
    let id = take_over(&mut play, &memory, now(100.0), calm(), true);
    play.tell(id, Event::KeyAppeared(key(2)));
    play.asks(id);
}

#[test]
fn a_denial_for_good_is_remembered_until_the_key_changes() {
    for age in [1.0, 500.0, 5000.0] {
        let mut memory = written(600.0);
        memory.asked.answer.as_mut().unwrap().awaits_change = true;
        let (mut play, id) = taken_over(&memory, now(age), calm());
        play.quiet_until(1_000_000.0);
        play.rests();
        play.tell(id, Event::KeyAppeared(key(2)));
        play.asks(id);
    }
    let mut memory = written(600.0);
    memory.asked.answer.as_mut().unwrap().awaits_change = true;
    memory.forget_denial();
    let (mut play, id) = taken_over(&memory, now(5000.0), calm());
    play.asks(id);
}

/// A session with this lifetime in seconds, requested, answered and written at once.
fn written(lifetime: f64) -> Memory {
    let sent = now(0.0);
    let lifetime = Duration::from_secs_f64(lifetime);
    Memory {
        asked: ExchangeRecord {
            key: key(1),
            answer: Some(Answered { at: sent, quiet: Duration::ZERO, awaits_change: false }),
        },
        written: Some(WrittenTerm {
            key: key(1),
            sent,
            issued: Some(sent.wall),
            grant: Grant { lifetime, ..life(0) },
            renew_after: lifetime.mul_f64(0.67),
        }),
    }
}

/// This many seconds later on both clocks, or earlier if negative.
fn now(age: f64) -> Stamp {
    let shift = |base: Duration| {
        if age < 0.0 { base.saturating_sub(Duration::from_secs_f64(-age)) } else { base + Duration::from_secs_f64(age) }
    };
    Stamp { boot: 1, moment: Moment::since_boot(shift(Duration::from_secs(1_000))), wall: shift(WALL) }
}

fn taken_over(memory: &Memory, now: Stamp, policy: Policy) -> (Play, Id) {
    let mut play = Play::new();
    let id = take_over(&mut play, memory, now, policy, true);
    play.tell(id, Event::KeyAppeared(key(1)));
    (play, id)
}

fn take_over(play: &mut Play, memory: &Memory, now: Stamp, policy: Policy, intact: bool) -> Id {
    play.now = now.moment;
    let id = play.add(policy);
    play.fleet.adopt(now, id, memory, intact);
    id
}

const WALL: Duration = Duration::from_secs(1_700_000_000);
