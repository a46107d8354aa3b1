//! Which sessions have a signature that is not verified yet.

use std::collections::BTreeSet;

use crate::{exchange::SignatureStatus, renewal::Id};

/// The credentials whose newest session is not verified.
#[derive(Debug, Default)]
pub(super) struct Verifier {
    unverified: BTreeSet<Id>,
}

/// What the signature of a session changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum SignatureChange {
    /// It cannot be verified, and every other session is verified.
    FirstUnverified(String),
    /// It cannot be verified, like that of another session.
    AnotherUnverified(String),
    /// It was the last one that was not verified.
    AllVerified,
    None,
}

impl Verifier {
    /// Notes the signature of the newest session of a credential.
    pub(super) fn note(&mut self, id: Id, status: SignatureStatus) -> SignatureChange {
        let is_first = self.unverified.is_empty();
        match status {
            SignatureStatus::Verified | SignatureStatus::NotApplicable
                if self.unverified.remove(&id) && self.unverified.is_empty() =>
            {
                SignatureChange::AllVerified
            }
            SignatureStatus::Verified | SignatureStatus::NotApplicable => SignatureChange::None,
            SignatureStatus::Unverified { why } => {
                self.unverified.insert(id);
                if is_first { SignatureChange::FirstUnverified(why) } else { SignatureChange::AnotherUnverified(why) }
            }
        }
    }

    /// Notes that an earlier process wrote the session without verifying it.
    pub(super) fn adopt_unverified(&mut self, id: Id) {
        self.unverified.insert(id);
    }

    /// Forgets a session that is untrusted or gone.
    pub(super) fn forget(&mut self, id: Id) {
        self.unverified.remove(&id);
    }

    /// Whether the newest session of a credential is verified.
    pub(super) fn is_verified(&self, id: Id) -> bool {
        !self.unverified.contains(&id)
    }

    /// The credentials whose newest session is not verified.
    pub(super) fn unverified(&self) -> impl Iterator<Item = Id> {
        self.unverified.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use super::*;
    use crate::renewal::{Fleet, LastExchange, OriginId, Policy};

    #[test]
    fn the_first_and_the_last_unverified_session_are_news() {
        let mut fleet = Fleet::new(NonZeroUsize::MIN, 1);
        let [a, b, c] = [(); 3].map(|()| fleet.add(OriginId::default(), Policy::default(), LastExchange::default()));
        let unverified = || SignatureStatus::Unverified { why: "no keys".to_owned() };
        let why = || "no keys".to_owned();
        let mut verifier = Verifier::default();
        assert_eq!(verifier.note(a, SignatureStatus::Verified), SignatureChange::None);
        assert_eq!(verifier.note(a, unverified()), SignatureChange::FirstUnverified(why()));
        assert_eq!(verifier.note(b, unverified()), SignatureChange::AnotherUnverified(why()));
        verifier.adopt_unverified(c);
        assert_eq!((verifier.is_verified(a), verifier.unverified().count()), (false, 3));
        assert_eq!(verifier.note(a, SignatureStatus::Verified), SignatureChange::None);
        assert!(verifier.is_verified(a));
        verifier.forget(c);
        assert_eq!(verifier.note(b, SignatureStatus::Verified), SignatureChange::AllVerified);
        assert_eq!(verifier.note(b, SignatureStatus::Verified), SignatureChange::None);
    }
}
