//! The old generations of sets, each of which is removed a while after it was replaced.

use std::{
    collections::{HashMap, VecDeque},
    path::{Path, PathBuf},
    time::Duration,
};

use crate::renewal::Moment;

/// The sets that hold old generations.
#[derive(Debug, Default)]
pub(super) struct GenerationCleanup {
    sets: HashMap<PathBuf, OldGenerations>,
}

/// The old generations of one set.
#[derive(Debug)]
struct OldGenerations {
    keep: Duration,
    /// When each of them was replaced, the oldest first.
    replaced_at: VecDeque<Moment>,
}

impl GenerationCleanup {
    /// Notes that a generation of a set was replaced, and how long it is kept. One that is not kept at all is gone already.
    pub(super) fn written(&mut self, now: Moment, set: &Path, keep: Duration) {
        if keep.is_zero() {
            return;
        }
        let old = self.sets.entry(set.to_owned()).or_insert(OldGenerations { keep, replaced_at: VecDeque::new() });
        old.keep = keep;
        old.replaced_at.push_back(now);
    }

    /// Changes how long the generations of a set are kept.
    pub(super) fn keep(&mut self, set: &Path, keep: Duration) {
        if let Some(old) = self.sets.get_mut(set) {
            old.keep = keep;
        }
    }

    /// When the next generation is to be removed.
    pub(super) fn due(&self) -> Option<Moment> {
        self.sets.values().filter_map(|old| Some(*old.replaced_at.front()? + old.keep)).min()
    }

    /// Takes the sets with generations that are to be removed now, and how many of the newest stay.
    pub(super) fn take_due(&mut self, now: Moment) -> HashMap<PathBuf, usize> {
        let mut due = HashMap::new();
        self.sets.retain(|set, old| {
            let before = old.replaced_at.len();
            while old.replaced_at.front().is_some_and(|replaced_at| *replaced_at + old.keep <= now) {
                old.replaced_at.pop_front();
            }
            if old.replaced_at.len() < before {
                due.insert(set.clone(), old.replaced_at.len());
            }
            !old.replaced_at.is_empty()
        });
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_generation_is_removed_a_while_after_it_was_replaced() {
        let at = |seconds| Moment::since_boot(Duration::from_secs(seconds));
        let (a, b, five) = (Path::new("/a"), Path::new("/b"), Duration::from_secs(5));
        let mut cleanup = GenerationCleanup::default();
        assert!(cleanup.take_due(at(0)).is_empty());
        cleanup.written(at(10), a, five);
        cleanup.written(at(11), b, Duration::from_secs(1));
        cleanup.written(at(12), a, five);
        cleanup.written(at(12), Path::new("/c"), Duration::ZERO);
        assert_eq!(cleanup.due(), Some(at(12)));
        assert_eq!(cleanup.take_due(at(12)), [(b.to_owned(), 0)].into());
        assert_eq!(cleanup.due(), Some(at(15)));
        assert!(cleanup.take_due(at(14)).is_empty());
        assert_eq!(cleanup.take_due(at(16)), [(a.to_owned(), 1)].into(), "a write after it does not put it off");
        assert_eq!(cleanup.take_due(at(17)), [(a.to_owned(), 0)].into());
        assert_eq!((cleanup.due(), cleanup.take_due(at(99)).len()), (None, 0));
    }

    #[test]
    fn another_duration_applies_to_what_was_replaced_before() {
        let at = |seconds| Moment::since_boot(Duration::from_secs(seconds));
        let set = Path::new("/a");
        let mut cleanup = GenerationCleanup::default();
        cleanup.written(at(10), set, Duration::from_secs(600));
        cleanup.keep(set, Duration::from_secs(20));
        assert_eq!(cleanup.due(), Some(at(30)));
        cleanup.keep(set, Duration::ZERO);
        assert_eq!(cleanup.take_due(at(11)), [(set.to_owned(), 0)].into());
    }
}
