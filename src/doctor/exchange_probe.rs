//! What a dry exchange brought.

use std::time::Duration;

use crate::{
    exchange::{Refused, SignatureStatus},
    fingerprint::Fingerprint,
    offline::NotRecorded,
    renewal::Grant,
    session::GrantNote,
};

/// One exchange as it went. There is nothing of the session in here.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct ExchangeProbe {
    pub(super) credential: String,
    pub(super) key: Option<Fingerprint>,
    pub(super) time: Duration,
    pub(super) outcome: DryOutcome,
    /// Whether the state directory tells of it; `None` if there was nothing to tell.
    pub(super) noted: Option<Result<(), NotRecorded>>,
}

/// How an exchange ended.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum DryOutcome {
    Granted {
        grant: Grant,
        notes: Vec<GrantNote>,
        /// What the project's public keys say.
        standing: Result<SignatureStatus, Refused>,
    },
    Refused(Refused),
    /// There was none, because of this.
    NotAsked(String),
}

impl ExchangeProbe {
    pub(super) fn not_asked(credential: &str, because: &str) -> Self {
        let outcome = DryOutcome::NotAsked(because.to_owned());
        Self { credential: credential.to_owned(), key: None, time: Duration::ZERO, outcome, noted: None }
    }
}
