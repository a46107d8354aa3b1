//! The life of a credential told as stories: bare numbers are seconds since boot.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may stop the test")]

mod play;

use std::{num::NonZeroUsize, time::Duration};

use play::{Play, at, calm, due, key, life};
use tokenwell::renewal::{
    Effect, Event, ExchangeOutcome, Fleet, Grant, Health, Id, LastExchange, NotWritten, OnExpiry, Policy, Refusal,
    Share,
};

#[test]
fn a_session_is_renewed_at_two_thirds_of_its_life() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    assert_eq!(play.health(id), Health::Starting);
    play.renews(id, 600);
    assert_eq!(play.health(id), Health::Fresh);
    play.quiet_until(401.999);
    play.rests();
    play.go(402.0);
    play.renews(id, 600);
    play.quiet_until(803.999);
    play.go(804.0);
    play.asks(id);
}

#[test]
fn life_is_counted_from_when_the_request_was_sent() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    let attempt = play.asks(id);
    play.go(9.0);
    let outcome = ExchangeOutcome::Granted { key: key(1), sent: at(0.0), grant: life(100) };
    play.tell(id, Event::Exchanged(attempt, outcome));
    let attempt = play.publishes(id);
    play.tell(id, Event::Published(attempt, Ok(())));
    play.quiet_until(66.999);
    play.go(67.0);
    play.asks(id);
    play.go(99.999);
    assert!(play.health(id).is_usable());
    play.go(100.0);
    assert_eq!(play.health(id), Health::Expired);
}

#[test]
fn a_server_that_asks_for_earlier_is_obeyed_and_for_later_is_not() {
    for (refresh_after, due) in [(120, 120.0), (599, 402.0), (0, 402.0)] {
        let mut play = Play::new();
        let id = play.with_key(calm());
        let attempt = play.asks(id);
        let grant = Grant { refresh_after: Some(Duration::from_secs(refresh_after)), ..life(600) };
        play.granted(id, attempt, key(1), grant);
        let attempt = play.publishes(id);
        play.tell(id, Event::Published(attempt, Ok(())));
        play.quiet_until(due - 0.001);
        play.rests();
        play.go(due);
        play.asks(id);
    }
}

#[test]
fn a_hostile_hint_cannot_break_the_spacing() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    for round in 0..100 {
        play.go(f64::from(round) * 2.0);
        let attempt = play.asks(id);
        play.granted(id, attempt, key(1), Grant { refresh_after: Some(Duration::from_nanos(1)), ..life(600) });
        let attempt = play.publishes(id);
        play.tell(id, Event::Published(attempt, Ok(())));
        play.quiet_until(f64::from(round) * 2.0 + 1.999);
        play.rests();
    }
}

#[test]
fn jitter_only_moves_a_renewal_earlier() {
    let mut earliest = f64::MAX;
    for seed in 0..200 {
        let mut fleet = Fleet::new(NonZeroUsize::MIN, seed);
        let id = fleet.add(Policy::default(), LastExchange::default());
        fleet.handle(at(0.0), id, Event::KeyAppeared(key(1)));
        let Some((_, Effect::Exchange(attempt))) = fleet.next_effect(at(0.0)) else { panic!("it asks at once") };
        let outcome = ExchangeOutcome::Granted { key: key(1), sent: at(0.0), grant: life(1000) };
        fleet.handle(at(0.0), id, Event::Exchanged(attempt, outcome));
        let renew = fleet.get(id).unwrap().held().unwrap().renew;
        assert!((at(603.0)..=at(670.0)).contains(&renew), "670 s less at most a tenth, got {renew:?}");
        earliest = earliest.min(renew.elapsed_since_boot().as_secs_f64());
    }
    assert!(earliest < 615.0, "the jitter is used: {earliest}");
}

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
fn back_off_never_exceeds_a_tenth_of_the_tokens_life_nor_the_longest_retry() {
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

#[test]
fn a_denied_key_is_asked_for_rarely_and_at_once_when_its_file_changes() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    let attempt = play.asks(id);
    play.refused(id, attempt, Refusal::Denied);
    play.quiet_until(100.0);
    play.tell(id, Event::KeyAppeared(key(1)));
    play.rests();
    play.quiet_until(299.999);
    play.go(300.0);
    let attempt = play.asks(id);
    play.refused(id, attempt, Refusal::Denied);
    play.quiet_until(310.0);
    play.tell(id, Event::KeyAppeared(key(2)));
    play.asks(id);
}

