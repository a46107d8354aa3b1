//! Thousands of daemons behind one address and its rate limit: the load on the host, and the time until all have fresh
//! tokens.
//!
//! `cargo test --test fleets -- --nocapture` prints the figures.

#![expect(clippy::unwrap_used, reason = "a simulation that is wrong about itself may stop")]
#![expect(clippy::cast_precision_loss, reason = "counts are small")]

mod crowd;

use std::time::Duration;

use crowd::{Host, Instances};

#[test]
fn after_an_outage_all_are_fresh_without_a_stampede() {
    let mut crowd = Instances::new(DAEMONS, LIFE, Host { limit: 1_000, window: WINDOW });
    crowd.run_for(LIFE * 4);
    let steady = crowd.steady_per_window(LIFE * 2);
    crowd.host_down_for(Duration::from_secs(1_800));
    let back = crowd.now();
    crowd.run_for(LIFE * 3);
    let after = crowd.windows_since(back);
    let fresh_after = crowd.all_fresh_after(back).expect("everyone is fresh again");
    // No back-off is longer than a minute: by then every daemon has sent a request, and the refused ones know of the limit.
    // A daemon may be late by one more minute, so the last of them succeed some windows later.
    let known = 9;
    let peak = after.iter().map(|window| window.asked).max().unwrap();
    let peak_known = after[known..].iter().map(|window| window.asked).max().unwrap();
    let refused: u32 = after.iter().map(|window| window.refused).sum();
    println!("{DAEMONS} daemons, life {LIFE:?}, limit 1000 per {WINDOW:?}, down for 30 min");
    println!(
        "steady {steady:.0} requests per window; after the outage at most {peak}, {:.1} times as many",
        f64::from(peak) / steady
    );
    println!(
        "once everyone knows of the limit at most {peak_known}, {:.1} times as many; {refused} refused in all",
        f64::from(peak_known) / steady
    );
    println!("everyone fresh after {fresh_after:?}, {:.2} lives", fresh_after.as_secs_f64() / LIFE.as_secs_f64());
    for (number, window) in after.iter().enumerate().take(18) {
        println!("  window {number:2}: {:5} asked, {:5} refused", window.asked, window.refused);
    }
    assert!(f64::from(peak_known) <= steady * 2.0, "{peak_known} in one window, steady {steady}");
    assert!(fresh_after <= LIFE / 2, "everyone is fresh within half a life, not {fresh_after:?}");
}

#[test]
fn a_rolling_restart_with_state_costs_no_request() {
    let mut crowd = Instances::new(DAEMONS, LIFE, Host { limit: 1_000, window: WINDOW });
    crowd.run_for(LIFE * 4);
    let asked = crowd.restart_everyone();
    assert_eq!(asked, 0, "nobody asks at its start");
    let restarted = crowd.now();
    crowd.run_for(LIFE * 2);
    let peak = crowd.windows_since(restarted).iter().map(|window| window.asked).max().unwrap();
    let steady = crowd.steady_per_window(LIFE);
    println!("after a restart of all: at most {peak} requests per window, steady {steady:.0}");
    assert!(f64::from(peak) <= steady * 2.0, "{peak} in one window, steady {steady}");
}

const DAEMONS: usize = 10_000;
const LIFE: Duration = Duration::from_secs(600);
const WINDOW: Duration = Duration::from_secs(10);
