//! Verifies the signatures of sessions that were published before the public keys could be fetched.

use std::sync::Arc;

use tracing::{debug, error, info, warn};

use super::Daemon;
use crate::{
    clock,
    daemon::{
        tasks::{Done, Task},
        verifier::SignatureChange,
    },
    exchange::{Refused, SignatureStatus},
    renewal::{Event, Id},
    session::Session,
};

impl Daemon {
    /// Logs the signature of a new session, if it is news.
    pub(super) fn note_signature(&mut self, id: Id, status: SignatureStatus) {
        let Some(state) = self.credentials.get(id) else { return };
        match self.verifier.note(id, status) {
            SignatureChange::FirstUnverified(why) => {
                warn!("{why}; sessions are published unverified until then, as TLS vouches for them");
            }
            SignatureChange::AnotherUnverified(why) => debug!(credential = state.name(), "{why}"),
            SignatureChange::AllVerified => info!("the signature of every session is verified"),
            SignatureChange::None => {}
        }
    }

    /// Verifies again. [`crate::exchange::Trust`] decides how often the host is asked for its public keys.
    pub(super) fn verify_published_sessions(&mut self) {
        if self.tasks.is_under_way(Task::Judge) {
            return;
        }
        // The project's public keys say nothing about a session that pinned keys must sign.
        let session = |id: Id| {
            let state = self.credentials.get(id).filter(|state| state.credential().source.public_key_file.is_none())?;
            state.token().session().cloned().map(|session| (id, session))
        };
        let unverified: Vec<_> = self.verifier.unverified().filter_map(session).collect();
        if unverified.is_empty() {
            return;
        }
        let context = Arc::clone(&self.context);
        self.tasks.start(Task::Judge, async move {
            let mut verdicts = Vec::with_capacity(unverified.len());
            for (id, session) in unverified {
                let verdict = context.trust.judge(context.clients.api(), &session.jwt, clock::now()).await;
                verdicts.push((id, session, verdict));
            }
            Done::Judged(verdicts)
        });
    }

    /// Takes the results. A session that the project did not sign is renewed.
    pub(super) fn judged(&mut self, verdicts: Vec<(Id, Arc<Session>, Result<SignatureStatus, Refused>)>) {
        for (id, session, verdict) in verdicts {
            let Some(state) = self.credentials.get(id) else { continue };
            let is_current = state.token().session().is_some_and(|newest| Arc::ptr_eq(newest, &session));
            if !is_current {
                continue;
            }
            match verdict {
                Ok(status) => self.note_signature(id, status),
                Err(refused) => {
                    self.verifier.forget(id);
                    let name = state.name();
                    error!(
                        credential = name,
                        "the token on disk cannot be trusted, a new one is requested: {}", refused.message
                    );
                    self.fleet.handle(clock::now(), id, Event::SessionOutdated);
                }
            }
        }
    }
}
