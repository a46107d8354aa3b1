//! A map that forgets its oldest entries, so that requests cannot fill the memory.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

/// A map of at most `max` entries. A new entry replaces the oldest one when it is full.
pub(super) struct BoundedMap<K, V> {
    entries: HashMap<K, V>,
    /// The keys of the entries, oldest first.
    order: VecDeque<K>,
    max: usize,
}

impl<K: Clone + Eq + Hash, V> BoundedMap<K, V> {
    pub(super) fn new(max: usize) -> Self {
        Self { entries: HashMap::new(), order: VecDeque::new(), max }
    }

    pub(super) fn get(&self, key: &K) -> Option<&V> {
        self.entries.get(key)
    }

    /// Returns the entry of the key. A missing one is created first.
    pub(super) fn entry(&mut self, key: K, create: impl FnOnce() -> V) -> &mut V {
        if !self.entries.contains_key(&key) {
            if self.order.len() >= self.max
                && let Some(oldest) = self.order.pop_front()
            {
                self.entries.remove(&oldest);
            }
            self.order.push_back(key.clone());
        }
        self.entries.entry(key).or_insert_with(create)
    }

    pub(super) fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.entries.values_mut()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_map_forgets_its_oldest_entry_only() {
        let mut map = BoundedMap::new(2);
        for key in ["a", "b", "a", "c"] {
            *map.entry(key, || 0) += 1;
        }
        assert_eq!((map.get(&"a"), map.get(&"b"), map.get(&"c")), (None, Some(&1), Some(&1)));
        assert_eq!(map.order, ["b", "c"]);
    }
}
