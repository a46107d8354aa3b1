//! Refresh tokens: warns about those that end soon, and stores rotated ones that the disk did not take before.

use tracing::{debug, error, warn};

use super::Daemon;
use crate::{
    blocking::{self, Lane},
    clock,
    daemon::{advice, credential_state::CredentialState, refresh_warnings::EndingToken},
    renewal::{Id, Moment},
    source::{self, Reader},
};

impl Daemon {
    /// Warns about the refresh token that a credential presents, once, if it ends soon.
    pub(super) fn notice_refresh_token(&mut self, id: Id, now: Moment) {
        let Some(state) = self.credentials.get(id) else { return };
        let Some(warn_before) = state.credential().source.refresh_warn_before() else { return };
        let wall = clock::wall();
        let refresh = state.key().refresh();
        let token = refresh.and_then(|(mount, refresh)| Some(EndingToken { mount, ends_at: refresh.expires_at? }));
        if self.refresh_warnings.note(id, token, warn_before, now, wall)
            && let Some(EndingToken { ends_at, .. }) = token
        {
            let ends_at = humantime::format_rfc3339_seconds(ends_at);
            let remedy = advice::of_ending_refresh_token(state, wall);
            warn!(credential = state.name(), ends_at = %ends_at, "{}", remedy.unwrap_or_default());
            self.note_change();
        }
    }

    /// Warns about the refresh tokens whose warning is due.
    pub(super) fn notice_due_refresh_tokens(&mut self, now: Moment) {
        for id in self.refresh_warnings.all_due(now) {
            self.notice_refresh_token(id, now);
        }
    }

    /// Stores the rotated secrets that the disk did not take before, for the last time.
    pub(super) async fn store_kept_secrets(&self) {
        for (_, state) in self.credentials.all() {
            if let Some((reader, name)) = kept_by(state) {
                blocking::submit(Lane::State, move || store_kept(&reader, &name)).await;
            }
        }
    }

    /// Does the same for a credential that is removed.
    pub(super) fn store_kept_secret_of(state: &CredentialState) {
        if let Some((reader, name)) = kept_by(state) {
            blocking::submit(Lane::State, move || store_kept(&reader, &name));
        }
    }

    /// Removes the rotated tokens of credentials that were removed long ago.
    pub(super) fn sweep_refresh_tokens(&self) {
        let (names, directory, now) = (self.credentials.names(), self.config.state_directory.clone(), clock::wall());
        blocking::submit(Lane::State, move || {
            match source::sweep_chains(&directory, |name| names.contains(name), now) {
                Ok(0) => {}
                Ok(swept) => debug!(swept, "removed refresh tokens of credentials that were removed long ago"),
                Err(error) => debug!("cannot clear the refresh tokens in `{}`: {error}", directory.display()),
            }
        });
    }
}

fn kept_by(state: &CredentialState) -> Option<(Reader, String)> {
    let rotates = state.credential().source.rotates();
    rotates.then(|| (state.key().reader().clone(), state.name().to_owned()))
}

fn store_kept(reader: &Reader, name: &str) {
    if let Err(why) = reader.store_kept() {
        error!(credential = name, "the newest refresh token is lost: {why}");
    }
}
