//! What a person should do about a credential's trouble.

use super::{credential_state::CredentialState, disk_scan::Observation};
use crate::{
    renewal::{Moment, Renewal},
    status::Wording,
};

/// The most pressing thing, if there is anything that a person can do. What heals by itself has none until a token is in
/// danger.
pub(super) fn of(kept: &CredentialState, renewal: &Renewal, now: Moment) -> Option<String> {
    let source = &kept.credential.source;
    if let Some(Observation::NoKey { .. }) = kept.observed {
        return Some(source.missing_remedy());
    }
    if let Some(holder) = &kept.standby {
        return Some(holder.clone());
    }
    if let Some(refusal) = kept.refusals.last() {
        let remedy = Wording::of(refusal.class).remedy;
        return Some(remedy.map_or_else(|| source.denied_remedy(), str::to_owned));
    }
    if renewal.is_in_conflict() {
        return Some("find who else writes the output, and stop it".to_owned());
    }
    if renewal.serves(now) {
        return None;
    }
    kept.outputs.iter().find_map(|output| output.error.as_ref())?.remedy.clone()
}
