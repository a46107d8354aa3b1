//! The real binary under system faults: killed after each system call about its files, each call refused in turn, and
//! temporary faults of a running daemon.
//!
//! `files.rs` and `sets.rs` make the code's own numbered steps fail, in process. Here the kernel's calls are numbered, so
//! everything is covered: state files, locks, the cached public keys, sweeps, watches.
#![cfg(feature = "sandbox")]
#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]
#![expect(clippy::print_stderr, reason = "how much was done is said")]

#[path = "../../common/mod.rs"]
#[expect(dead_code, reason = "shared with the tests of the daemon in process")]
mod common;
#[path = "../../common/program.rs"]
#[expect(dead_code, reason = "shared with the other tests of the binary")]
mod program;
#[path = "../../common/setting.rs"]
#[expect(dead_code, reason = "shared with the other tests of the binary")]
mod setting;
#[path = "../../common/skipped.rs"]
mod skipped;

mod privileges;

#[cfg(target_arch = "x86_64")]
mod call;
#[cfg(target_arch = "x86_64")]
mod point;
#[cfg(target_arch = "x86_64")]
mod scene;
#[cfg(target_arch = "x86_64")]
mod tracer;

#[cfg(target_arch = "x86_64")]
mod calls;
mod lasting;
