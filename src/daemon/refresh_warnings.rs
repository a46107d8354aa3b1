//! When to warn about refresh tokens that end soon, each once.

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, SystemTime},
};

use crate::{
    fingerprint::Fingerprint,
    renewal::{Id, Moment},
};

/// The warnings that were logged, and those that are due later.
#[derive(Debug, Default)]
pub(super) struct RefreshWarnings {
    logged: HashSet<EndingToken>,
    due: HashMap<Id, Moment>,
}

/// A refresh token, by its mount and its end.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct EndingToken {
    pub(super) mount: Fingerprint,
    pub(super) ends_at: SystemTime,
}

impl RefreshWarnings {
    /// Notes the token that a credential presents, if its end is known. Returns whether to warn about it now; if not, it is
    /// due `warn_before` its end.
    pub(super) fn note(
        &mut self,
        id: Id,
        token: Option<EndingToken>,
        warn_before: Duration,
        now: Moment,
        wall: SystemTime,
    ) -> bool {
        self.due.remove(&id);
        let Some(token) = token else { return false };
        if ends_within(token.ends_at, warn_before, wall) {
            if self.logged.len() == LOGGED_MAX {
                self.logged.clear();
            }
            return self.logged.insert(token);
        }
        let left = token.ends_at.duration_since(wall).unwrap_or_default().saturating_sub(warn_before);
        self.due.insert(id, now + left);
        false
    }

    /// When the next warning is due.
    pub(super) fn due(&self) -> Option<Moment> {
        self.due.values().copied().min()
    }

    /// The credentials whose warning is due.
    pub(super) fn all_due(&self, now: Moment) -> Vec<Id> {
        self.due.iter().filter(|(_, due)| now >= **due).map(|(id, _)| *id).collect()
    }

    /// Forgets a credential.
    pub(super) fn forget(&mut self, id: Id) {
        self.due.remove(&id);
    }
}

/// Whether a token ends within `warn_before`, or has ended.
pub(super) fn ends_within(ends_at: SystemTime, warn_before: Duration, wall: SystemTime) -> bool {
    ends_at.duration_since(wall).is_ok_and(|left| left <= warn_before) || ends_at <= wall
}

/// The limit of remembered warnings.
const LOGGED_MAX: usize = 4096;

#[cfg(test)]
mod tests {
    use std::{num::NonZeroUsize, time::UNIX_EPOCH};

    use super::*;
    use crate::renewal::{Fleet, LastExchange, OriginId, Policy};

    fn ids() -> [Id; 2] {
        let mut fleet = Fleet::new(NonZeroUsize::MIN, 1);
        [(); 2].map(|()| fleet.add(OriginId::default(), Policy::default(), LastExchange::default()))
    }

    fn token(mount: u8, ends_at: u64) -> EndingToken {
        EndingToken { mount: Fingerprint::new([mount; 8]), ends_at: wall(ends_at) }
    }

    fn wall(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn at(seconds: u64) -> Moment {
        Moment::since_boot(Duration::from_secs(seconds))
    }

    const LEAD: Duration = Duration::from_secs(100);

    #[test]
    fn each_ending_token_is_warned_about_once() {
        let ([a, b], mut warnings) = (ids(), RefreshWarnings::default());
        assert!(warnings.note(a, Some(token(1, 1100)), LEAD, at(5), wall(1000)));
        assert!(!warnings.note(a, Some(token(1, 1100)), LEAD, at(6), wall(1001)));
        assert!(warnings.note(b, Some(token(2, 900)), LEAD, at(6), wall(1001)), "that one has ended");
        assert!(
            warnings.note(a, Some(token(1, 1150)), LEAD, at(60), wall(1055)),
            "a rotated one has an end of its own"
        );
        assert_eq!(warnings.due(), None);
    }

    #[test]
    fn a_warning_is_due_when_the_lead_begins() {
        let ([a, b], mut warnings) = (ids(), RefreshWarnings::default());
        assert!(!warnings.note(a, Some(token(1, 1101)), LEAD, at(5), wall(1000)));
        assert!(!warnings.note(b, Some(token(2, 1200)), LEAD, at(5), wall(1000)));
        assert_eq!((warnings.due(), warnings.all_due(at(5))), (Some(at(6)), vec![]));
        assert_eq!(warnings.all_due(at(6)), [a]);
        assert!(warnings.note(a, Some(token(1, 1101)), LEAD, at(6), wall(1001)));
        assert_eq!(warnings.due(), Some(at(105)));
        warnings.forget(b);
        assert_eq!(warnings.due(), None);
    }

    #[test]
    fn a_new_token_takes_the_warning_of_the_old_one_back() {
        let ([a, _], mut warnings) = (ids(), RefreshWarnings::default());
        warnings.note(a, Some(token(1, 1200)), LEAD, at(5), wall(1000));
        assert!(!warnings.note(a, None, LEAD, at(6), wall(1001)), "its end is unknown");
        assert_eq!(warnings.due(), None);
    }
}
