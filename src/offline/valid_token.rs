//! The valid token of one credential on disk, judged by its record and the clock, or why there is none.

use super::prior_state::{PriorState, load_prior_state};
use crate::{
    config::{Config, Credential},
    renewal::{ClocksDisagree, RecalledSession, Stamp},
    session::Session,
    state::{Ledger, LoadError, WrittenToken},
};

/// A valid token that at least one output holds.
pub(super) struct ValidToken {
    pub(super) session: Session,
    pub(super) written: WrittenToken,
    /// Whether every output has the expected content.
    pub(super) is_intact: bool,
}

/// Why no output holds a valid token.
#[derive(Debug, thiserror::Error)]
pub enum NoValidToken {
    /// This user may not read the record.
    #[error("{0}; run this as the user that tokenwell runs as, or let the daemon serve its status (`status.listen`)")]
    Forbidden(LoadError),
    /// The record cannot be read.
    #[error("{0}")]
    Unreadable(LoadError),
    /// There is no record.
    #[error("no exchange was made yet")]
    NoExchange,
    /// The configuration asks for other sessions than the one on disk.
    #[error("the token on disk was requested with other settings than the configuration has")]
    OtherSettings,
    /// Every exchange was refused.
    #[error("no session was granted yet{}", .refusal.as_deref().map(|refusal| format!(": {refusal}")).unwrap_or_default())]
    NoSession {
        /// Class and reason of the last refusal.
        refusal: Option<String>,
    },
    /// No output holds the token of the record.
    #[error("{0}")]
    NotOnDisk(String),
    /// It is unknown whether the token has expired.
    #[error("{0}")]
    Doubtful(ClocksDisagree),
    /// The token has expired.
    #[error("the token has expired")]
    Expired,
}

/// Returns the valid token of a credential. Blocks on the disk.
pub(super) fn valid_token(
    config: &Config,
    credential: &Credential,
    ledger: &Ledger,
    now: Stamp,
) -> Result<ValidToken, NoValidToken> {
    let request = credential.source.request_fingerprint(&config.api());
    let PriorState { record, session } = load_prior_state(credential, &config.project, request, ledger);
    let record = match record {
        Err(why) if why.is_forbidden() => return Err(NoValidToken::Forbidden(why)),
        Err(why) => return Err(NoValidToken::Unreadable(why)),
        Ok(None) => return Err(NoValidToken::NoExchange),
        Ok(Some(record)) => record,
    };
    if record.request != request {
        return Err(NoValidToken::OtherSettings);
    }
    let recalled = record.memory().recall(now, &credential.policy, &mut fastrand::Rng::new()).session;
    let Some(written) = record.written else {
        let refusal = record.refusal.map(|refusal| format!("{}: {}", refusal.class(), refusal.message()));
        return Err(NoValidToken::NoSession { refusal });
    };
    let Some((session, is_intact)) = session else {
        return Err(NoValidToken::NotOnDisk(without_token(credential)));
    };
    match recalled {
        Some(RecalledSession::Doubtful) => Err(NoValidToken::Doubtful(ClocksDisagree)),
        Some(RecalledSession::Known(term)) if !term.is_valid_at(now.moment) => Err(NoValidToken::Expired),
        Some(RecalledSession::Known(_)) | None => Ok(ValidToken { session, written, is_intact }),
    }
}

fn without_token(credential: &Credential) -> String {
    match credential.outputs.as_slice() {
        [output] => format!("`{}` does not hold the token that was written last", output.name()),
        outputs => format!("none of {} holds the token that was written last", super::listed::listed(outputs)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_refusal_is_a_part_of_the_reason() {
        let text = |refusal: Option<&str>| NoValidToken::NoSession { refusal: refusal.map(str::to_owned) }.to_string();
        assert_eq!(text(None), "no session was granted yet");
        assert_eq!(text(Some("denied: no such key")), "no session was granted yet: denied: no such key");
    }
}
