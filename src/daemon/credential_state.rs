//! The state of one credential beside its renewal.

mod counts;
mod credential_log;
mod key_state;
mod output_states;
mod token_generation;
mod token_state;

use std::{mem, sync::Arc};

pub(super) use self::{
    counts::ExchangeCounts,
    credential_log::{ConflictNews, CredentialLog},
    key_state::KeyState,
    output_states::OutputStates,
    token_generation::TokenGeneration,
    token_state::TokenState,
};
use super::{hook_runs::HookRuns, record_store::RecordStore};
use crate::{config::Credential, output::Output, renewal::Moment, state::WrittenToken};

/// One credential.
#[derive(Debug)]
pub(super) struct CredentialState {
    credential: Arc<Credential>,
    key: KeyState,
    token: TokenState,
    outputs: OutputStates,
    hooks: HookRuns,
    counts: ExchangeCounts,
    log: CredentialLog,
    records: RecordStore,
    /// The process that writes the outputs while this one stands by, in one line with the remedy.
    holder: Option<String>,
    /// Whether the configuration has removed the credential, and its files are removed when the session ends.
    is_draining: bool,
}

/// What new settings changed.
#[derive(Debug)]
pub(super) struct Reconfigured {
    /// The settings before.
    pub(super) before: Arc<Credential>,
    /// Whether the credential was draining.
    pub(super) returns: bool,
}

impl CredentialState {
    pub(super) fn new(now: Moment, credential: Credential) -> Self {
        Self {
            key: KeyState::new(),
            token: TokenState::default(),
            outputs: OutputStates::new(credential.outputs.len()),
            hooks: HookRuns::new(credential.hooks.len()),
            counts: ExchangeCounts::default(),
            log: CredentialLog::new(now),
            records: RecordStore::default(),
            holder: None,
            is_draining: false,
            credential: Arc::new(credential),
        }
    }

    /// The settings.
    pub(super) fn credential(&self) -> &Arc<Credential> {
        &self.credential
    }

    /// Stores its records.
    pub(super) fn records(&self) -> &RecordStore {
        &self.records
    }

    /// The name.
    pub(super) fn name(&self) -> &str {
        &self.credential.name
    }

    /// Replaces the settings. What is known of a key or of outputs that the new ones do not have is forgotten.
    pub(super) fn reconfigure(&mut self, credential: Credential) -> Reconfigured {
        let returns = mem::take(&mut self.is_draining);
        let before = mem::replace(&mut self.credential, Arc::new(credential));
        let after = &self.credential;
        if before.source.files() != after.source.files() {
            self.key = self.key.of_another_source();
        } else if returns {
            self.key.forget();
        }
        if before.outputs != after.outputs {
            let imposed_before = self.outputs.imposed();
            let imposed = |output: &Output| {
                let place = before.outputs.iter().position(|before| before.is_same_target(output))?;
                imposed_before.get(place).copied().flatten()
            };
            self.outputs.replace(after.outputs.iter().map(imposed));
            self.hooks.outputs_changed();
            self.token.outputs_changed();
        }
        if before.hooks != after.hooks {
            self.hooks.change(after.hooks.len());
        }
        Reconfigured { before, returns }
    }

    /// Takes over what file systems imposed on the outputs, as an earlier process recorded it.
    pub(super) fn adopt_imposed(&mut self, written: &WrittenToken) {
        let imposed = |output: &Output| output.file().and_then(|file| written.imposed_on(file)).copied();
        self.outputs.adopt_imposed(self.credential.outputs.iter().map(imposed));
    }

    /// Begins to drain: no renewal follows.
    pub(super) fn drain(&mut self) {
        self.is_draining = true;
    }

    /// Whether the credential drains.
    pub(super) fn is_draining(&self) -> bool {
        self.is_draining
    }

    /// Begins to stand by for the process that writes the outputs. Returns whether that is news.
    pub(super) fn stand_by(&mut self, holder: &str) -> bool {
        let is_news = self.holder.as_deref() != Some(holder);
        self.holder = Some(holder.to_owned());
        is_news
    }

    /// Ends to stand by. Returns whether it did.
    pub(super) fn end_standby(&mut self) -> bool {
        self.holder.take().is_some()
    }

    /// The process that writes the outputs, if it is another one, in one line with the remedy.
    pub(super) fn holder(&self) -> Option<&str> {
        self.holder.as_deref()
    }

    pub(super) fn key(&self) -> &KeyState {
        &self.key
    }

    pub(super) fn key_mut(&mut self) -> &mut KeyState {
        &mut self.key
    }

    pub(super) fn token(&self) -> &TokenState {
        &self.token
    }

    pub(super) fn token_mut(&mut self) -> &mut TokenState {
        &mut self.token
    }

    pub(super) fn outputs(&self) -> &OutputStates {
        &self.outputs
    }

    pub(super) fn outputs_mut(&mut self) -> &mut OutputStates {
        &mut self.outputs
    }

    pub(super) fn hooks(&self) -> &HookRuns {
        &self.hooks
    }

    pub(super) fn hooks_mut(&mut self) -> &mut HookRuns {
        &mut self.hooks
    }

    pub(super) fn counts(&self) -> &ExchangeCounts {
        &self.counts
    }

    pub(super) fn counts_mut(&mut self) -> &mut ExchangeCounts {
        &mut self.counts
    }

    pub(super) fn log(&self) -> &CredentialLog {
        &self.log
    }

    pub(super) fn log_mut(&mut self) -> &mut CredentialLog {
        &mut self.log
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        daemon::{credentials::tests::credential, disk_scan::Observation},
        output::Output,
    };

    fn without_key() -> Observation {
        Observation::NoKey { why: "no such file".to_owned(), remedy: None, may_pass_unseen: false }
    }

    #[test]
    fn new_settings_forget_only_what_they_replace() {
        let mut state = CredentialState::new(Moment::default(), credential("a"));
        state.key_mut().observe(without_key());
        let unchanged = state.reconfigure(credential("a"));
        assert!(!unchanged.returns && state.key().observed().is_some());
        let outputs = vec![Output::at("/out/x".into()), Output::at("/out/y".into())];
        let changed = state.reconfigure(Credential { outputs, ..credential("a") });
        assert_eq!((changed.before.outputs.len(), state.outputs().len()), (1, 2));
        assert!(state.key().observed().is_some());
    }

    #[test]
    fn a_credential_that_returns_reads_its_key_again() {
        let mut state = CredentialState::new(Moment::default(), credential("a"));
        state.key_mut().observe(without_key());
        state.drain();
        assert!(state.is_draining());
        assert!(state.reconfigure(credential("a")).returns);
        assert!(!state.is_draining() && state.key().observed().is_none());
    }

    #[test]
    fn each_holder_of_the_outputs_is_news_once() {
        let mut state = CredentialState::new(Moment::default(), credential("a"));
        assert!(!state.end_standby());
        assert!(state.stand_by("process 1") && !state.stand_by("process 1") && state.stand_by("process 2"));
        assert_eq!(state.holder(), Some("process 2"));
        assert!(state.end_standby() && state.holder().is_none());
    }
}
