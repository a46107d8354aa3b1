//! The times that readers are given with the newest session.

use super::Daemon;
use crate::{
    clock,
    daemon::published_times::{PublishedTimes, whole},
    renewal::Id,
    session::Times,
};

impl Daemon {
    /// What readers are told of the newest session; `None` if there is none.
    pub(super) fn times(&mut self, id: Id) -> Option<Times> {
        let (kept, term) = (self.credentials.get_mut(id)?, self.fleet.get(id)?.held()?);
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
