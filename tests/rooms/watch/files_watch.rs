//! Hints from real folders. Each test waits for the hint itself; the time-out only fails the test.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a helper that fails is a test that fails")]

#[path = "../../common/secret_volume.rs"]
mod secret_volume;

use std::{
    collections::BTreeSet,
    fs,
    future::Future,
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use futures_util::FutureExt;
use secret_volume::SecretVolume;
use tokenwell::watch::FolderWatcher;

#[tokio::test]
async fn a_swap_of_a_mounted_secret_gives_a_hint_each_time() {
    let folder = tempfile::tempdir().unwrap();
    let mut volume = SecretVolume::new(folder.path(), &[("billing", "K0")]);
    let mut watch = armed(&[folder.path()]).await;
    for key in ["K1", "K2", "K3", "K4", "K5"] {
        volume.update(&[("billing", key)]);
        // One swap may cause several hints. The new key is readable after the last one.
        loop {
            in_time(watch.hint()).await;
            if fs::read_to_string(volume.path("billing")).unwrap() == key {
                break;
            }
        }
    }
}

#[tokio::test]
async fn watching_gives_a_first_hint_for_earlier_changes() {
    let folder = tempfile::tempdir().unwrap();
    let mut watch = FolderWatcher::default();
    assert!(watch.fully_armed(), "nothing to arm");
    watch.follow(BTreeSet::from([folder.path().to_owned()]));
    in_time(watch.hint()).await;
    assert!(watch.fully_armed());
}

#[tokio::test]
async fn a_file_rewritten_in_place_gives_a_hint() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key");
    fs::write(&key, "K1").unwrap();
    let mut watch = armed(&[folder.path()]).await;
    fs::write(&key, "K2").unwrap();
    in_time(watch.hint()).await;
}

#[tokio::test]
async fn a_file_replaced_removed_or_made_readable_gives_a_hint() {
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir_in(folder.path().parent().unwrap()).unwrap();
    let key = folder.path().join("key");
    fs::write(&key, "K1").unwrap();
    fs::write(elsewhere.path().join("new"), "K2").unwrap();
    let mut watch = armed(&[folder.path()]).await;
    fs::rename(elsewhere.path().join("new"), &key).unwrap();
    in_time(watch.hint()).await;
    fs::set_permissions(&key, fs::Permissions::from_mode(0o400)).unwrap();
    in_time(watch.hint()).await;
    fs::remove_file(&key).unwrap();
    in_time(watch.hint()).await;
}

#[tokio::test]
async fn a_folder_that_is_removed_and_made_anew_is_armed_again() {
    let above = tempfile::tempdir().unwrap();
    let folder = above.path().join("keys");
    fs::create_dir(&folder).unwrap();
    let mut watch = armed(&[&folder]).await;
    for _ in 0..5 {
        fs::remove_dir(&folder).unwrap();
        hints_until(&mut watch, |watch| !watch.fully_armed()).await;
        // Some file systems reuse the inode number of the old folder.
        fs::create_dir(&folder).unwrap();
        watch.rearm();
        hints_until(&mut watch, FolderWatcher::fully_armed).await;
        fs::write(folder.join("key"), "K1").unwrap();
        in_time(watch.hint()).await;
        fs::remove_file(folder.join("key")).unwrap();
        in_time(watch.hint()).await;
    }
}

#[tokio::test]
async fn a_folder_that_is_moved_away_and_replaced_is_armed_again() {
    let above = tempfile::tempdir().unwrap();
    let folder = above.path().join("keys");
    fs::create_dir(&folder).unwrap();
    let mut watch = armed(&[&folder]).await;
    fs::rename(&folder, above.path().join("old")).unwrap();
    fs::create_dir(&folder).unwrap();
    hints_until(&mut watch, |watch| !watch.fully_armed()).await;
    watch.rearm();
    hints_until(&mut watch, FolderWatcher::fully_armed).await;
    fs::write(folder.join("key"), "K1").unwrap();
    in_time(watch.hint()).await;
}

