//! The real binary, from which something that it depends on is taken away while it runs, and given back. The table of what
//! it does and says then is `docs/failures.md`.
#![cfg(feature = "sandbox")]
#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

#[path = "../../common/client.rs"]
#[allow(dead_code, reason = "shared with the tests of the status server")]
mod client;
#[path = "../../common/mod.rs"]
#[allow(dead_code, reason = "shared with the tests of the daemon in process")]
mod common;
#[path = "../../common/full_port.rs"]
mod full_port;
#[path = "../../common/fuse_mount/mod.rs"]
mod fuse_mount;
#[path = "../../common/manager.rs"]
#[allow(dead_code, reason = "shared with the other tests of the binary")]
mod manager;
#[path = "../../common/program.rs"]
#[allow(dead_code, reason = "shared with the other tests of the binary")]
mod program;
#[path = "../../common/setting.rs"]
#[allow(dead_code, reason = "shared with the other tests of the binary")]
mod setting;
#[path = "../../common/skipped.rs"]
mod skipped;
#[path = "../../common/tools.rs"]
mod tools;

mod addresses;
mod chmod;
mod clock;
mod disk;
mod dns;
mod inotify;
mod memory;
mod namespace;
mod port;
mod reads;
mod state_disk;
mod stderr;
mod threads;
