//! What the tests of the daemon in process and of the real binary share.

pub(crate) mod leaks;
pub(crate) mod place;
#[path = "secret_volume.rs"]
pub(crate) mod secret_volume;
pub(crate) mod spacing;
