//! When to inspect the outputs: after a change on disk, after a write, at each scan, and when readiness is asked.

use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
    path::{Path, PathBuf},
};

use super::{
    generation_cleanup::GenerationCleanup, output_index::OutputIndex, readiness::ReadinessQueue,
    single_flight::SingleFlight,
};
use crate::{
    renewal::{Id, Moment},
    watch::{Armed, ChangeWatcher, Touched, WatchArmer},
};

/// The watches of the outputs' folders, and the inspections.
#[derive(Debug, Default)]
pub(super) struct OutputMonitor {
    watcher: ChangeWatcher,
    index: OutputIndex,
    arming: SingleFlight,
    to_arm: FoldersToArm,
    /// Whether the arming in flight is of every folder.
    arms_all: bool,
    /// Whether every folder of outputs that exists is watched.
    is_armed: bool,
    inspection: SingleFlight,
    wanted: InspectionScope,
    /// The credentials with an output that did not respond to the last look, and that output.
    unseen: BTreeMap<Id, PathBuf>,
    readiness: ReadinessQueue,
    cleanup: GenerationCleanup,
}

/// The credentials whose outputs are to be inspected.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct InspectionScope {
    suspects: BTreeSet<Id>,
    all: bool,
}

/// The folders that the next arming is of.
#[derive(Clone, PartialEq, Eq, Debug)]
enum FoldersToArm {
    /// These ones, which are new.
    New(BTreeSet<PathBuf>),
    /// Every folder of outputs: a watch may have been lost without an event.
    All,
}

/// What the end of an arming changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct ArmingEnded {
    /// Whether another arming is wanted.
    pub(super) again: bool,
    /// Whether some folder cannot be watched, and all could be watched before.
    pub(super) is_news: bool,
}

impl OutputMonitor {
    /// The credentials by the files of their outputs.
    pub(super) fn index_mut(&mut self) -> &mut OutputIndex {
        &mut self.index
    }

    /// The credentials with an output in which a change of this file shows, or in this set.
    pub(super) fn concerned(&self, file: &Path) -> impl Iterator<Item = Id> {
        self.index.concerned(file)
    }

    /// Wants every folder of outputs to be watched, and no others.
    pub(super) fn want_all_armed(&mut self) {
        self.to_arm = FoldersToArm::All;
    }

    /// Wants this folder to be watched: it was made, or it is another generation.
    pub(super) fn want_armed(&mut self, folder: PathBuf) {
        if let FoldersToArm::New(folders) = &mut self.to_arm {
            folders.insert(folder);
        }
    }

    /// Begins to watch the wanted folders. Returns them and what arms the watches, unless an arming is in flight, none is
    /// wanted, or inotify is not available.
    pub(super) fn begin_arming(&mut self) -> Option<(WatchArmer, BTreeSet<PathBuf>)> {
        if self.to_arm == FoldersToArm::default() || !self.arming.begin() {
            return None;
        }
        let Some(armer) = self.watcher.armer() else {
            self.arming.end();
            self.is_armed = false;
            return None;
        };
        let to_arm = mem::take(&mut self.to_arm);
        self.arms_all = to_arm == FoldersToArm::All;
        let folders = match to_arm {
            FoldersToArm::New(folders) => folders,
            FoldersToArm::All => {
                let folders = self.index.folders();
                self.watcher.retain_folders(&folders);
                folders
            }
        };
        Some((armer, folders))
    }

    /// Notes the end of an arming.
    pub(super) fn armed(&mut self, armed: Option<Armed>) -> ArmingEnded {
        let again = self.arming.end();
        let before = self.is_armed;
        let succeeded = armed.is_some_and(|armed| self.watcher.record_armed(armed));
        self.is_armed = succeeded && (self.arms_all || before);
        ArmingEnded { again, is_news: before && !self.is_armed }
    }

    /// Whether every folder of outputs that exists is watched.
    pub(super) fn is_armed(&self) -> bool {
        self.is_armed
    }

    /// Returns the next change of watched files. Cancel-safe.
    pub(super) async fn touched(&mut self) -> Touched {
        self.watcher.touched().await
    }

    /// Whether this folder needs a new watch: it was made, or it is another generation.
    pub(super) fn needs_watch(&self, folder: &Path, touched: &Touched) -> bool {
        !self.watcher.is_armed(folder) || touched.covers(folder)
    }

    /// Wants the outputs of a credential to be read.
    pub(super) fn suspect(&mut self, id: Id) {
        self.wanted.suspects.insert(id);
    }

    /// Wants every output to be read whose stamp has changed.
    pub(super) fn suspect_all(&mut self) {
        self.wanted.all = true;
    }

    /// Begins the wanted inspection, unless one is in flight: then another one follows.
    pub(super) fn begin_inspection(&mut self) -> Option<InspectionScope> {
        self.inspection.begin().then(|| mem::take(&mut self.wanted))
    }

    /// Ends the inspection. Returns whether another one is wanted.
    pub(super) fn end_inspection(&mut self) -> bool {
        self.inspection.end()
    }

    /// Notes which credentials' outputs were looked at, and which do not respond. Returns those of which that is news.
    pub(super) fn note_seen(&mut self, seen: impl IntoIterator<Item = Id>, unseen: Vec<(Id, PathBuf)>) -> Vec<Id> {
        let mut news: Vec<_> = seen.into_iter().filter(|id| self.unseen.remove(id).is_some()).collect();
        for (id, path) in unseen {
            if self.unseen.insert(id, path.clone()).as_ref() != Some(&path) {
                news.push(id);
            }
        }
        news
    }

