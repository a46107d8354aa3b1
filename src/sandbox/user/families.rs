//! Families of refresh JWTs: which were replaced by rotation, and which were revoked. It stores only fingerprints.

use std::collections::BTreeSet;
use std::time::Duration;

use super::bounded::BoundedMap;
use crate::fingerprint::Fingerprint;

/// The refresh JWTs that were presented or given out. One that is unknown is the first of a family of its own.
pub(in crate::sandbox) struct Families {
    tokens: BoundedMap<Fingerprint, Token>,
    /// How many families there have been.
    families: u64,
}

struct Token {
    family: u64,
    state: TokenState,
}

#[derive(Clone, Copy)]
enum TokenState {
    Live,
    /// Replaced at this time since the start.
    Used(Duration),
    Revoked,
}

/// What the presentation of a refresh JWT means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Presentation {
    Valid,
    /// It was replaced longer ago than the grace period.
    Reused,
    Revoked,
}

impl Families {
    pub(in crate::sandbox) fn new() -> Self {
        Self { tokens: BoundedMap::new(TOKENS_MAX), families: 0 }
    }

    /// Judges a refresh JWT. A replaced one is valid for the grace period.
    pub(super) fn judge(
        &mut self,
        token: Fingerprint,
        revoked: &BTreeSet<Fingerprint>,
        grace: Duration,
        now: Duration,
    ) -> Presentation {
        let Token { family, state } = *self.known(token);
        let is_kin = |other: &Fingerprint| self.tokens.get(other).is_some_and(|other| other.family == family);
        if revoked.contains(&token) || revoked.iter().any(is_kin) {
            return Presentation::Revoked;
        }
        match state {
            TokenState::Live => Presentation::Valid,
            TokenState::Used(at) if now.saturating_sub(at) < grace => Presentation::Valid,
            TokenState::Used(_) => Presentation::Reused,
            TokenState::Revoked => Presentation::Revoked,
        }
    }

    /// Replaces a refresh JWT by its successor. The grace period of one that was replaced before is not extended.
    pub(super) fn rotate(&mut self, token: Fingerprint, successor: Fingerprint, now: Duration) {
        let token = self.known(token);
        if let TokenState::Live = token.state {
            token.state = TokenState::Used(now);
        }
        let family = token.family;
        self.add(successor, family);
    }

    /// Adds a refresh JWT to the family of another, which stays valid.
    pub(super) fn join(&mut self, token: Fingerprint, other: Fingerprint) {
        let family = self.known(token).family;
        self.add(other, family);
    }

    /// Revokes every known refresh JWT of the family.
    pub(super) fn revoke_family_of(&mut self, token: Fingerprint) {
        let family = self.known(token).family;
        for token in self.tokens.values_mut().filter(|token| token.family == family) {
            token.state = TokenState::Revoked;
        }
    }

    fn known(&mut self, token: Fingerprint) -> &mut Token {
        let families = &mut self.families;
        self.tokens.entry(token, || {
            *families += 1;
            Token { family: *families, state: TokenState::Live }
        })
    }

    fn add(&mut self, token: Fingerprint, family: u64) {
        self.tokens.entry(token, || Token { family, state: TokenState::Live });
    }
}

/// About 5 MB. One that is forgotten counts as the first of a family when it is presented again.
const TOKENS_MAX: usize = 100_000;

#[cfg(test)]
mod tests {
    use super::*;

    const A: Fingerprint = Fingerprint::new([1; 8]);
    const B: Fingerprint = Fingerprint::new([2; 8]);
    const C: Fingerprint = Fingerprint::new([3; 8]);
    const GRACE: Duration = Duration::from_secs(10);

    fn judge(families: &mut Families, token: Fingerprint, seconds: u64) -> Presentation {
        families.judge(token, &BTreeSet::new(), GRACE, Duration::from_secs(seconds))
    }

    #[test]
    fn a_replaced_one_is_valid_for_the_grace_period_only() {
        let mut families = Families::new();
        families.rotate(A, B, Duration::from_secs(5));
        assert_eq!(judge(&mut families, A, 14), Presentation::Valid);
        families.rotate(A, C, Duration::from_secs(14));
        assert_eq!(judge(&mut families, A, 15), Presentation::Reused);
        assert_eq!(judge(&mut families, B, 15), Presentation::Valid);
        assert_eq!(judge(&mut families, C, 15), Presentation::Valid);
    }

    #[test]
    fn a_revoked_family_leaves_the_others_alone() {
        let mut families = Families::new();
        families.rotate(A, B, Duration::ZERO);
        assert_eq!(judge(&mut families, C, 1), Presentation::Valid);
        families.revoke_family_of(A);
        assert_eq!(judge(&mut families, B, 1), Presentation::Revoked);
        assert_eq!(judge(&mut families, C, 1), Presentation::Valid);
    }

    #[test]
    fn a_revoked_ancestor_revokes_its_successors() {
        let mut families = Families::new();
        families.rotate(A, B, Duration::ZERO);
        families.join(B, C);
        let mut judge = |token| families.judge(token, &BTreeSet::from([A]), GRACE, Duration::ZERO);
        assert_eq!(
            (judge(A), judge(B), judge(C)),
            (Presentation::Revoked, Presentation::Revoked, Presentation::Revoked)
        );
    }
}
