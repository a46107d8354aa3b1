//! Outputs on file systems that keep no modes and owners of their own, as SMB, Azure Files and blobfuse mounts do.
#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

#[path = "../../common/fuse_mount/mod.rs"]
mod fuse_mount;
#[path = "../../common/skipped.rs"]
mod skipped;

mod files;
mod fixture;
mod sets;
