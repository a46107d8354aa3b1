//! What readers are told of a session's life.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::Daemon;
use crate::{
    clock,
    renewal::{Id, Moment, Term},
    session::Times,
};

/// What was told of one plan of one session. It stays the same to the second however often the session is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct PublishedTimes {
    sent: Moment,
    renew: Moment,
    times: Times,
}

impl PublishedTimes {
    pub(super) fn new(term: Term, times: Times) -> Self {
        Self { sent: term.sent, renew: term.renew, times }
    }

    /// What was told last.
    pub(super) fn times(&self) -> Times {
        self.times
    }

    /// What was told of this very plan.
    pub(super) fn of(&self, term: Term) -> Option<Times> {
        (self.sent == term.sent && self.renew == term.renew).then_some(self.times)
    }
}

impl Daemon {
    /// What readers are told of the newest session; `None` if there is none.
    pub(super) fn times(&mut self, id: Id) -> Option<Times> {
        let (kept, term) = (self.kept.get_mut(&id)?, self.fleet.get(id)?.held()?);
        let claims = &kept.session.as_ref()?.claims;
        if let Some(times) = kept.published_times.and_then(|told| told.of(term)) {
            return Some(times);
        }
        let times = Times {
            issued_at: whole(claims.issued_at.unwrap_or_else(|| clock::wall_of(term.sent))),
            expires_at: whole(claims.expires_at.unwrap_or_else(|| clock::wall_of(term.expires()))),
            renew_at: whole(clock::wall_of(term.renew)),
        };
        kept.published_times = Some(PublishedTimes::new(term, times));
        Some(times)
    }
}

/// Whole seconds: more would be noise to readers.
fn whole(time: SystemTime) -> SystemTime {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    UNIX_EPOCH + Duration::from_secs(since.as_secs())
}
