//! From process to process: what an earlier one left is taken over, what this one does is remembered.

use std::{sync::Arc, time::UNIX_EPOCH};

use serde_json::json;
use tracing::{info, warn};

use super::{
    Daemon, clock,
    exchange_effect::Host,
    span,
    survey::{Found, Newcomer},
};
use crate::{
    exchange::LoginOptions,
    fingerprint::Fingerprint,
    renewal::{Id, Renewal, WrittenTerm},
    secret::Secret,
    session::{Claims, Jwt, Session},
    state::{Record, WrittenToken},
};

impl Daemon {
    /// Those of whom it was not looked yet what an earlier process left.
    pub(super) fn newcomers(&self) -> Vec<Newcomer> {
        let newcomer = |(id, kept): (Id, &super::Kept)| Newcomer {
            id,
            credential: Arc::clone(&kept.credential),
            request: self.host.request(&kept.credential.options),
        };
        self.members().filter(|(_, kept)| !kept.recalled).map(newcomer).collect()
    }

    /// Takes over what an earlier process left of a credential. Whatever is odd costs one exchange.
    pub(super) fn recall(&mut self, id: Id, found: Found) {
        let now = clock::now();
        let Some(kept) = self.kept.get_mut(&id) else { return };
        kept.recalled = true;
        let name = kept.credential.name.clone();
        let record = match found.record {
            Ok(Some(record)) => record,
            Ok(None) => return,
            Err(why) => {
                warn!(credential = name, "{why}; a new session is asked for");
                return;
            }
        };
        kept.asked = Some(record.asked);
        let mut memory = record.memory();
        let mut intact = false;
        match (record.written, found.token) {
            (Some(written), Some((token, whole))) => {
                intact = whole;
                kept.session = session(token, &written).map(Arc::new);
                if !written.verified {
                    self.unverified.insert(id);
                }
                kept.written = Some(written);
            }
            (Some(_), None) if record.request != self.host.request(&kept.credential.options) => {
                memory.written = None;
                info!(credential = name, "the token on disk was asked for otherwise; a new session is asked for");
            }
            (Some(_), None) => {
                memory.written = None;
                warn!(credential = name, "the token that was written is gone or altered; a new session is asked for");
            }
            (None, _) => {}
        }
        self.fleet.adopt(clock::stamp_of(now), id, &memory, intact);
        let Some(term) = self.fleet.get(id).and_then(Renewal::held) else { return };
        let (expires_in, next_in) = (span::until(now, term.expires()), span::until(now, term.renew));
        if intact {
            info!(credential = name, key = %term.key, expires_in, next_in, "the token on disk is good");
        } else {
            warn!(credential = name, key = %term.key, expires_in, next_in, "the token on disk is good, but not as it should be; it is written again");
        }
        self.announce_ready();
    }

    /// What to remember once the newest session is written.
    pub(super) fn record(&self, id: Id) -> Option<Record> {
        let (kept, renewal) = (self.kept.get(&id)?, self.fleet.get(id)?);
        let (session, term) = (kept.session.as_ref()?, renewal.held()?);
        let written = WrittenToken {
            token: session.jwt.fingerprint(),
            term: WrittenTerm {
                key: term.key,
                sent: clock::stamp_of(term.sent),
                issued: session.claims.issued_at.and_then(|at| at.duration_since(UNIX_EPOCH).ok()),
                grant: term.grant,
                renew_after: term.renew - term.sent,
            },
            verified: !self.unverified.contains(&id),
            key_id: session.claims.key_id.clone(),
            outputs: kept.credential.outputs.iter().map(|output| output.path.clone()).collect(),
        };
        Some(Record {
            request: self.host.request(&kept.credential.options),
            asked: kept.asked?,
            written: Some(written),
        })
    }
}

impl Host {
    /// Of everything that makes a session what it is, besides the key.
    pub(super) fn request(&self, options: &LoginOptions) -> Fingerprint {
        let LoginOptions { custom_claims, selected_tenant } = options;
        let base = self.client.base().to_string();
        Secret::new(json!([self.project.as_str(), base, custom_claims, selected_tenant]).to_string()).fingerprint()
    }
}

/// The session of an earlier process. What it claims was looked at then; here it only has to be a JWT.
fn session(token: Secret, written: &WrittenToken) -> Option<Session> {
    let claims = Jwt::parse(token.expose()).ok().map(|jwt| Claims::of(&jwt, written.key_id.as_deref()))?;
    Some(Session { jwt: token, grant: written.term.grant, claims })
}
