//! The signature: whether the project's public keys are available, and verify the granted sessions.

use super::{
    edge::{EdgeAnswer, EdgeProbe},
    exchange_probe::{DryOutcome, ExchangeProbe},
    finding::Finding,
};
use crate::exchange::{Refused, SignatureStatus};

/// Judges the signatures of the granted sessions; `first` is the answer to the request for the public keys.
pub(super) fn findings(exchanges: &[ExchangeProbe], first: &EdgeProbe) -> Vec<Finding> {
    let (mut verified, mut others) = (0, Vec::new());
    for ExchangeProbe { credential, outcome, .. } in exchanges {
        let DryOutcome::Granted { signature, .. } = outcome else { continue };
        match signature {
            Ok(SignatureStatus::Verified) => verified += 1,
            Ok(SignatureStatus::NotApplicable) => {}
            Ok(SignatureStatus::Unverified { why }) if first.answer == EdgeAnswer::Keys => {
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
    if verified > 0 {
        let what = if verified == 1 { "the session is" } else { "the sessions are" };
        others.insert(0, Finding::passed(SUBJECT, format!("{what} signed by a key that the project publishes")));
    }
    if others.is_empty() {
        let finding = match &first.answer {
            EdgeAnswer::Keys => {
                Finding::skipped(SUBJECT, "no session was granted; the project's public keys are available")
            }
            EdgeAnswer::SomethingElse | EdgeAnswer::Refused(_) | EdgeAnswer::None(_) => {
                Finding::skipped(SUBJECT, "there was neither a session nor a public key")
            }
        };
        others.push(finding);
    }
    others
}

const SUBJECT: &str = "signature";
