//! Tokenwell keeps fresh Descope session JWTs in files.

pub mod cli;
pub mod config;
pub mod daemon;
pub mod exchange;
pub mod fingerprint;
pub mod key;
pub mod output;
pub mod renewal;
#[cfg(feature = "sandbox")]
pub mod sandbox;
pub mod secret;
pub mod session;
pub mod state;
pub mod status;
pub mod watch;
