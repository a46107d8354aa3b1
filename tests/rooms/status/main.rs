//! Status of the real binary: the status server over real sockets, and the status file.
#![cfg(feature = "sandbox")]
#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

#[expect(dead_code, reason = "shared with other tests")]
#[path = "../../common/mod.rs"]
mod common;
#[path = "../../common/program.rs"]
mod program;
#[path = "../../common/setting.rs"]
mod setting;
#[path = "../../common/skipped.rs"]
mod skipped;
#[path = "../../common/stopped.rs"]
mod stopped;
#[path = "../../common/swap.rs"]
mod swap;
#[path = "../../common/tools.rs"]
mod tools;

#[path = "../../common/client.rs"]
mod client;
mod served;

mod bounds;
mod documented;
mod endpoints;
mod file;
mod hosts;
mod listening;
mod metrics;
mod readiness;
mod tokens;
