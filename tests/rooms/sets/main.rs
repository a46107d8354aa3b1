//! Output sets under readers, crashes and changes by other processes.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

mod folder;

mod access;
mod failures;
mod generations;
mod layout;
mod readers;
mod repairs;
mod writers;
