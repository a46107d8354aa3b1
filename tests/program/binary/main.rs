//! The real binary against the sandbox: exit codes, signals, files and output.
#![cfg(feature = "sandbox")]
#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

#[path = "../../common/mod.rs"]
mod common;
#[path = "../../common/manager.rs"]
mod manager;
#[path = "../../common/program.rs"]
mod program;
#[path = "../../common/sessions.rs"]
mod sessions;
#[path = "../../common/setting.rs"]
mod setting;
#[path = "../../common/skipped.rs"]
mod skipped;
#[path = "../../common/stopped.rs"]
mod stopped;
#[path = "../../common/terminal.rs"]
mod terminal;

mod commands;
mod control;
mod crash;
mod init;
mod journal;
mod keys;
mod locks;
mod logs;
mod reader;
mod refresh;
mod reload;
mod rotation;
mod secrets;
mod service;
mod signals;
mod state_directory;
mod status;
mod suspects;
mod token;
mod wait;
mod wait_newer;
mod write_order;