#[test]
fn a_key_that_was_rotated_under_a_request_is_believed_before_the_denial() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    let attempt = play.asks(id);
    play.go(0.5);
    play.tell(id, Event::KeyAppeared(key(2)));
    play.refused(id, attempt, Refusal::Denied);
    play.quiet_until(1.499);
    play.rests();
    play.go(1.5);
    play.asks(id);
}

#[test]
fn a_changed_key_is_used_a_second_after_the_last_exchange_and_at_once_if_that_was_long_ago() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    play.renews(id, 600);
    play.go(0.2);
    play.tell(id, Event::KeyAppeared(key(2)));
    play.quiet_until(0.999);
    play.go(1.0);
    let attempt = play.asks(id);
    play.granted(id, attempt, key(2), life(600));
    let attempt = play.publishes(id);
    play.tell(id, Event::Published(attempt, Ok(())));
    play.go(200.0);
    play.tell(id, Event::KeyAppeared(key(3)));
    play.asks(id);
}

#[test]
fn a_key_that_the_exchange_read_itself_is_not_asked_for_twice() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    let attempt = play.asks(id);
    play.granted(id, attempt, key(2), life(600));
    let attempt = play.publishes(id);
    play.tell(id, Event::Published(attempt, Ok(())));
    play.tell(id, Event::KeyAppeared(key(2)));
    play.quiet_until(401.0);
}

#[test]
fn a_bad_new_key_costs_no_good_token() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    play.renews(id, 600);
    play.go(10.0);
    play.tell(id, Event::KeyAppeared(key(2)));
    let attempt = play.asks(id);
    let outcome = ExchangeOutcome::Refused { key: Some(key(2)), sent: play.now, refusal: Refusal::Denied };
    play.tell(id, Event::Exchanged(attempt, outcome));
    assert_eq!(play.health(id), Health::Failing);
    play.tell(id, Event::KeyAppeared(key(1)));
    play.go(11.0);
    let attempt = play.asks(id);
    play.granted(id, attempt, key(1), life(600));
}

#[test]
fn without_a_key_nothing_is_asked_and_everything_resumes_when_it_is_back() {
    let mut play = Play::new();
    let id = play.add(calm());
    play.rests();
    play.go(50.0);
    play.tell(id, Event::KeyAppeared(key(1)));
    play.renews(id, 600);
    play.go(60.0);
    play.tell(id, Event::KeyVanished);
    assert_eq!(play.health(id), Health::Failing);
    play.quiet_until(649.0);
    play.tell(id, Event::KeyAppeared(key(1)));
    play.asks(id);
}

#[test]
fn an_exchange_that_finds_no_key_waits_for_one() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    let attempt = play.asks(id);
    play.tell(id, Event::Exchanged(attempt, ExchangeOutcome::NoKey));
    play.quiet_until(1000.0);
    play.tell(id, Event::KeyAppeared(key(1)));
    play.asks(id);
}

#[test]
fn a_host_that_is_busy_is_left_alone_by_everyone_and_a_nudge_or_a_new_key_changes_nothing() {
    let mut play = Play::new();
    let first = play.with_key(calm());
    let second = play.with_key(calm());
    let a = play.asks(first);
    play.refused(first, a, Refusal::Busy { retry_after: Some(Duration::from_secs(30)) });
    play.rests();
    play.tell(second, Event::RenewRequested);
    play.tell(first, Event::KeyAppeared(key(2)));
    play.quiet_until(29.999);
    play.rests();
    let woken = [play.next_within(30.0, 37.5), play.next_within(30.0, 45.0)];
    assert!(woken.contains(&first) && woken.contains(&second), "{woken:?}");
}

#[test]
fn a_retry_after_is_obeyed_for_five_minutes_at_most() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    let attempt = play.asks(id);
    play.refused(id, attempt, Refusal::Busy { retry_after: Some(Duration::MAX) });
    play.quiet_until(299.999);
    play.next_within(300.0, 375.0);
}

#[test]
fn a_retry_after_of_zero_does_not_break_the_spacing() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    let attempt = play.asks(id);
    play.refused(id, attempt, Refusal::Busy { retry_after: Some(Duration::ZERO) });
    play.quiet_until(1.999);
    play.rests();
    play.next_within(2.0, 2.5);
}

