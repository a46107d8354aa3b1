//! Waits on disk until every required token is valid.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use tokio::{task, time};

use super::disk_status::DiskStatus;
use crate::{
    config::Config,
    output::Output,
    state::Ledger,
    watch::{ChangeWatcher, Touched},
};

/// Looks until every required token is there, or until the time is over, at each change of a file that has a say in it. Looks
/// once at least, though not for longer than the longer of the time and [`LOOK_MAX`]. Answers what was seen last; `None` if no
/// look came to its end. Must be called within a runtime.
pub async fn wait(config: &Arc<Config>, timeout: Duration) -> Option<DiskStatus> {
    let mut last = time::timeout(timeout.max(LOOK_MAX), look(config)).await.ok()?;
    if last.are_good() || timeout.is_zero() {
        return Some(last);
    }
    let mut change_watcher = ChangeWatcher::default();
    let watching = async {
        while !last.are_good() {
            let folders = folders(config);
            arm(&mut change_watcher, &folders).await;
            // Also right after arming, for it may have changed before; those of some file systems cannot be watched.
            let _ = time::timeout(LOOK_ANYWAY, touched(&mut change_watcher, &folders)).await;
            last = look(config).await;
        }
    };
    let _ = time::timeout(timeout, watching).await;
    Some(last)
}

async fn look(config: &Arc<Config>) -> DiskStatus {
    let config = Arc::clone(config);
    task::spawn_blocking(move || DiskStatus::of(&config)).await.unwrap_or_default()
}

/// Watches the folders, and in the place of one that is missing the nearest above it that is there.
async fn arm(change_watcher: &mut ChangeWatcher, folders: &BTreeSet<PathBuf>) {
    let mut wanted = folders.clone();
    while !wanted.is_empty() {
        let Some(armer) = change_watcher.armer() else { return };
        let requested = wanted.clone();
        let Ok(watches) = task::spawn_blocking(move || armer.arm(requested)).await else { return };
        change_watcher.record_armed(watches);
        let missing = wanted.iter().filter(|folder| !change_watcher.is_armed(folder));
        wanted = missing.filter_map(|folder| folder.parent()).map(Path::to_path_buf).collect();
    }
}

/// Waits until one of the folders is touched, or is made. What else happens in a folder above them is nothing to wake for.
async fn touched(change_watcher: &mut ChangeWatcher, folders: &BTreeSet<PathBuf>) {
    let concerns = |file: &PathBuf| {
        file.parent().is_some_and(|folder| folders.contains(folder))
            || folders.iter().any(|folder| folder.starts_with(file))
    };
    loop {
        match change_watcher.touched().await {
            Touched::Files(files) if !files.iter().any(concerns) => {}
            Touched::Files(_) | Touched::Anything => return,
        }
    }
}

/// Where a change may make a token good: its outputs, its state file, the key folders that say who there is.
fn folders(config: &Config) -> BTreeSet<PathBuf> {
    let named = config.credentials.iter().flat_map(|credential| &credential.outputs);
    let pattern = config.key_directories.iter().flat_map(|directory| &directory.pattern.outputs);
    let outputs = named.chain(pattern).flat_map(Output::watched_folders);
    let keys = config.key_directories.iter().map(|directory| directory.path.clone());
    outputs.chain(keys).chain([Ledger::new(&config.state_directory).folder().to_owned()]).collect()
}

/// How long to wait for a change before looking all the same.
const LOOK_ANYWAY: Duration = Duration::from_secs(2);

/// How long one look may take however short the time: a disk may hang.
const LOOK_MAX: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_folder_that_is_made_later_is_noticed() {
        let base = tempfile::tempdir().unwrap();
        let folders = BTreeSet::from([base.path().join("deep/down/out")]);
        let mut change_watcher = ChangeWatcher::default();
        let patience = Duration::from_secs(60);
        for made in ["deep", "deep/down", "deep/down/out", "deep/down/out/a.jwt"] {
            // Each time a folder is watched that was not before, which is a hint by itself.
            arm(&mut change_watcher, &folders).await;
            time::timeout(patience, touched(&mut change_watcher, &folders)).await.unwrap();
            std::fs::create_dir(base.path().join(made)).unwrap();
            time::timeout(patience, touched(&mut change_watcher, &folders)).await.unwrap();
        }
    }
}
