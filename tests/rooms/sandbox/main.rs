//! The sandbox as clients see it: over real sockets, with a third-party HTTP client.
#![cfg(feature = "sandbox")]
#![expect(clippy::unwrap_used, reason = "where a helper fails, its test fails")]

mod access_keys;
mod client;
mod control;
mod oauth;
mod observation;
mod refresh;
mod refusals;
mod scripts;
mod security_questions;
