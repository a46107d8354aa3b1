//! Every credential that the daemon knows, by id and by name.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::credential_state::CredentialState;
use crate::renewal::Id;

/// The credentials that are renewed, and those that are draining.
#[derive(Debug, Default)]
pub(super) struct Credentials {
    /// Boxed, because the map has up to twice as many places as credentials.
    states: HashMap<Id, Box<CredentialState>>,
    names: BTreeMap<String, Id>,
}

impl Credentials {
    /// Adds a credential under its name.
    pub(super) fn insert(&mut self, id: Id, state: CredentialState) {
        self.names.insert(state.name().to_owned(), id);
        self.states.insert(id, Box::new(state));
    }

    /// Removes a credential.
    pub(super) fn remove(&mut self, id: Id) -> Option<Box<CredentialState>> {
        let state = self.states.remove(&id)?;
        self.names.remove(state.name());
        Some(state)
    }

    pub(super) fn get(&self, id: Id) -> Option<&CredentialState> {
        self.states.get(&id).map(Box::as_ref)
    }

    pub(super) fn get_mut(&mut self, id: Id) -> Option<&mut CredentialState> {
        self.states.get_mut(&id).map(Box::as_mut)
    }

    /// The id of a name.
    pub(super) fn id(&self, name: &str) -> Option<Id> {
        self.names.get(name).copied()
    }

    /// The credential of a name.
    pub(super) fn named(&self, name: &str) -> Option<(Id, &CredentialState)> {
        let id = self.id(name)?;
        Some((id, self.get(id)?))
    }

    /// Every name.
    pub(super) fn names(&self) -> HashSet<String> {
        self.names.keys().cloned().collect()
    }

    /// Every id, by name.
    pub(super) fn ids(&self) -> impl Iterator<Item = Id> {
        self.names.values().copied()
    }

    /// Takes the credentials that were due for renewal when this process took them over; only the first time.
    pub(super) fn take_overdue(&mut self) -> Vec<Id> {
        let ids: Vec<_> = self.ids().collect();
        let is_overdue = |id: &Id| self.get_mut(*id).is_some_and(|state| state.token_mut().take_overdue());
        ids.into_iter().filter(is_overdue).collect()
    }

    /// How many there are, draining ones included.
    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Every credential, draining ones included, in no order.
    pub(super) fn all(&self) -> impl Iterator<Item = (Id, &CredentialState)> {
        self.states.iter().map(|(id, state)| (*id, &**state))
    }

    /// The credentials that are renewed, by name.
    pub(super) fn active(&self) -> impl DoubleEndedIterator<Item = (Id, &CredentialState)> {
        let state = |id: &Id| self.get(*id).map(|state| (*id, state));
        self.names.values().filter_map(state).filter(|(_, state)| !state.is_draining())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::num::NonZeroUsize;

    use super::*;
    use crate::{
        config::Credential,
        output::Output,
        renewal::{Fleet, LastExchange, Moment, OriginId, Policy},
        source::{AccessKey, Source},
    };

    /// A credential with one output, `/out/NAME`.
    pub(in crate::daemon) fn credential(name: &str) -> Credential {
        Credential {
            name: name.to_owned(),
            source: Source::from(AccessKey::at(format!("/keys/{name}"))),
            required: true,
            policy: Policy::default(),
            outputs: vec![Output::at(format!("/out/{name}").into())],
            hooks: Vec::new(),
        }
    }

    /// Credentials of these names, with their ids in the same order.
    pub(in crate::daemon) fn credentials<const N: usize>(names: [&str; N]) -> (Credentials, [Id; N]) {
        let mut fleet = Fleet::new(NonZeroUsize::MIN, 1);
        let mut credentials = Credentials::default();
        let ids = names.map(|name| {
            let id = fleet.add(OriginId::default(), Policy::default(), LastExchange::default());
            credentials.insert(id, CredentialState::new(Moment::default(), credential(name)));
            id
        });
        (credentials, ids)
    }

    #[test]
    fn credentials_are_found_by_name_and_by_id() {
        let (mut credentials, [b, a, c]) = credentials(["b", "a", "c"]);
        let active = |credentials: &Credentials| credentials.active().map(|(id, _)| id).collect::<Vec<_>>();
        assert_eq!(active(&credentials), [a, b, c]);
        credentials.get_mut(b).unwrap().drain();
        assert_eq!((active(&credentials), credentials.len(), credentials.all().count()), (vec![a, c], 3, 3));
        assert_eq!(credentials.named("b").map(|(id, _)| id), Some(b));
        assert!(credentials.remove(b).is_some() && credentials.remove(b).is_none());
        assert_eq!((credentials.id("b"), credentials.len(), credentials.get(b).is_some()), (None, 2, false));
    }
}
