//! The daemon inside the test process, on real files, against the sandbox.
#![cfg(feature = "sandbox")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a helper that fails is a test that fails")]

#[path = "../../common/mod.rs"]
mod common;
mod log;
#[path = "../../common/swap.rs"]
mod swap;
mod world;

mod expiry;
mod folders;
mod hooks;
mod keys;
mod many;
mod oauth;
mod outputs;
mod pinned_keys;
mod refresh;
mod refusals;
mod reload;
mod repair;
mod reply_fields;
mod sets;
mod token_length;
mod trust;