    /// Forgets a credential, or what was known of its outputs before a write.
    pub(super) fn forget(&mut self, id: Id) {
        self.unseen.remove(&id);
    }

    /// The output of a credential that did not respond to the last look, so that its token is not known to be there.
    pub(super) fn unseen(&self, id: Id) -> Option<&Path> {
        self.unseen.get(&id).map(PathBuf::as_path)
    }

    /// Whether every output responded to the last look.
    pub(super) fn sees_all(&self) -> bool {
        self.unseen.is_empty()
    }

    /// Whether every folder is watched, and no inspection is in flight or wanted.
    pub(super) fn is_quiet(&self) -> bool {
        self.is_armed
            && self.arming.is_idle()
            && self.to_arm == FoldersToArm::default()
            && self.inspection.is_idle()
            && self.wanted == InspectionScope::default()
    }

    /// The questions about readiness, which the inspections answer.
    pub(super) fn readiness(&mut self) -> &mut ReadinessQueue {
        &mut self.readiness
    }

    /// The old generations of sets.
    pub(super) fn cleanup(&mut self) -> &mut GenerationCleanup {
        &mut self.cleanup
    }

    /// When old generations are to be removed.
    pub(super) fn cleanup_due(&self) -> Option<Moment> {
        self.cleanup.due()
    }
}

impl Default for FoldersToArm {
    fn default() -> Self {
        Self::New(BTreeSet::new())
    }
}

impl InspectionScope {
    /// The only credentials whose outputs are inspected; `None` for all.
    pub(super) fn only(&self) -> Option<&BTreeSet<Id>> {
        (!self.all).then_some(&self.suspects)
    }

    /// Whether they are read even if their stamps have not changed.
    pub(super) fn ignores_stamps_of(&self, id: Id) -> bool {
        self.suspects.contains(&id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{daemon::credentials::tests::credentials, output::Output};

    #[test]
    fn what_is_suspected_during_an_inspection_is_inspected_next() {
        let (_, [a, b]) = credentials(["a", "b"]);
        let mut monitor = OutputMonitor::default();
        monitor.suspect(a);
        let scope = monitor.begin_inspection().unwrap();
        assert_eq!(scope.only(), Some(&BTreeSet::from([a])));
        assert!(scope.ignores_stamps_of(a));
        monitor.suspect_all();
        monitor.suspect(b);
        assert_eq!(monitor.begin_inspection(), None);
        assert!(monitor.end_inspection());
        let scope = monitor.begin_inspection().unwrap();
        assert_eq!(scope.only(), None);
        assert!(!scope.ignores_stamps_of(a) && scope.ignores_stamps_of(b));
        assert!(!monitor.end_inspection());
    }

    #[tokio::test]
    async fn outputs_are_guarded_once_their_folders_are_watched() {
        let folder = tempfile::tempdir().unwrap();
        let (_, [a]) = credentials(["a"]);
        let mut monitor = OutputMonitor::default();
        assert!(!monitor.is_quiet());
        assert!(monitor.begin_arming().is_none(), "none is wanted");
        monitor.index_mut().insert(a, &[Output::at(folder.path().join("a"))]);
        monitor.want_all_armed();
        let (armer, folders) = monitor.begin_arming().unwrap();
        assert_eq!(folders, BTreeSet::from([folder.path().to_owned()]));
        monitor.want_all_armed();
        assert!(monitor.begin_arming().is_none(), "one arming at a time");
        assert_eq!(monitor.armed(Some(Armed::by(&armer, folders))), ArmingEnded { again: true, is_news: false });
        assert!(monitor.is_armed() && !monitor.is_quiet());
        let (armer, folders) = monitor.begin_arming().unwrap();
        assert_eq!(monitor.armed(Some(Armed::by(&armer, folders))), ArmingEnded { again: false, is_news: false });
        assert!(monitor.is_quiet() && !monitor.needs_watch(folder.path(), &Touched::Files(BTreeSet::new())));
        monitor.want_all_armed();
        assert!(monitor.begin_arming().is_some());
        assert_eq!(monitor.armed(None), ArmingEnded { again: false, is_news: true });
        assert!(!monitor.is_quiet());
    }

    #[tokio::test]
    async fn a_folder_that_is_made_is_watched_beside_the_others() {
        let above = tempfile::tempdir().unwrap();
        let made = above.path().join("made");
        let (_, [a]) = credentials(["a"]);
        let mut monitor = OutputMonitor::default();
        monitor.index_mut().insert(a, &[Output::at(above.path().join("a")), Output::at(made.join("a"))]);
        monitor.want_all_armed();
        let (armer, folders) = monitor.begin_arming().unwrap();
        monitor.armed(Some(Armed::by(&armer, folders)));
        assert!(monitor.is_armed() && monitor.needs_watch(&made, &Touched::default()));
        std::fs::create_dir(&made).unwrap();
        monitor.want_armed(made.clone());
        let (armer, folders) = monitor.begin_arming().unwrap();
        assert_eq!(folders, BTreeSet::from([made.clone()]));
        monitor.armed(Some(Armed::by(&armer, folders)));
        assert!(monitor.is_armed() && !monitor.needs_watch(&made, &Touched::default()));
        assert!(!monitor.needs_watch(above.path(), &Touched::default()));
    }
}
