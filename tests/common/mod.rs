//! What the tests of the daemon in process and of the real binary share.

pub(crate) mod leaks;
pub(crate) mod place;
#[path = "../files_secret_volume/mod.rs"]
pub(crate) mod secret_volume;
pub(crate) mod spacing;
