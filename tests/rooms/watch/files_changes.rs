//! Detection of changed files in folders.

#![expect(clippy::unwrap_used, reason = "helpers of tests may stop the test")]

use std::{
    collections::BTreeSet,
    fs::{self, OpenOptions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use tempfile::TempDir;
use tokenwell::watch::{Armed, ChangeWatcher, Touched};

#[tokio::test]
async fn readers_cause_no_hint_and_changes_have_names() {
    let (folder, mut change_watcher) = posted().await;
    let path = |name: &str| folder.path().join(name);
    let changes: [(&str, Deed<'_>); 6] = [
        ("written", &|path| fs::write(path, "more").unwrap()),
        ("cut", &|path| drop(OpenOptions::new().write(true).truncate(true).open(path).unwrap())),
        ("of another mode", &|path| fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap()),
        ("replaced", &|path| fs::rename(path.with_file_name("new"), path).unwrap()),
        ("moved away", &|path| fs::rename(path, path.with_file_name("new")).unwrap()),
        ("linked", &|path| fs::hard_link(path.with_file_name("new"), path).unwrap()),
    ];
    for (what, change) in changes {
        for _ in 0..10_000 {
            fs::read(path("read")).unwrap();
        }
        change(&path("changed"));
        let touched = change_watcher.touched().await;
        assert!(touched.covers(&path("changed")), "{what}: {touched:?}");
        assert!(!touched.covers(&path("read")), "{what}: {touched:?}");
    }
}

#[tokio::test]
async fn a_folder_that_goes_may_have_taken_everything() {
    let (folder, mut change_watcher) = posted().await;
    assert!(change_watcher.is_armed(folder.path()));
    fs::remove_dir_all(folder.path()).unwrap();
    while change_watcher.touched().await != Touched::Anything {}
    while change_watcher.is_armed(folder.path()) {
        change_watcher.touched().await;
    }
    let armed = Armed::by(&change_watcher.armer().unwrap(), [folder.path().to_owned()]);
    assert!(change_watcher.record_armed(armed), "what does not exist need not be watched");
    fs::create_dir(folder.path()).unwrap();
    let armed = Armed::by(&change_watcher.armer().unwrap(), [folder.path().to_owned()]);
    assert!(change_watcher.record_armed(armed));
    assert_eq!(change_watcher.touched().await, Touched::Anything, "it may have changed before it was armed");
    fs::write(folder.path().join("a"), "").unwrap();
    assert!(change_watcher.touched().await.covers(&folder.path().join("a")));
}

#[tokio::test]
async fn an_unwatched_file_gives_no_hint() {
    let (folder, mut change_watcher) = posted().await;
    let other = TempDir::new().unwrap();
    let armed = Armed::by(&change_watcher.armer().unwrap(), [other.path().to_owned()]);
    assert!(change_watcher.record_armed(armed));
    assert_eq!(change_watcher.touched().await, Touched::Anything);
    change_watcher.retain_folders(&BTreeSet::from([other.path().to_owned()]));
    fs::write(folder.path().join("a"), "").unwrap();
    fs::write(other.path().join("b"), "").unwrap();
    assert_eq!(change_watcher.touched().await, Touched::Files(BTreeSet::from([other.path().join("b")])));
}

#[tokio::test]
async fn two_paths_to_one_folder_are_both_reported() {
    let (folder, mut change_watcher) = posted().await;
    let link = TempDir::new().unwrap();
    let link: PathBuf = link.path().join("link");
    std::os::unix::fs::symlink(folder.path(), &link).unwrap();
    let armed = Armed::by(&change_watcher.armer().unwrap(), [link.clone()]);
    assert!(change_watcher.record_armed(armed));
    assert_eq!(change_watcher.touched().await, Touched::Anything);
    fs::write(folder.path().join("a"), "").unwrap();
    let touched = change_watcher.touched().await;
    assert!(touched.covers(&folder.path().join("a")) && touched.covers(&link.join("a")), "{touched:?}");
}

#[tokio::test]
async fn a_burst_of_changes_becomes_one_hint() {
    let (folder, mut change_watcher) = posted().await;
    for n in 0..20_000 {
        fs::write(folder.path().join(format!("{n}")), "").unwrap();
    }
    while change_watcher.touched().await != Touched::Anything {}
}

type Deed<'a> = &'a dyn Fn(&Path);

/// Returns a folder with two files, and a change watcher on it without pending events.
async fn posted() -> (TempDir, ChangeWatcher) {
    let folder = TempDir::new().unwrap();
    for name in ["read", "changed", "new"] {
        fs::write(folder.path().join(name), name).unwrap();
    }
    let mut change_watcher = ChangeWatcher::default();
    let armed = Armed::by(&change_watcher.armer().unwrap(), [folder.path().to_owned()]);
    assert!(change_watcher.record_armed(armed));
    assert_eq!(change_watcher.touched().await, Touched::Anything, "it may have changed before it was armed");
    (folder, change_watcher)
}
