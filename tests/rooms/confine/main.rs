//! The confinement of `tokenwell run`, and all work of the daemon under it.
#![cfg(all(feature = "sandbox", any(target_arch = "x86_64", target_arch = "aarch64")))]
#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

#[expect(dead_code, reason = "shared with other tests")]
#[path = "../../common/mod.rs"]
mod common;
#[path = "../../common/nobody.rs"]
mod nobody;
#[expect(dead_code, reason = "shared with other tests")]
#[path = "../../common/program.rs"]
mod program;
#[path = "../../common/setting.rs"]
mod setting;

mod certificates;
mod kernel;
mod needs;
mod reload;
mod thread;
mod work;
