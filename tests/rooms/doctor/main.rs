//! `tokenwell check --online`: the real binary against the sandbox, directly, over TLS and through proxies.
#![cfg(feature = "sandbox")]
#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

#[path = "../../common/mod.rs"]
#[expect(dead_code, reason = "shared with the tests of the daemon in process")]
mod common;
#[path = "../../common/nobody.rs"]
mod nobody;
#[path = "../../common/program.rs"]
#[expect(dead_code, reason = "shared with the other tests of the binary")]
mod program;
mod runner;
#[path = "../../common/setting.rs"]
mod setting;
#[path = "../../common/skipped.rs"]
mod skipped;
mod tunnel;

mod disk;
mod exchanges;
mod network;
mod origins;
mod refresh;
mod whole;
mod with_daemon;
