//! Real readers: the tests run every snippet of `docs/reading-the-token.md` and of `docs/readers.md` against a server
//! that verifies the tokens it receives.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may stop the test")]

#[expect(dead_code, reason = "shared with other tests")]
#[path = "../../common/mod.rs"]
mod common;
#[expect(dead_code, reason = "shared with other tests")]
#[path = "../../common/program.rs"]
mod program;
#[path = "../../common/sessions.rs"]
mod sessions;
#[expect(dead_code, reason = "shared with other tests")]
#[path = "../../common/setting.rs"]
mod setting;
#[path = "../../common/skipped.rs"]
mod skipped;
#[path = "../../common/tls_front.rs"]
mod tls_front;
#[path = "../../common/tools.rs"]
mod tools;

mod env_files;
mod nginx;
mod page;
mod programs;
mod scripts;
mod server;
mod shell;
