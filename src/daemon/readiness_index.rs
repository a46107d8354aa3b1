//! Which required credentials have no valid token on disk, kept up as credentials change: no question looks at all of them.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use crate::{
    config::Credential,
    renewal::{Id, Moment},
};

/// The required credentials, by whether they serve.
///
/// Invariant: a credential is in `unready`, or in `expiries`, or not required, as `places` says.
#[derive(Debug, Default)]
pub(super) struct ReadinessIndex {
    places: HashMap<Id, Place>,
    /// Those without a valid token on disk, by name.
    unready: BTreeMap<ByName, Id>,
    /// When the tokens of the others expire.
    expiries: BTreeSet<(Moment, Id)>,
}

/// What is known of the token on disk of a required credential.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Serving {
    /// Readers find a valid token until then.
    Until(Moment),
    /// Readers find none.
    No,
}

#[derive(Debug)]
enum Place {
    Unready(ByName),
    Expires(Moment),
}

/// A credential in the order of names.
#[derive(Clone, Debug)]
struct ByName(Arc<Credential>);

impl ReadinessIndex {
    /// Notes whether a credential serves; `None` if it does not count for readiness, or was removed.
    pub(super) fn note(&mut self, id: Id, credential: Option<(&Arc<Credential>, Serving)>) {
        let serving = credential.map(|(_, serving)| serving);
        match (self.places.get(&id), serving) {
            (None, None) => return,
            (Some(Place::Expires(before)), Some(Serving::Until(end))) if *before == end => return,
            (Some(Place::Unready(ByName(before))), Some(Serving::No))
                if credential.is_some_and(|(credential, _)| Arc::ptr_eq(before, credential)) =>
            {
                return;
            }
            (_, _) => {}
        }
        match self.places.remove(&id) {
            None => {}
            Some(Place::Unready(name)) => drop(self.unready.remove(&name)),
            Some(Place::Expires(end)) => drop(self.expiries.remove(&(end, id))),
        }
        let Some((credential, serving)) = credential else { return };
        let place = match serving {
            Serving::No => {
                let name = ByName(Arc::clone(credential));
                self.unready.insert(name.clone(), id);
                Place::Unready(name)
            }
            Serving::Until(end) => {
                self.expiries.insert((end, id));
                Place::Expires(end)
            }
        };
        self.places.insert(id, place);
    }

    /// Returns those whose tokens have expired since they were noted.
    pub(super) fn expired(&self, now: Moment) -> Vec<Id> {
        self.expiries.iter().take_while(|(end, _)| *end <= now).map(|(_, id)| *id).collect()
    }

    /// Whether every required credential serves.
    pub(super) fn is_ready(&self, now: Moment) -> bool {
        self.unready.is_empty() && self.expiries.first().is_none_or(|(end, _)| now < *end)
    }

    /// The credentials that do not serve, by name.
    pub(super) fn unready(&self) -> impl ExactSizeIterator<Item = Id> {
        self.unready.values().copied()
    }

    /// Whether this credential does not serve.
    pub(super) fn is_unready(&self, id: Id) -> bool {
        matches!(self.places.get(&id), Some(Place::Unready(_)))
    }
}

impl Ord for ByName {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.name.cmp(&other.0.name)
    }
}

impl PartialOrd for ByName {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for ByName {
    fn eq(&self, other: &Self) -> bool {
        self.0.name == other.0.name
    }
}

impl Eq for ByName {}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::daemon::credentials::tests::credentials;

    fn at(seconds: u64) -> Moment {
        Moment::since_boot(Duration::from_secs(seconds))
    }

    #[test]
    fn those_that_do_not_serve_are_known_by_name() {
        let (credentials, [b, a]) = credentials(["b", "a"]);
        let settings = |id| credentials.get(id).unwrap().credential();
        let mut index = ReadinessIndex::default();
        assert!(index.is_ready(at(0)), "nothing is required");
        index.note(b, Some((settings(b), Serving::No)));
        index.note(a, Some((settings(a), Serving::No)));
        assert_eq!(index.unready().collect::<Vec<_>>(), [a, b]);
        index.note(b, Some((settings(b), Serving::Until(at(9)))));
        assert!(index.is_unready(a) && !index.is_unready(b) && !index.is_ready(at(0)));
        index.note(a, None);
        assert!(index.is_ready(at(8)) && index.expired(at(8)).is_empty());
        assert!(index.unready().len() == 0 && index.places.len() == 1);
    }

    #[test]
    fn a_token_that_has_expired_is_not_ready_before_it_is_noted() {
        let (credentials, [a]) = credentials(["a"]);
        let mut index = ReadinessIndex::default();
        let settings = credentials.get(a).unwrap().credential();
        index.note(a, Some((settings, Serving::Until(at(9)))));
        assert!(!index.is_ready(at(9)));
        assert_eq!(index.expired(at(9)), [a]);
        index.note(a, Some((settings, Serving::Until(at(20)))));
        assert!(index.is_ready(at(9)) && index.expired(at(19)).is_empty());
        index.note(a, None);
        assert!(index.is_ready(at(20)) && index.expiries.is_empty());
    }
}
