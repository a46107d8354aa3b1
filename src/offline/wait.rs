//! Waits on disk until every required token is valid.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use tokio::time;

use super::disk_status::DiskStatus;
use crate::{
    blocking::{self, Lane, NotDone},
    config::Config,
    output::Output,
    state::Ledger,
    watch::{ChangeNotices, Touched},
};

/// Judges the tokens at each relevant change on disk, until every required one is valid or the timeout expires. Judges at least
/// once, for at most the longer of the timeout and [`SCAN_MAX`]. Returns the last judgement; `None` if none was completed. Must
/// be called within a runtime.
pub async fn wait(
    config: &Arc<Config>,
    timeout: Duration,
    judge: impl AsyncFn() -> Option<DiskStatus>,
) -> Option<DiskStatus> {
    let mut last = time::timeout(timeout.max(SCAN_MAX), judge()).await.ok()??;
    if last.all_valid() || timeout.is_zero() {
        return Some(last);
    }
    let mut changes = DiskChanges::new(config);
    let watching = async {
        while !last.all_valid() {
            changes.next().await;
            if let Some(tokens) = judge().await {
                last = tokens;
            }
        }
    };
    let _ = time::timeout(timeout, watching).await;
    Some(last)
}

/// The changes on disk that may bring a token.
pub struct DiskChanges {
    config: Arc<Config>,
    notices: ChangeNotices,
}

impl DiskChanges {
    /// Begins to watch with the first [`Self::next`].
    pub fn new(config: &Arc<Config>) -> Self {
        Self { config: Arc::clone(config), notices: ChangeNotices::default() }
    }

    /// Waits for a change, but not long: one may precede the watch, and some file systems cannot be watched. Must be called within
    /// a runtime.
    pub async fn next(&mut self) {
        let folders = folders(&self.config);
        arm(&self.notices, &folders).await;
        let _ = time::timeout(RESCAN_EVERY, touched(&self.notices, &folders)).await;
    }
}

/// Scans the disk, for at most [`SCAN_MAX`]; `None` if that takes longer. Must be called within a runtime.
pub async fn disk_status(config: &Arc<Config>) -> Option<DiskStatus> {
    let config = Arc::clone(config);
    match blocking::run_within(Lane::Read, SCAN_MAX, move || DiskStatus::of(&config)).await {
        Ok(scanned) => Some(scanned),
        Err(NotDone::NoThread(shortage)) => {
            Some(DiskStatus { troubles: vec![shortage.to_string()], ..DiskStatus::default() })
        }
        Err(NotDone::Panicked) => Some(DiskStatus::default()),
        Err(NotDone::TooLong) => None,
    }
}

/// Watches the folders. Instead of a missing folder, watches its nearest existing ancestor.
async fn arm(notices: &ChangeNotices, folders: &BTreeSet<PathBuf>) {
    let mut wanted = folders.clone();
    while !wanted.is_empty() {
        let (armer, requested) = (notices.armer(), wanted.clone());
        let Some(watched) = blocking::submit(Lane::Read, move || armer.arm(requested)).await else { return };
        let missing = wanted.difference(&watched);
        wanted = missing.filter_map(|folder| folder.parent()).map(Path::to_path_buf).collect();
    }
}

/// Waits until one of the folders changes or is created. Ignores other changes in their ancestors.
async fn touched(notices: &ChangeNotices, folders: &BTreeSet<PathBuf>) {
    let concerns = |file: &PathBuf| {
        file.parent().is_some_and(|folder| folders.contains(folder))
            || folders.iter().any(|folder| folder.starts_with(file))
    };
    loop {
        match notices.touched().await {
            Touched::Files(files) if !files.iter().any(concerns) => {}
            Touched::Files(_) | Touched::Anything => return,
        }
    }
}

/// Returns the folders whose changes may make a token valid: those of outputs, of state files and of keys.
fn folders(config: &Config) -> BTreeSet<PathBuf> {
    let named = config.credentials.iter().flat_map(|credential| &credential.outputs);
    let pattern = config.key_directories.iter().flat_map(|directory| &directory.pattern.outputs);
    let outputs = named.chain(pattern).flat_map(Output::watched_folders);
    let keys = config.key_directories.iter().map(|directory| directory.path.clone());
    outputs.chain(keys).chain([Ledger::new(&config.state_directory).folder().to_owned()]).collect()
}

/// How long to wait for a change before the next scan.
const RESCAN_EVERY: Duration = Duration::from_secs(2);

/// The least time limit of the first scan, however short the timeout is. A disk may hang.
pub const SCAN_MAX: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_folder_that_is_made_later_is_noticed() {
        let base = tempfile::tempdir().unwrap();
        let folders = BTreeSet::from([base.path().join("deep/down/out")]);
        let notices = ChangeNotices::default();
        let patience = Duration::from_secs(60);
        for made in ["deep", "deep/down", "deep/down/out", "deep/down/out/a.jwt"] {
            // A newly watched folder counts as a change by itself.
            arm(&notices, &folders).await;
            time::timeout(patience, touched(&notices, &folders)).await.unwrap();
            std::fs::create_dir(base.path().join(made)).unwrap();
            time::timeout(patience, touched(&notices, &folders)).await.unwrap();
        }
    }
}
