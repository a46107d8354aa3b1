//! What an earlier process left of a credential: its record and its token.

use crate::{
    config::Credential,
    exchange::ProjectId,
    fingerprint::Fingerprint,
    output::{self, Content, Output},
    session::{Claims, Jwt, Session},
    state::{Ledger, LoadError, Record, WrittenToken},
};

/// What an earlier process left of a credential.
#[derive(Debug)]
pub struct PriorState {
    /// Its record; `None` if there is none.
    pub record: Result<Option<Record>, LoadError>,
    /// The session, if its token is the one that was written, and whether every output is as it should be.
    pub session: Option<(Session, bool)>,
}

/// Looks up the record of a credential and the token of that record. `request` is today's request: a token of another one is
/// not looked for. Changes nothing. Blocks on the disk.
pub fn load_prior_state(
    credential: &Credential,
    project: &ProjectId,
    request: Fingerprint,
    ledger: &Ledger,
) -> PriorState {
    let record = ledger.load(&credential.name);
    let written = match &record {
        Ok(Some(record)) if record.request == request => record.written.as_ref(),
        Ok(_) | Err(_) => None,
    };
    let session = written.and_then(|written| {
        let session = session(&credential.outputs, written)?;
        let (name, project) = (credential.name.as_str(), project.as_str());
        let content = Content { session: &session, credential: name, project, times: written.times };
        let intact = output::are_intact(&credential.outputs, &content);
        Some((session, intact))
    });
    PriorState { record, session }
}

/// The session of an earlier process. Its claims were checked when it was granted; here it only has to be a JWT.
fn session(outputs: &[Output], written: &WrittenToken) -> Option<Session> {
    let jwt = output::find(outputs, written.token)?;
    let claims = Jwt::parse(jwt.expose()).ok().map(|jwt| Claims::of(&jwt, written.key_id.as_deref()))?;
    Some(Session { jwt, grant: written.term.grant, claims })
}
