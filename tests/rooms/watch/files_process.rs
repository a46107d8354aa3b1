//! Resources of a watch. The file has one test, because it counts the threads and descriptors of its process.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a helper that fails is a test that fails")]

use std::{collections::BTreeSet, fs, path::PathBuf, time::Duration};

use tokenwell::watch::FolderWatcher;

#[tokio::test]
async fn fifty_folders_cost_one_inotify_instance_and_nothing_remains() {
    let above = tempfile::tempdir().unwrap();
    let folders: BTreeSet<PathBuf> = (0..50).map(|number| above.path().join(format!("{number:02}"))).collect();
    for folder in &folders {
        fs::create_dir(folder).unwrap();
    }
    let threads_before = threads();
    let mut watch = FolderWatcher::default();
    watch.follow(folders.clone());
    in_time(watch.hint()).await;
    assert_eq!(folders_watched(), [50]);

    // A round without changes leaves every watch in place.
    watch.rearm();
    for folder in &folders {
        fs::write(folder.join("key"), "K1").unwrap();
        in_time(watch.hint()).await;
    }
    assert_eq!(folders_watched(), [50]);
    assert!(watch.fully_armed());

    // Folders that are no longer followed are not watched. The new folder causes a hint at the end of the round.
    let newcomer = above.path().join("newcomer");
    fs::create_dir(&newcomer).unwrap();
    watch.follow(folders.iter().take(10).cloned().chain([newcomer]).collect());
    // Events of the last writes may still arrive before that hint.
    while folders_watched() != [11] {
        in_time(watch.hint()).await;
    }

    drop(watch);
    in_time(async {
        while threads() > threads_before || !folders_watched().is_empty() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

fn threads() -> usize {
    fs::read_dir("/proc/self/task").unwrap().count()
}

/// Returns the number of watched folders for each inotify instance of this process.
fn folders_watched() -> Vec<usize> {
    let mut watched = Vec::new();
    for entry in fs::read_dir("/proc/self/fd").unwrap() {
        let entry = entry.unwrap();
        // A descriptor may be closed before its link is read.
        if fs::read_link(entry.path()).is_ok_and(|leads_to| leads_to.ends_with("anon_inode:inotify")) {
            let info = PathBuf::from("/proc/self/fdinfo").join(entry.file_name());
            let info = fs::read_to_string(info).unwrap_or_default();
            watched.push(info.lines().filter(|line| line.starts_with("inotify ")).count());
        }
    }
    watched
}

async fn in_time<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), future).await.expect("in 30 seconds")
}