#[test]
fn who_waited_for_a_busy_host_is_let_go_at_the_pace_that_it_was_seen_to_take() {
    let mut play = Play::new();
    play.fleet.set_in_flight_max(NonZeroUsize::new(100).unwrap());
    let ids: Vec<_> = (0..18).map(|_| play.with_key(calm())).collect();
    // The host takes ten in a minute, which begins with the first. Nobody waits longer than a minute in all at first.
    for _ in 0..10 {
        let (id, effect) = play.next().unwrap();
        let Effect::Exchange(attempt) = effect else { panic!("{effect:?}") };
        play.granted(id, attempt, key(1), life(100_000));
        let attempt = play.publishes(id);
        play.tell(id, Event::Published(attempt, Ok(())));
    }
    let (id, effect) = play.next().unwrap();
    let Effect::Exchange(attempt) = effect else { panic!("{effect:?}") };
    play.refused(id, attempt, Refusal::Busy { retry_after: Some(Duration::from_secs(60)) });
    play.quiet_until(59.999);
    let mut last = 60.0;
    for _ in 0..8 {
        let id = play.next_within(last, last + 7.0);
        let Some(Effect::Exchange(attempt)) = play.fleet.get(id).unwrap().under_way() else { panic!("it asks") };
        let now = play.now.elapsed_since_boot().as_secs_f64();
        assert!(last < 60.1 || now - last > 4.0, "one in about six seconds, not {}", now - last);
        last = now;
        play.granted(id, attempt, key(1), life(100_000));
        let attempt = play.publishes(id);
        play.tell(id, Event::Published(attempt, Ok(())));
    }
    assert_eq!(ids.len(), 18);
}

#[test]
fn who_is_refused_by_a_busy_host_keeps_its_turn() {
    let mut play = Play::new();
    play.fleet.set_in_flight_max(NonZeroUsize::MIN);
    let ids: Vec<_> = (0..10).map(|_| play.with_key(calm())).collect();
    let mut now = 0.0;
    for _ in 0..5 {
        let id = play.next_within(now, now + 400.0);
        assert_eq!(id, ids[0], "nobody overtakes the first");
        let Some(Effect::Exchange(attempt)) = play.fleet.get(id).unwrap().under_way() else { panic!("it asks") };
        play.refused(id, attempt, Refusal::Busy { retry_after: Some(Duration::from_secs(90)) });
        now = play.now.elapsed_since_boot().as_secs_f64() + 90.0;
    }
}

#[test]
fn thousands_that_start_together_are_not_let_go_at_once() {
    let mut play = Play::new();
    play.fleet.set_in_flight_max(NonZeroUsize::new(256).unwrap());
    for _ in 0..5_000 {
        play.with_key(calm());
    }
    let at_once = std::iter::from_fn(|| play.next()).count();
    assert!((2..=21).contains(&at_once), "{at_once} at once");
    play.go(1.0);
    let in_a_second = std::iter::from_fn(|| play.next()).count();
    assert!((15..=21).contains(&in_a_second), "{in_a_second} in the first second, while nothing was answered yet");
}

#[test]
fn another_host_owes_nothing_to_the_quiet_of_the_old_one() {
    let mut play = Play::new();
    let first = play.with_key(calm());
    let second = play.add(calm());
    let attempt = play.asks(first);
    play.refused(first, attempt, Refusal::Busy { retry_after: Some(Duration::from_secs(200)) });
    play.go(10.0);
    play.fleet.change_host();
    play.tell(second, Event::KeyAppeared(key(1)));
    play.asks(second);
}

#[test]
fn a_failed_write_is_written_again_and_not_asked_for_again() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    let attempt = play.asks(id);
    play.granted(id, attempt, key(1), life(3600));
    let mut writes = 0;
    let mut attempt = play.publishes(id);
    while play.now < at(2000.0) {
        play.tell(id, Event::Published(attempt, Err(NotWritten)));
        writes += 1;
        let wake = play.fleet.next_wake().unwrap();
        assert!(wake - play.now >= Duration::from_secs(2), "writes keep their distance");
        play.now = wake;
        attempt = play.publishes(id);
    }
    assert!((40..200).contains(&writes), "{writes} writes in 2,000 s of a full disk");
    assert_eq!(play.health(id), Health::Starting);
    play.tell(id, Event::Published(attempt, Ok(())));
    assert_eq!(play.health(id), Health::Fresh);
}

#[test]
fn a_session_that_ended_before_it_could_be_written_is_not_written() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    let attempt = play.asks(id);
    play.granted(id, attempt, key(1), life(10));
    let attempt = play.publishes(id);
    play.go(11.0);
    play.tell(id, Event::Published(attempt, Err(NotWritten)));
    play.go(13.0);
    play.asks(id);
}