#[tokio::test]
async fn a_folder_behind_a_link_that_is_turned_is_armed_again() {
    let above = tempfile::tempdir().unwrap();
    let at = |name: &str| above.path().join(name);
    fs::create_dir(at("one")).unwrap();
    fs::create_dir(at("two")).unwrap();
    symlink("one", at("keys")).unwrap();
    let mut watch = armed(&[&at("keys")]).await;
    symlink("two", at("turned")).unwrap();
    fs::rename(at("turned"), at("keys")).unwrap();
    watch.rearm();
    in_time(watch.hint()).await;
    fs::write(at("two").join("key"), "K1").unwrap();
    in_time(watch.hint()).await;
}

#[tokio::test]
async fn a_folder_that_is_missing_at_first_is_armed_when_it_is_there() {
    let above = tempfile::tempdir().unwrap();
    let (present, absent) = (above.path().join("present"), above.path().join("absent"));
    fs::create_dir(&present).unwrap();
    let mut watch = FolderWatcher::default();
    watch.follow(BTreeSet::from([present, absent.clone()]));
    in_time(watch.hint()).await;
    assert!(!watch.fully_armed());
    fs::create_dir(&absent).unwrap();
    watch.rearm();
    hints_until(&mut watch, FolderWatcher::fully_armed).await;
    fs::write(absent.join("key"), "K1").unwrap();
    in_time(watch.hint()).await;
}

#[tokio::test]
async fn a_folder_with_two_paths_stays_watched_by_the_other() {
    let above = tempfile::tempdir().unwrap();
    let (folder, link) = (above.path().join("keys"), above.path().join("link"));
    fs::create_dir(&folder).unwrap();
    symlink("keys", &link).unwrap();
    let mut watch = armed(&[&folder, &link]).await;
    // The third folder causes a hint at the end of the round, which the test waits for.
    let third = above.path().join("third");
    fs::create_dir(&third).unwrap();
    watch.follow(BTreeSet::from([folder.clone(), third]));
    in_time(watch.hint()).await;
    fs::write(folder.join("key"), "K1").unwrap();
    in_time(watch.hint()).await;
}

#[tokio::test]
async fn a_hint_that_is_dropped_half_way_is_not_lost() {
    let folder = tempfile::tempdir().unwrap();
    let mut watch = armed(&[folder.path()]).await;
    fs::write(folder.path().join("key"), "K1").unwrap();
    let mut dropped = 0;
    in_time(async {
        // Each iteration polls a new future once and drops it.
        while watch.hint().now_or_never().is_none() {
            dropped += 1;
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert!(dropped > 0);
}

#[tokio::test]
async fn a_burst_of_changes_neither_delays_a_hint_nor_spins() {
    let folder = tempfile::tempdir().unwrap();
    let mut watch = armed(&[folder.path()]).await;
    let key = folder.path().join("key");
    let (stop, writes) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let (stopped, written) = (Arc::clone(&stop), Arc::clone(&writes));
    let storm = thread::spawn(move || {
        while !stopped.load(Ordering::Relaxed) {
            fs::write(&key, "K").unwrap();
            written.fetch_add(1, Ordering::Relaxed);
        }
    });
    // On a busy machine the changes may pause for a while.
    let mut hints = 0;
    while hints < 5 || hints < 200 && writes.load(Ordering::Relaxed) <= 10 * hints {
        in_time(watch.hint()).await;
        hints += 1;
    }
    let writes = writes.load(Ordering::Relaxed);
    stop.store(true, Ordering::Relaxed);
    storm.join().unwrap();
    assert!(writes > 10 * hints, "{writes} writes made {hints} hints");
}

async fn armed(folders: &[&Path]) -> FolderWatcher {
    let mut watch = FolderWatcher::default();
    watch.follow(folders.iter().map(|folder| (*folder).to_owned()).collect());
    in_time(watch.hint()).await;
    assert!(watch.fully_armed());
    watch
}

/// Waits until `reached` returns true. The expected change may arrive with a later hint than the first.
async fn hints_until(watch: &mut FolderWatcher, reached: impl Fn(&FolderWatcher) -> bool) {
    loop {
        in_time(watch.hint()).await;
        if reached(watch) {
            return;
        }
    }
}

async fn in_time<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), future).await.expect("no hint came")
}
