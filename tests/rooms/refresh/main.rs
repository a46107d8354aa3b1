//! Every reply to a refresh and its meaning, and crashes of the real exchange at every point where it waits.
#![cfg(feature = "sandbox")]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod crashes;
mod folder;
mod replies;