#[test]
fn a_nudge_renews_within_the_spacing_however_often_it_comes() {
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
fn a_nudge_that_comes_during_an_exchange_is_not_lost() {
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
fn a_nudge_asks_again_for_a_denied_key() {
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
fn a_token_that_is_to_go_is_removed_the_moment_it_ends_and_comes_back_with_the_api() {
    let mut play = Play::new();
    let id = play.with_key(Policy { on_expiry: OnExpiry::Remove, ..calm() });
    play.renews(id, 100);
    play.go(67.0);
    let attempt = play.asks(id);
    play.go(100.0);
    play.refused(id, attempt, Refusal::Denied);
    let Some((_, Effect::Withdraw(attempt))) = play.next() else { panic!("the file is to go at 100") };
    play.tell(id, Event::Withdrawn(attempt, Ok(())));
    assert_eq!(play.health(id), Health::Expired);
    play.quiet_until(399.0);
    play.go(400.0);
    play.renews(id, 100);
    assert_eq!(play.health(id), Health::Fresh);
}

#[test]
fn a_token_that_is_to_stay_stays() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    play.renews(id, 100);
    play.go(67.0);
    let attempt = play.asks(id);
    play.refused(id, attempt, Refusal::Denied);
    play.quiet_until(366.0);
    assert_eq!(play.health(id), Health::Expired);
}

#[test]
fn the_spacing_survives_leaving_the_configuration_and_coming_back() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    play.renews(id, 600);
    play.go(0.5);
    let past = play.fleet.remove(play.now, id).unwrap();
    let id = play.fleet.add(calm(), past);
    play.tell(id, Event::KeyAppeared(key(1)));
    play.quiet_until(1.999);
    play.rests();
    play.go(2.0);
    play.asks(id);
}

#[test]
fn who_leaves_in_the_middle_of_an_exchange_makes_room_and_its_late_answer_is_ignored() {
    let mut play = Play::new();
    play.fleet.set_in_flight_max(NonZeroUsize::MIN);
    let first = play.with_key(calm());
    let second = play.with_key(calm());
    let attempt = play.asks(first);
    play.rests();
    play.fleet.remove(play.now, first);
    play.asks(second);
    play.granted(first, attempt, key(1), life(600));
    play.rests();
    assert_eq!(play.fleet.in_flight(), 1);
}

#[test]
fn the_nearest_expiry_is_asked_for_first_and_who_timed_out_comes_last() {
    let mut play = Play::new();
    play.fleet.set_in_flight_max(NonZeroUsize::MIN);
    let hung = play.with_key(calm());
    let attempt = play.asks(hung);
    play.refused(hung, attempt, Refusal::TimedOut);
    let long = play.with_key(calm());
    play.renews(long, 100_000);
    let short = play.with_key(calm());
    play.renews(short, 30);
    play.go(25.0);
    let new = play.with_key(calm());
    for id in [long, short] {
        play.tell(id, Event::RenewRequested);
    }
    for id in [short, new, long, hung] {
        let attempt = play.asks(id);
        play.rests();
        play.refused(id, attempt, Refusal::Denied);
    }
}

#[test]
fn hanging_exchanges_leave_places_to_those_that_work() {
    let mut play = Play::new();
    let hanging: Vec<_> = (0..20).map(|_| play.with_key(calm())).collect();
    let first: Vec<_> = (0..8).map(|_| play.next().unwrap()).collect();
    play.rests();
    play.go(10.0);
    for (id, effect) in first {
        let Effect::Exchange(attempt) = effect else { panic!("{effect:?}") };
        play.refused(id, attempt, Refusal::TimedOut);
    }
    for _ in 0..12 {
        if let Some((id, Effect::Exchange(attempt))) = play.next() {
            play.refused(id, attempt, Refusal::TimedOut);
        }
    }
    play.go(1000.0);
    let busy = std::iter::from_fn(|| play.next()).count();
    assert_eq!(busy, 4, "half of the places are for those that are not known to hang ({} hang)", hanging.len());
    let healthy = play.with_key(calm());
    play.asks(healthy);
}

#[test]
fn a_new_policy_moves_the_renewal_that_the_old_one_planned() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    play.renews(id, 600);
    play.go(10.0);
    let policy = Policy { renew_at: Share::from_percent(20.0).unwrap(), ..calm() };
    play.fleet.set_policy(play.now, id, policy);
    play.quiet_until(119.999);
    play.go(120.0);
    play.asks(id);
}

