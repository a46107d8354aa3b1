//! The claim of the state directory: without it, this process works from memory.

use std::sync::Arc;

use tracing::{info, warn};

use super::Daemon;
use crate::daemon::state_access::{StateChange, StateClaim};

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
        self.context.trust.cache_in(is_usable.then_some(&self.config.state_directory));
        if is_usable {
            self.sweep_state_files();
        }
        self.note_change();
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
