//! The signature: whether the project's public keys are available, and whether they or pinned ones verify the granted
//! sessions.

use super::{
    edge::{EdgeAnswer, EdgeProbe},
    exchange_probe::{DryOutcome, ExchangeProbe},
    finding::Finding,
};
use crate::{
    config::Credential,
    exchange::{Refused, SignatureStatus},
};

/// Judges the signatures of the granted sessions; `first` is the answer to the request for the public keys,
/// if one was made.
pub(super) fn findings(
    exchanges: &[ExchangeProbe],
    first: Option<&EdgeProbe>,
    credentials: &[Credential],
) -> Vec<Finding> {
    let has_keys = first.is_some_and(|first| first.answer == EdgeAnswer::Keys);
    let is_pinned = |name: &str| {
        let named = credentials.iter().find(|credential| credential.name == name);
        named.is_some_and(|credential| credential.source.public_key_file.is_some())
    };
    let (mut verified, mut pinned, mut is_any_of_another_issuer, mut others) = (0, 0, false, Vec::new());
    for ExchangeProbe { credential, outcome, .. } in exchanges {
        let DryOutcome::Granted { signature, .. } = outcome else { continue };
        match signature {
            Ok(SignatureStatus::Verified) if is_pinned(credential) => pinned += 1,
            Ok(SignatureStatus::Verified) => verified += 1,
            Ok(SignatureStatus::NotApplicable) => is_any_of_another_issuer = true,
            Ok(SignatureStatus::Unverified { why }) if has_keys => {
                others.push(Finding::remark(SUBJECT, format!("{credential}: {why}")));
            }
            Ok(SignatureStatus::Unverified { why }) => {
                others.push(Finding::failed(SUBJECT, format!("{credential}: {why}")));
            }
            Err(Refused { message, .. }) => {
                let remedy = "is `baseUrl` that of the project, and is there a proxy in between?";
                others.push(Finding::failed(SUBJECT, format!("{credential}: {message}; {remedy}")));
            }
        }
    }
    for (count, keys) in [(pinned, "a key of `publicKeyFile`"), (verified, "a key that the project publishes")] {
        if count > 0 {
            let what = if count == 1 { "the session is" } else { "the sessions are" };
            others.insert(0, Finding::passed(SUBJECT, format!("{what} signed by {keys}")));
        }
    }
    if others.is_empty() {
        let finding = if is_any_of_another_issuer {
            Finding::skipped(SUBJECT, "no token names the project as its issuer")
        } else if has_keys {
            Finding::skipped(SUBJECT, "no session was granted; the project's public keys are available")
        } else {
            Finding::skipped(SUBJECT, "there was neither a session nor a public key")
        };
        others.push(finding);
    }
    others
}

const SUBJECT: &str = "signature";