#[test]
fn outputs_that_changed_are_written_without_a_request() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    play.renews(id, 600);
    play.go(10.0);
    play.tell(id, Event::OutputsChanged);
    let attempt = play.publishes(id);
    play.tell(id, Event::OutputsChanged);
    play.rests();
    play.tell(id, Event::Published(attempt, Ok(())));
    let attempt = play.publishes(id);
    play.tell(id, Event::Published(attempt, Ok(())));
    play.quiet_until(401.0);
}

#[test]
fn a_nudge_that_comes_during_an_exchange_is_not_lost_when_that_is_refused() {
    for refusal in [Refusal::Denied, Refusal::Blocked, Refusal::Failed, Refusal::Garbled, Refusal::TimedOut] {
        let mut play = Play::new();
        let id = play.with_key(calm());
        play.go(10.0);
        let attempt = play.asks(id);
        // Other login options: what is under way was sent with the old ones.
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
fn a_nudge_that_comes_during_an_exchange_does_not_break_the_quiet_of_a_busy_host() {
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
fn a_key_that_is_back_before_it_is_read_is_not_asked_with_again() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    play.renews(id, 600);
    let cooling_down = |play: &Play| play.fleet.get(id).unwrap().cooling_down(play.now);
    assert_eq!(cooling_down(&play), Some(key(1)));
    play.go(0.5);
    play.tell(id, Event::KeyAppeared(key(2)));
    play.go(1.0);
    let attempt = play.asks(id);
    assert_eq!(cooling_down(&play), Some(key(1)), "the spacing is two seconds");
    play.tell(id, Event::Exchanged(attempt, ExchangeOutcome::CoolingDown(key(1))));
    play.quiet_until(401.999);
    play.go(402.0);
    assert_eq!(cooling_down(&play), None);
    play.asks(id);
}

#[test]
fn a_nudge_that_comes_during_an_exchange_without_a_key_is_not_lost() {
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
fn who_is_refused_quickly_is_not_thought_to_hang() {
    let mut play = Play::new();
    for _ in 0..20 {
        play.with_key(calm());
    }
    while let Some((id, effect)) = play.next() {
        let Effect::Exchange(attempt) = effect else { panic!("{effect:?}") };
        play.refused(id, attempt, Refusal::Failed);
    }
    play.go(1000.0);
    let busy = std::iter::from_fn(|| play.next()).count();
    assert_eq!(busy, 8, "all places are for those that are answered");
}

#[test]
fn an_answer_counts_once_and_only_for_what_is_under_way() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    let first = play.asks(id);
    play.refused(id, first, Refusal::Failed);
    play.go(2.0);
    let second = play.asks(id);
    play.granted(id, first, key(1), life(600));
    assert_eq!(play.fleet.get(id).unwrap().under_way(), Some(Effect::Exchange(second)));
    play.granted(id, second, key(1), life(600));
    let first_write = play.publishes(id);
    play.granted(id, second, key(1), life(60));
    assert_eq!(play.fleet.get(id).unwrap().held().unwrap().grant, life(600));
    play.tell(id, Event::Published(first_write, Err(NotWritten)));
    play.go(10.0);
    let second_write = play.publishes(id);
    play.tell(id, Event::Published(first_write, Ok(())));
    assert_eq!(play.health(id), Health::Starting, "nothing is written yet");
    play.tell(id, Event::Published(second_write, Ok(())));
    assert_eq!(play.health(id), Health::Fresh);
}

#[test]
fn a_nudge_keeps_the_spacing_from_when_the_last_exchange_was_answered_however_it_ended() {
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

#[test]
fn files_that_somebody_else_changed_are_written_again_at_once_and_without_a_request() {
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
    // After two minutes of peace the next repair is the first again.
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
fn what_was_never_written_or_has_ended_is_nobodys_to_repair() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    let attempt = play.asks(id);
    play.tell(id, Event::OutputsAltered);
    play.rests();
    play.granted(id, attempt, key(1), life(100));
    let attempt = play.publishes(id);
    // What is seen while the write is under way is half done.
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

#[test]
fn a_write_that_failed_keeps_its_pause_whatever_is_changed_meanwhile() {
    let mut play = Play::new();
    let id = play.with_key(calm());
    play.renews(id, 600);
    play.go(402.0);
    let attempt = play.asks(id);
    play.granted(id, attempt, key(1), life(600));
    let attempt = play.publishes(id);
    play.tell(id, Event::Published(attempt, Err(NotWritten)));
    play.go(403.0);
    play.tell(id, Event::OutputsAltered);
    play.quiet_until(403.999);
    play.rests();
    play.go(404.0);
    play.publishes(id);
}

fn serves(play: &Play, id: Id) -> bool {
    play.fleet.get(id).unwrap().serves(play.now)
}
