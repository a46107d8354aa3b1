//! The life of a credential as short scenarios: bare numbers are seconds since boot.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may stop the test")]

#[path = "../play.rs"]
mod play;

mod admission;
mod busy_host;
mod clocks;
mod denied_for_good;
mod keys;
mod origins;
mod repairs;
mod requested;
mod retries;
mod schedule;
mod standby;
mod truth;
mod writes;
