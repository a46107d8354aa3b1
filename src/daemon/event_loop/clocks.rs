//! Compares the boot clock with the wall clock, and reports tokens whose age they disagree on.

use tracing::warn;

use super::Daemon;
use crate::{
    clock,
    daemon::span,
    renewal::{ClocksDisagree, Id, Moment},
};

impl Daemon {
    /// Compares the two clocks, before anything else is decided. The comparison is that of a start.
    pub(super) fn compare_clocks(&mut self) {
        let now = clock::now();
        if !self.fleet.compare_clocks(clock::stamp_of(now)) {
            return;
        }
        let ids: Vec<_> = self.credentials.ids().collect();
        for id in &ids {
            self.note_state(*id, now);
        }
        self.notice_doubts(&ids, now);
    }

    /// Logs the tokens that the clocks began to disagree on, all in one line and each token once.
    pub(super) fn notice_doubts(&mut self, ids: &[Id], now: Moment) {
        let mut doubted = Vec::new();
        for id in ids {
            let (Some(state), Some(renewal)) = (self.credentials.get_mut(*id), self.fleet.get(*id)) else { continue };
            let Some(term) = renewal.on_disk().filter(|_| renewal.doubt(now).is_some()) else { continue };
            if state.log_mut().note_doubt(term.sent) {
                state.log_mut().note_event(ClocksDisagree.to_string());
                doubted.push((*id, term.older_by));
            }
        }
        let Some((first, older_by)) = doubted.first().copied() else { return };
        let older_by = span::words(older_by);
        let name = self.credentials.get(first).map(|state| state.name().to_owned());
        match doubted.len() {
            1 => warn!(
                credential = name,
                older_by,
                "{ClocksDisagree} on disk; this machine stood still, or its clock was set; a new session is requested"
            ),
            tokens => warn!(
                tokens,
                older_by,
                "clocks disagree on the age of tokens on disk; this machine stood still, or its clock was set; new sessions \
                 are requested"
            ),
        }
    }
}
