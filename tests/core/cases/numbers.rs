//! Properties that hold for any numbers: waits and back-offs from seeded random numbers.

use std::{num::NonZeroUsize, time::Duration};

use tokenwell::renewal::{Event, ExchangeOutcome, Fleet, Grant, OriginId, Policy, Refusal, Share};

use crate::play::{Play, at, calm, due, key, life};

#[test]
fn ten_thousand_sleeps_end_before_the_token_does() {
    let mut rng = fastrand::Rng::with_seed(1);
    for case in 0..10_000 {
        let lifetime = Duration::from_secs_f64(10_f64.powf(rng.f64() * 9.38 - 3.0));
        let grant = Grant {
            lifetime,
            refresh_after: [None, Some(Duration::ZERO), Some(lifetime.mul_f64(rng.f64() * 2.0))][rng.usize(0..3)],
        };
        let policy = Policy {
            renew_at: Share::from_percent(1.0 + rng.f64() * 98.0).unwrap(),
            jitter: Share::from_percent(rng.f64() * 100.0).unwrap(),
            spacing: Duration::from_millis(rng.u64(100..30_000)),
            ..Policy::default()
        };
        let mut play = Play::new();
        play.fleet = Fleet::new(NonZeroUsize::MIN, case);
        let id = play.with_key(policy);
        let attempt = play.asks(id);
        let sent = play.now;
        play.now = sent + Duration::from_millis(rng.u64(0..15_000));
        play.tell(id, Event::Exchanged(attempt, ExchangeOutcome::Granted { key: key(1), sent, grant }));
        let renew = play.fleet.get(id).unwrap().held().unwrap().renew;

        let floor = play.now + policy.spacing;
        let by_life = policy.renew_at.of(lifetime);
        let latest = grant.refresh_after.filter(|asked| !asked.is_zero()).map_or(by_life, |asked| asked.min(by_life));
        let earliest = latest.saturating_sub(policy.jitter.of(latest));
        let said = format!("case {case}: {grant:?}, {policy:?}, answered at {:?}: renewed at {renew:?}", play.now);
        assert!(renew >= floor, "the spacing is kept; {said}");
        assert!(renew < sent + lifetime || floor >= sent + lifetime, "it ends before the token does; {said}");
        assert!(renew <= floor.max(sent + latest + ROUNDING), "it is never later than planned; {said}");
        assert!(renew + ROUNDING >= sent + earliest, "it is never earlier than the jitter allows; {said}");
    }
}

#[test]
fn a_hundred_steps_of_back_off_stay_in_bounds() {
    let rows: [(Refusal, u64, u64, f64); 5] = [
        (Refusal::Failed, 1, 60, 60.0),
        (Refusal::Unreachable, 1, 5, 5.0),
        (Refusal::Garbled, 10, 10, 10.0),
        (Refusal::Busy { retry_after: None }, 2, 60, 60.0),
        (Refusal::Blocked, 2, 60, 300.0),
    ];
    for (refusal, first, max, cap) in rows {
        let policy = Policy {
            retry_first: Duration::from_secs(first),
            retry_max: Duration::from_secs(max),
            spacing: Duration::from_millis(100),
            ..calm()
        };
        let mut seen = [(f64::MAX, 0.0_f64); 100];
        for seed in 0..SEEDS {
            let mut play = Play::new();
            play.fleet = Fleet::new(NonZeroUsize::MIN, seed);
            let id = play.with_key(policy);
            for range in &mut seen {
                let attempt = play.asks(id);
                let before = play.now.elapsed_since_boot().as_secs_f64();
                play.refused(id, attempt, refusal);
                let wait = due(&play, id) - before;
                *range = (range.0.min(wait), range.1.max(wait));
                // Another host, because this test is not about the limits of one host.
                play.fleet.change_host(OriginId::default());
                play.now = play.fleet.next_wake().unwrap();
            }
        }
        let mut bound = f64::from(u32::try_from(first).unwrap());
        for (step, (least, most)) in seen.into_iter().enumerate() {
            bound = bound.min(cap);
            let said = format!("{refusal:?}, step {step}: {least} to {most}, of {bound}");
            assert!(least >= 0.1 - 1e-6 && most <= bound + 1e-6, "within bounds; {said}");
            assert!(least <= bound * 0.3 && most >= bound * 0.7, "the whole range is used; {said}");
            bound *= 2.0;
        }
    }
}

#[test]
fn a_long_outage_does_not_synchronise_renewals() {
    let mut renewals = Vec::new();
    for seed in 0..SEEDS {
        let mut play = Play::new();
        play.fleet = Fleet::new(NonZeroUsize::MIN, seed);
        let id = play.with_key(Policy::default());
        play.renews(id, 1_000);
        play.go(2_000.0);
        play.renews(id, 1_000);
        let renew = play.fleet.get(id).unwrap().held().unwrap().renew;
        assert!((at(2_335.0)..=at(2_670.0)).contains(&renew), "half of the delay may be taken off: {renew:?}");
        renewals.push(renew);
    }
    let span = *renewals.iter().max().unwrap() - *renewals.iter().min().unwrap();
    assert!(span > Duration::from_secs(250), "they come back over {span:?}");
}

#[test]
fn after_a_short_outage_the_usual_jitter_holds() {
    for seed in 0..SEEDS {
        let mut play = Play::new();
        play.fleet = Fleet::new(NonZeroUsize::MIN, seed);
        let id = play.with_key(Policy::default());
        play.renews(id, 1_000);
        play.go(999.0);
        let attempt = play.asks(id);
        play.granted(id, attempt, key(1), life(1_000));
        let renew = play.fleet.get(id).unwrap().held().unwrap().renew;
        assert!((at(999.0 + 603.0)..=at(999.0 + 670.0)).contains(&renew), "{renew:?}");
    }
}

const SEEDS: u64 = 100;
/// Shares are computed in floating point.
const ROUNDING: Duration = Duration::from_micros(1);
