//! The election of a leader: stories in plain seconds, and a simulation of candidates whom everything happens to.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]
#![expect(clippy::print_stderr, reason = "a seed is for people")]
#![expect(clippy::cast_precision_loss, reason = "counts of calls are small")]

mod candidates;
mod stories;
mod world;
