//! `tokenwell exec`: the real binary beside real programs, which are shell scripts that report by writing files.
#![cfg(feature = "sandbox")]
#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

#[path = "../../common/mod.rs"]
#[expect(dead_code, reason = "shared with the tests of the daemon in process")]
mod common;
#[path = "../../common/manager.rs"]
#[expect(dead_code, reason = "shared with the other tests of the binary")]
mod manager;
#[path = "../../common/program.rs"]
#[expect(dead_code, reason = "shared with the other tests of the binary")]
mod program;
#[path = "../../common/terminal.rs"]
mod pty;
#[path = "../../common/setting.rs"]
#[expect(dead_code, reason = "shared with the other tests of the binary")]
mod setting;
#[path = "../../common/skipped.rs"]
mod skipped;
mod stage;

mod environment;
mod first_process;
mod restarts;
mod service;
mod seven;
mod signals;
mod start;
mod terminal;
