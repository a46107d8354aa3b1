//! Reports accesses to files that hang, each once, and its end.

use std::path::Path;

use tracing::{info, warn};

use super::Daemon;
use crate::{
    blocking::{self, Access, Hang},
    clock,
    daemon::{
        credential_state::CredentialState,
        hang_monitor::{self, HangChanges, HangMonitor, NAMED_MAX},
    },
    output::Output,
    renewal::{Health, Id, Moment, Renewal},
};

impl Daemon {
    /// When to look next for accesses that hang.
    pub(super) fn hangs_due(&self) -> Option<Moment> {
        HangMonitor::due(clock::now(), blocking::next_hang_in(), !self.tasks.is_idle())
    }

    /// Looks which accesses hang.
    pub(super) fn notice_hangs(&mut self) {
        let now = clock::monotonic();
        let HangChanges { began, ended } = self.hangs.update(blocking::hangs());
        if began.is_empty() && ended.is_empty() {
            return;
        }
        for hang in began.iter().take(NAMED_MAX) {
            warn!("{}", hang_monitor::began(hang, now));
        }
        if began.len() > NAMED_MAX {
            warn!("and {} other files hang", began.len() - NAMED_MAX);
        }
        for hang in ended.iter().take(NAMED_MAX) {
            info!("{}", hang_monitor::ended(hang, now));
        }
        if ended.len() > NAMED_MAX {
            info!("and {} other files do not hang any more", ended.len() - NAMED_MAX);
        }
        for hang in began.iter().filter(|hang| hang.access() == Access::Write) {
            self.output_hangs(hang);
        }
        for hang in ended.iter().filter(|hang| hang.access() == Access::Write) {
            self.output_hangs_no_more(hang);
        }
        self.note_change();
    }

    /// Counts a write that hangs as failed, and says so in the status of its output.
    fn output_hangs(&mut self, hang: &Hang) {
        let now = clock::now();
        for (id, at) in self.outputs_at(hang.path()) {
            if let Some(state) = self.credentials.get_mut(id) {
                state.outputs_mut().note_hang(at, hang_monitor::hangs(hang));
                state.log_mut().note_event("cannot write");
                self.note_state(id, now);
            }
        }
    }

    /// The result of the write comes by itself; until then nothing is wrong.
    fn output_hangs_no_more(&mut self, hang: &Hang) {
        for (id, at) in self.outputs_at(hang.path()) {
            if let Some(state) = self.credentials.get_mut(id) {
                state.outputs_mut().end_hang(at, &hang_monitor::hangs(hang));
            }
        }
    }

    /// The credentials with an output at this path, and which output it is.
    fn outputs_at(&self, path: &Path) -> Vec<(Id, usize)> {
        let at = |(id, state): (Id, &CredentialState)| {
            Some((id, state.credential().outputs.iter().position(|output| output.file() == Some(path))?))
        };
        self.credentials.all().filter_map(at).collect()
    }

    /// The health of a credential. One whose files cannot be renewed because a write hangs is failing, although the core waits
    /// for that write.
    pub(super) fn health(&self, now: Moment, id: Id, renewal: &Renewal) -> Health {
        let health = renewal.health(now);
        let hangs = || {
            let outputs = self.credentials.get(id).map(|state| state.credential().outputs.as_slice());
            outputs.unwrap_or_default().iter().filter_map(Output::file).any(|file| self.hangs.is_writing(file))
        };
        if health == Health::Fresh && (self.monitor.unseen(id).is_some() || hangs()) { Health::Failing } else { health }
    }

    /// One line for each access that hangs, besides those that the status of an output tells.
    pub(super) fn hang_lines(&self) -> Vec<String> {
        let is_output = |path: &Path| {
            let mut outputs = self.credentials.all().flat_map(|(_, state)| &state.credential().outputs);
            outputs.any(|output| output.file() == Some(path))
        };
        self.hangs.lines(is_output)
    }
}
