//! State of a credential from an earlier process: its record and its token.

use crate::{
    config::Credential,
    exchange::ProjectId,
    fingerprint::Fingerprint,
    output::{self, Content, Output},
    session::{Claims, Session},
    state::{Ledger, LoadError, Record, WrittenToken},
};

/// State of a credential from an earlier process.
#[derive(Debug)]
pub struct PriorState {
    /// Its record; `None` if there is none.
    pub record: Result<Option<Record>, LoadError>,
    /// The session, if an output holds its token, and whether every output has the expected content.
    pub session: Option<(Session, bool)>,
}

/// Loads the record of a credential and the token of that record. `request` identifies the configured request: a token of
/// another request is ignored. Changes nothing. Blocks on the disk.
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
        let intact = credential.outputs.iter().all(|output| is_intact(output, &content, written));
        Some((session, intact))
    });
    PriorState { record, session }
}

/// Whether an output holds this content as it should, or as its file system imposed when it was written. Blocks on the disk.
pub(super) fn is_intact(output: &Output, content: &Content<'_>, written: &WrittenToken) -> bool {
    output.is_intact(content, output.file().and_then(|file| written.imposed_on(file)))
}

/// Returns the session of an earlier process. Its claims were checked at the grant.
fn session(outputs: &[Output], written: &WrittenToken) -> Option<Session> {
    let jwt = output::find(outputs, written.token)?;
    let claims = Claims::of_token(jwt.expose(), written.key_id.as_deref());
    Some(Session { jwt, grant: written.term.grant, claims, fields: written.fields.clone() })
}
