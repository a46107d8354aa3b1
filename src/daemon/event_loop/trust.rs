//! Sessions whose signature could not be looked at when they came: said once, and caught up with.

use std::sync::Arc;

use tracing::{debug, error, info, warn};

use super::Daemon;
use crate::{
    clock,
    daemon::tasks::{Done, Task},
    exchange::{Refused, SignatureStatus},
    renewal::{Event, Id},
    session::Session,
};

impl Daemon {
    /// Notes how a new session stands.
    pub(super) fn note_standing(&mut self, id: Id, standing: SignatureStatus) {
        let Some(kept) = self.kept.get(&id) else { return };
        let name = &kept.credential.name;
        match standing {
            SignatureStatus::Verified => {
                if self.unverified.remove(&id) && self.unverified.is_empty() {
                    info!("the signature of every session is verified");
                }
            }
            SignatureStatus::Unverified { why } if self.unverified.is_empty() => {
                self.unverified.insert(id);
                warn!("{why}; sessions are published unverified until then, as TLS vouches for them");
            }
            SignatureStatus::Unverified { why } => {
                self.unverified.insert(id);
                debug!(credential = name, "{why}");
            }
        }
    }

    /// Tries again to look at the signatures of sessions that are published unverified. How often the host is asked for its
    /// keys is not decided here but by [`crate::exchange::Trust`].
    pub(super) fn catch_up_with_signatures(&mut self) {
        if self.unverified.is_empty() || self.tasks.is_under_way(Task::Judge) {
            return;
        }
        let session = |id: &Id| self.kept.get(id).and_then(|kept| kept.session.clone()).map(|session| (*id, session));
        let unverified: Vec<_> = self.unverified.iter().filter_map(session).collect();
        let context = Arc::clone(&self.context);
        self.tasks.start(Task::Judge, async move {
            let mut verdicts = Vec::with_capacity(unverified.len());
            for (id, session) in unverified {
                let verdict = context.trust.judge(&context.client, &session.jwt, clock::now()).await;
                verdicts.push((id, session, verdict));
            }
            Done::Judged(verdicts)
        });
    }

    /// Takes in what was found out. A session that is not signed by the project must not stay the newest.
    pub(super) fn judged(&mut self, verdicts: Vec<(Id, Arc<Session>, Result<SignatureStatus, Refused>)>) {
        for (id, session, verdict) in verdicts {
            let Some(kept) = self.kept.get(&id) else { continue };
            let is_current = kept.session.as_ref().is_some_and(|newest| Arc::ptr_eq(newest, &session));
            if !is_current {
                continue;
            }
            match verdict {
                Ok(standing) => self.note_standing(id, standing),
                Err(refused) => {
                    self.unverified.remove(&id);
                    let name = &kept.credential.name;
                    error!(
                        credential = name,
                        "the token on disk is not to be trusted, a new one is asked for: {}", refused.message
                    );
                    self.fleet.handle(clock::now(), id, Event::RenewRequested);
                }
            }
        }
    }
}
