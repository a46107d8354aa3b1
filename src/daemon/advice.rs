//! What a person should do about a credential's trouble.

use super::{credential_state::CredentialState, disk_scan::Observation};
use crate::{
    renewal::{Moment, Renewal},
    source::Source,
};

/// The most pressing thing, if there is anything that a person can do. What heals by itself has none until a token is in
/// danger.
pub(super) fn of(kept: &CredentialState, renewal: &Renewal, now: Moment) -> Option<String> {
    let source = &kept.credential.source;
    if let Some(Observation::NoKey { .. }) = kept.observed {
        return Some(source.missing_remedy());
    }
    if let Some(refusal) = kept.refusals.last()
        && let Some(advice) = about(refusal.class, source)
    {
        return Some(advice);
    }
    if renewal.is_in_conflict() {
        return Some("find who else writes the output, and stop it".to_owned());
    }
    // The error of a write says itself what to do.
    let written = kept.outputs.iter().filter(|_| !renewal.serves(now)).find_map(|output| output.error.as_deref());
    written.and_then(|error| error.split_once("; ")).map(|(_, remedy)| remedy.to_owned())
}

fn about(class: &str, source: &Source) -> Option<String> {
    let advice = match class {
        "denied" => return Some(source.denied_remedy()),
        "blocked" => Some(
            "something in front of Descope's API refuses this machine: ask who runs the proxy or firewall on the way to let \
             it through",
        ),
        "garbled" => Some("look whether `baseUrl` is Descope's API and `projectId` the key's project"),
        "unreachable" => Some(
            "look whether this machine reaches the API: DNS, network, `HTTPS_PROXY`, and the CA roots (`http.caFile`)",
        ),
        "failed" => Some("nothing here, if it heals soon: the API fails; else see Descope's status page"),
        "busy" => Some("nothing, if it is rare: the API asks to slow down; else have fewer requests from this address"),
        _ => None,
    };
    advice.map(str::to_owned)
}
