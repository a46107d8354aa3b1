//! Result of a dry exchange.

use std::time::Duration;

use crate::{
    exchange::{Refused, SignatureStatus},
    fingerprint::Fingerprint,
    offline::NotRecorded,
    output::Excess,
    renewal::Grant,
    session::GrantNote,
};

/// Result of one dry exchange. Holds no part of the session.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct ExchangeProbe {
    pub(super) credential: String,
    pub(super) key: Option<Fingerprint>,
    pub(super) time: Duration,
    pub(super) outcome: DryOutcome,
    /// Whether it is recorded in the state directory; `None` if there was no exchange.
    pub(super) recorded: Option<Result<(), NotRecorded>>,
}

/// Outcome of a dry exchange.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum DryOutcome {
    Granted {
        grant: Grant,
        notes: Vec<GrantNote>,
        /// The limits of readers that the token exceeds.
        excesses: Vec<Excess>,
        /// Result of the verification with the project's public keys.
        signature: Result<SignatureStatus, Refused>,
    },
    Refused(Refused),
    /// No exchange was made, for this reason; the text follows the word "because".
    Skipped(String),
}

impl ExchangeProbe {
    pub(super) fn skipped_exchange(credential: &str, because: &str) -> Self {
        let outcome = DryOutcome::Skipped(because.to_owned());
        Self { credential: credential.to_owned(), key: None, time: Duration::ZERO, outcome, recorded: None }
    }
}
