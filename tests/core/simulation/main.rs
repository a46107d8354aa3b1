//! Years of schedule with seeded random numbers: the real fleet against a simulated server, disk and user. Every step
//! asserts the promises of the contract.
//!
//! A failing run prints its seed. `TOKENWELL_SEED=N cargo test --test simulation replay -- --nocapture` plays it again
//! with a trace; `TOKENWELL_SEEDS=N` runs N worlds instead of the default.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a simulation that is wrong about itself may stop")]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a trace and a seed are for people")]
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "counts of credentials and seconds are small"
)]

mod checks;
mod pair;
mod process;
mod server;
mod trouble;
mod world;

use std::{panic, thread};

use world::{Scale, Tally, World};

#[test]
fn the_promises_hold_in_every_world() {
    let seeds = from_environment("TOKENWELL_SEEDS").unwrap_or(DEFAULT_SEEDS);
    let first = from_environment("TOKENWELL_FIRST_SEED").unwrap_or(1);
    let workers = 2;
    let survived: Vec<_> = thread::scope(|scope| {
        let run = |worker| {
            move || {
                let seeds = (first..first + seeds).filter(|seed| seed % workers == worker);
                seeds.map(|seed| survive(seed, false)).collect::<Vec<_>>()
            }
        };
        let threads: Vec<_> = (0..workers).map(|worker| scope.spawn(run(worker))).collect();
        let ended = threads.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| panic::resume_unwind(panic)));
        ended.flatten().collect()
    });
    let years: f64 = survived.iter().map(|(years, _)| years).sum();
    let doubted: u64 = survived.iter().map(|(_, tally)| tally.doubted).sum();
    println!("{seeds} worlds, {years:.0} credential-years, {doubted} dead tokens that only the wall clock showed");
    assert!(seeds < DEFAULT_SEEDS || doubted > 0, "no machine stood still until after the end of a token");
}

/// Replays one seed with its trace.
#[test]
fn replay() {
    if let Some(seed) = from_environment("TOKENWELL_SEED") {
        survive(seed, true);
    }
}

#[test]
fn a_world_is_the_same_each_time_it_is_played() {
    let play = || {
        let mut world = World::new(11, Scale::of_seed(11), false);
        world.run();
        world.tally()
    };
    assert_eq!(play(), play());
}

#[test]
fn of_two_processes_at_one_output_one_exchanges_at_a_time() {
    let seeds = from_environment("TOKENWELL_SEEDS").unwrap_or(DEFAULT_SEEDS);
    let mut tally = pair::Tally::default();
    for seed in 1..=seeds {
        let played = panic::catch_unwind(|| {
            let mut pair = pair::Pair::new(seed);
            pair.run(10_000);
            pair.tally
        });
        let one = played.unwrap_or_else(|panic| {
            eprintln!("seed {seed}");
            panic::resume_unwind(panic)
        });
        tally.exchanges += one.exchanges;
        tally.takeovers += one.takeovers;
        tally.free_takeovers += one.free_takeovers;
        tally.kills += one.kills;
        tally.pauses += one.pauses;
    }
    println!("{seeds} pairs: {tally:?}");
    assert!(tally.takeovers > 5 * seeds && tally.free_takeovers > seeds && tally.pauses > seeds, "{tally:?}");
}

fn survive(seed: u64, trace: bool) -> (f64, Tally) {
    let played = panic::catch_unwind(|| {
        let mut world = World::new(seed, Scale::of_seed(seed), trace);
        world.run();
        (world.credential_years(), world.tally())
    });
    played.unwrap_or_else(|panic| {
        eprintln!("replay with: TOKENWELL_SEED={seed} cargo test --test simulation replay -- --nocapture");
        panic::resume_unwind(panic)
    })
}

fn from_environment(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

const DEFAULT_SEEDS: u64 = 150;
