//! The real binary with answers to security questions, against the sandbox: the daemon, and `security-questions setup`.
#![cfg(feature = "sandbox")]
#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

#[path = "../../common/mod.rs"]
#[expect(dead_code, reason = "shared with other tests")]
mod common;
#[path = "../../common/program.rs"]
#[expect(dead_code, reason = "shared with other tests")]
mod program;
#[path = "../../common/setting.rs"]
#[expect(dead_code, reason = "shared with other tests")]
mod setting;
#[path = "../../common/skipped.rs"]
mod skipped;
#[path = "../../common/terminal.rs"]
mod terminal;

mod denials;
mod prompt;
mod sessions;
mod setup;
mod user;
