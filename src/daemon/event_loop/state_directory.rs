//! The claim of the state directory: without it, this process works from memory.

use std::{path::PathBuf, sync::Arc};

use tracing::{info, warn};

use super::Daemon;
use crate::{
    blocking::{self, Lane},
    clock,
    config::OwnOutputs,
    daemon::state_access::{StateChange, StateClaim},
    exchange::Trust,
    renewal::Id,
    status::{self, Report},
};

impl Daemon {
    /// Takes note of a claim of the state directory.
    pub(super) fn state_claimed(&mut self, claim: StateClaim) {
        let change = Arc::make_mut(&mut self.context).state.note(claim);
        self.open_control();
        let directory = self.config.state_directory.display();
        match change {
            StateChange::None => return,
            StateChange::Claimed => {}
            StateChange::ClaimedWithoutLock(why) => {
                warn!(
                    "cannot lock state directory `{directory}`: {why}; another tokenwell that uses it goes unnoticed"
                );
            }
            StateChange::TakenOver => info!("state directory `{directory}` is free; taking it over"),
            StateChange::Lost(held) => {
                warn!(
                    "{held}; until it ends, this process keeps its state in memory, and a restart requests new sessions"
                );
            }
        }
        let is_usable = self.context.state.ledger().is_some();
        if is_usable {
            self.publisher.file().directory_claimed();
            let checked = Trust::check_cache(&self.config.state_directory);
            self.event_log.note_cached_keys(checked.err().map(|why| why.to_string()));
        }
        self.context.trust.cache_in(is_usable.then_some(&self.config.state_directory));
        if is_usable {
            self.take_over_shared_files();
            self.sweep_state_files();
        } else {
            self.publisher.file().directory_lost();
        }
        self.note_change();
    }

    /// Logs from where the state of a credential was taken over.
    pub(super) fn state_taken_over(&mut self, id: Id, places: &[PathBuf]) {
        let Some(state) = self.credentials.get(id) else { return };
        let directory = self.config.state_directory.display();
        for place in places {
            info!(credential = state.name(), "took over the state in `{}` into `{directory}`", place.display());
        }
        self.untaken.remove(state.name());
    }

    /// The state of a credential cannot be taken over now. Without it the credential is not looked up, so nothing is requested, and it
    /// is tried again soon.
    pub(super) fn state_not_taken_over(&mut self, id: Id, why: &str) {
        self.inputs.poll_soon(clock::now());
        let Some(state) = self.credentials.get(id) else { return };
        if self.untaken.insert(state.name().to_owned(), why.to_owned()).is_none_or(|before| before != why) {
            warn!(credential = state.name(), "{why}");
            self.note_change();
        }
    }

    /// Takes over what an earlier version kept beside the outputs for all credentials: the public keys. Removes the status file
    /// there, if it is of this configuration and its process has ended.
    fn take_over_shared_files(&self) {
        let Some(former) = self.config.former_state_directory.clone() else { return };
        self.context.trust.take_over(&former);
        let config = self.config.clone();
        blocking::submit(Lane::State, move || {
            let path = status::path_in(&former);
            let is_ours =
                |report: &Report| OwnOutputs::of(&config).are_some_in(report) && !status::is_writer_running(report);
            if status::read(&path).is_ok_and(|report| is_ours(&report)) {
                status::remove(&path);
                Trust::remove_cache(&former);
            }
        });
    }

    /// Stores what this process knows, after another one had the state directory.
    pub(super) fn store_all_records(&mut self) {
        let Some(ledger) = self.context.state.ledger() else { return };
        for id in self.credentials.ids().collect::<Vec<_>>() {
            if let (Some(record), Some(state)) = (self.record(id), self.credentials.get_mut(id)) {
                state.token_mut().note_written(record.written.clone());
                drop(state.records().store(&ledger, state.name(), record));
            }
        }
    }
}
