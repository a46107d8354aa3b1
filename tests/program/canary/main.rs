//! The canary: searches for a key and the tokens created with it in all output of the real binary and in its memory, raw and
//! in other encodings.
#![cfg(feature = "sandbox")]
#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

#[expect(dead_code, reason = "shared with other tests")]
#[path = "../../common/mod.rs"]
mod common;
#[expect(dead_code, reason = "shared with other tests")]
#[path = "../../common/program.rs"]
mod program;
#[expect(dead_code, reason = "shared with other tests")]
#[path = "../../common/setting.rs"]
mod setting;
#[path = "../../common/skipped.rs"]
mod skipped;

mod answers;
mod asked;
mod commands;
mod dump;
mod faces;
mod fields;
mod memory;
mod oauth;
mod refresh;
mod refusals;
#[path = "../../common/tls_front.rs"]
mod tls_front;
