//! The length of the tokens compared with what their readers take.

use std::collections::BTreeMap;

use super::{
    exchange_probe::{DryOutcome, ExchangeProbe},
    finding::{Finding, joined},
};

/// Reports each limit of readers that a granted token exceeds. Credentials with equal findings share a line.
pub(super) fn findings(exchanges: &[ExchangeProbe]) -> Vec<Finding> {
    let mut alike: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for ExchangeProbe { credential: name, outcome, .. } in exchanges {
        let DryOutcome::Granted { excesses, .. } = outcome else { continue };
        for excess in excesses {
            alike.entry(excess.to_string()).or_default().push(name);
        }
    }
    alike.into_iter().map(|(text, names)| Finding::remark(SUBJECT, text).of(&joined(&names))).collect()
}

const SUBJECT: &str = "length";
