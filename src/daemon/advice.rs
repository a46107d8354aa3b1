//! The remedy that the status shows for a credential.

use super::credential_state::CredentialState;
use crate::{
    renewal::{Moment, Renewal},
    status::Wording,
};

/// The most urgent remedy, if a person can do anything. An error that may heal by itself has none while a token is
/// valid.
pub(super) fn of(state: &CredentialState, renewal: &Renewal, now: Moment) -> Option<String> {
    let source = &state.credential().source;
    if state.key().error().is_some() {
        return Some(source.missing_remedy());
    }
    if let Some(holder) = state.holder() {
        return Some(holder.to_owned());
    }
    if let Some(refusal) = state.log().refusals().last() {
        let remedy = Wording::of(refusal.class).remedy;
        return Some(remedy.map_or_else(|| source.denied_remedy(), str::to_owned));
    }
    if renewal.is_in_conflict() {
        return Some("find who else writes the output, and stop it".to_owned());
    }
    if renewal.serves(now) {
        return None;
    }
    state.outputs().first_remedy().map(str::to_owned)
}
