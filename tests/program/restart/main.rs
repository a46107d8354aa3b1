//! Successive processes: the files that the real binary leaves on disk, and how the next process uses them.
#![cfg(feature = "sandbox")]
#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]
#![expect(clippy::unchecked_time_subtraction, reason = "arrivals never decrease")]

#[path = "../../common/mod.rs"]
#[expect(dead_code, reason = "shared with the tests of the daemon in process")]
mod common;
#[path = "../../common/program.rs"]
mod program;
#[path = "../../common/sessions.rs"]
mod sessions;
#[path = "../../common/setting.rs"]
mod setting;
#[path = "../../common/skipped.rs"]
mod skipped;

mod past;

mod boots;
mod crashes;
mod expiry;
mod handover;
mod many;
mod memory;
mod outputs;
mod records;
mod refusals;
mod restarts;
mod skew;
