//! The remedy that the status shows for a credential.

use std::time::SystemTime;

use super::{credential_state::CredentialState, refresh_warnings::ends_within};
use crate::{
    clock,
    renewal::{Moment, Renewal},
    status::Wording,
};

/// The most urgent remedy, if a person can do anything. An error that may heal by itself has none while a token is
/// valid.
pub(super) fn of(state: &CredentialState, renewal: &Renewal, now: Moment) -> Option<String> {
    let source = &state.credential().source;
    if state.key().error().is_some() {
        return Some(state.key().remedy().map_or_else(|| source.missing_remedy(), str::to_owned));
    }
    if let Some(holder) = state.holder() {
        return Some(holder.to_owned());
    }
    if let Some(refusal) = state.log().refusals().last() {
        let remedy = refusal.remedy.clone().or_else(|| source.refused_remedy(refusal.class));
        return remedy.or_else(|| Wording::of(refusal.class).remedy.map(str::to_owned));
    }
    if renewal.is_in_conflict() {
        return Some("find who else writes the output, and stop it".to_owned());
    }
    let of_output = || state.outputs().first_remedy().map(str::to_owned).filter(|_| !renewal.serves(now));
    of_output().or_else(|| of_refresh_token(state, clock::wall()))
}

/// The remedy for a refresh token that is not the mounted one, or that ends soon.
fn of_refresh_token(state: &CredentialState, wall: SystemTime) -> Option<String> {
    let problem = state.key().refresh().and_then(|(_, refresh)| refresh.problem.clone());
    problem.or_else(|| of_ending_refresh_token(state, wall))
}

/// The remedy for a refresh token that ends soon; `None` if it does not.
pub(super) fn of_ending_refresh_token(state: &CredentialState, wall: SystemTime) -> Option<String> {
    let source = &state.credential().source;
    let ends_at = state.key().refresh()?.1.expires_at?;
    if !ends_within(ends_at, source.refresh_warn_before()?, wall) {
        return None;
    }
    let ends = if ends_at <= wall { "has ended at" } else { "ends at" };
    let time = humantime::format_rfc3339_seconds(ends_at);
    Some(format!("the refresh token {ends} {time}; {}", source.sign_in_remedy()?))
}
