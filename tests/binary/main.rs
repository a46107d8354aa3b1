//! The real binary: exit codes, signals, files, and what it says, against the sandbox.
#![cfg(feature = "sandbox")]
#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

#[path = "../common/mod.rs"]
mod common;
mod manager;
mod program;
#[path = "../common/sessions.rs"]
mod sessions;
mod setting;
#[path = "../common/stopped.rs"]
mod stopped;

mod commands;
mod crash;
mod locks;
mod logs;
mod reload;
mod rotation;
mod secrets;
mod service;
mod signals;
mod status;
mod wait;
