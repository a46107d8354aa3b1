//! What stands still while inputs vary: the project, the time, and folders in memory.

use std::{
    path::Path,
    sync::LazyLock,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use tempfile::TempDir;
use tokenwell::exchange::{Api, BaseUrl, ProjectId};

/// Noon on 2026-11-23, which is `Mon, 23 Nov 2026 12:00:00 GMT`.
pub(super) const NOON: u64 = 1_795_435_200;
/// The project of every configuration and reply.
pub(super) const PROJECT: &str = "P2abc";

/// The project and its API.
pub(super) static API: LazyLock<Api> = LazyLock::new(|| {
    let project = ProjectId::parse(PROJECT).unwrap();
    Api { base_url: BaseUrl::of_project(&project), project }
});

/// Returns a time in seconds since the Unix epoch.
pub(super) fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

/// Returns a new folder, in memory where the system has a file system there.
pub(super) fn folder() -> TempDir {
    let in_memory = tempfile::tempdir_in(Path::new("/dev/shm"));
    in_memory.or_else(|_| tempfile::tempdir()).unwrap()
}
