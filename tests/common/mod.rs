//! Shared code of the tests that run the daemon in process and of those that run the real binary.

pub(crate) mod leaks;
pub(crate) mod place;
#[path = "secret_volume.rs"]
pub(crate) mod secret_volume;
pub(crate) mod spacing;
