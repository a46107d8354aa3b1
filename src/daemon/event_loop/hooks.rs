//! Runs the hooks after a write: one run at a time for each credential, and without delaying renewals.

use std::{path::Path, sync::Arc};

use tracing::{debug, info, warn};

use super::Daemon;
use crate::{
    clock,
    daemon::{
        credential_state::CredentialState,
        hook_runs::{AfterWrite, HookChange},
        tasks::{Done, Task},
    },
    hook::{self, HookContext, HookOutcome, HookRun},
    output::Output,
    renewal::{Id, Moment, Renewal},
};

impl Daemon {
    /// Runs the hooks of a credential after a write of a session; `whole` says whether every output holds it. Files
    /// that were only repaired are no news.
    pub(super) fn hooks_follow(&mut self, id: Id, sent: Moment, whole: bool) {
        let Some(state) = self.credentials.get_mut(id).filter(|state| !state.is_draining()) else { return };
        match state.hooks_mut().written(sent, whole) {
            AfterWrite::SameSession => {}
            AfterWrite::NewSession => self.publisher.activity_mut().add_rotation(),
            AfterWrite::RunHooks => {
                self.publisher.activity_mut().add_rotation();
                self.run_hooks(id);
            }
        }
    }

    fn run_hooks(&mut self, id: Id) {
        let Some(state) = self.credentials.get_mut(id) else { return };
        let (Some(session), Some(times)) = (state.token().session().cloned(), state.token().last_times()) else {
            return;
        };
        state.hooks_mut().begin();
        let credential = Arc::clone(state.credential());
        let context = HookContext {
            credential: credential.name.clone(),
            path: credential.outputs.first().and_then(Output::file).map(Path::to_owned).unwrap_or_default(),
            expires_at: times.expires_at,
            session,
            source: credential.source.clone(),
            booted_at: clock::wall_of(Moment::default()),
        };
        let children = self.processes.children().clone();
        self.tasks.start(Task::Hooks(id), async move {
            let mut rounds = Vec::with_capacity(credential.hooks.len());
            for hook in &credential.hooks {
                let ran = hook::run(hook, &context, &children).await;
                rounds.push((clock::now(), ran));
            }
            Done::HooksRan(rounds)
        });
    }

    /// Handles the end of a run. A run that panicked is not repeated.
    pub(super) fn hooks_finished(&mut self, id: Id, rounds: Vec<(Moment, HookRun)>) {
        let Some(state) = self.credentials.get_mut(id) else { return };
        for (n, (at, ran)) in rounds.into_iter().enumerate() {
            note(state, n, at, ran);
        }
        if state.hooks_mut().end() {
            self.run_hooks(id);
        } else {
            self.remember_that_hooks_ran(id);
        }
    }

    /// Whether a hook is running.
    pub fn is_telling(&self) -> bool {
        self.credentials.all().any(|(_, state)| state.hooks().are_running())
    }

    /// Runs the hooks that an earlier process missed.
    pub(super) fn run_hooks_that_were_missed(&mut self, id: Id) {
        let on_disk = self.fleet.get(id).and_then(Renewal::on_disk);
        if let Some(term) = on_disk.filter(|term| term.is_valid_at(clock::now())) {
            self.hooks_follow(id, term.sent, true);
        }
    }

    /// Records that the hooks ran, so that a restart does not repeat them.
    fn remember_that_hooks_ran(&mut self, id: Id) {
        let Some(record) = self.record(id).filter(|record| record.written.as_ref().is_some_and(|w| !w.hooks_owed))
        else {
            return;
        };
        let Some(state) = self.credentials.get_mut(id) else { return };
        if state.token().written().map(|written| written.token) != record.written.as_ref().map(|written| written.token)
        {
            // A newer session is being written, and its record says whether its hooks must run.
            return;
        }
        state.token_mut().note_written(record.written.clone());
        if let Some(ledger) = self.context.state.ledger() {
            drop(state.records().store(&ledger, state.name(), record));
        }
    }
}

fn note(state: &mut CredentialState, n: usize, at: Moment, HookRun { outcome, printed }: HookRun) {
    let name = state.name().to_owned();
    let Some(hook) = state.credential().hooks.get(n).map(ToString::to_string) else { return };
    match &outcome {
        HookOutcome::Done => debug!(credential = name, hook, printed, "hook done"),
        HookOutcome::NoRecipient(why) => debug!(credential = name, hook, "no recipient: {why}"),
        HookOutcome::Failed(_) | HookOutcome::TimedOut(_) => {}
    }
    match state.hooks_mut().note(n, at, outcome) {
        HookChange::Failed(why) => warn!(credential = name, hook, printed, "hook failed: {why}"),
        HookChange::FailedAgain(why) => debug!(credential = name, hook, printed, "hook failed again: {why}"),
        HookChange::Recovered => info!(credential = name, hook, "hook works again"),
        HookChange::None => {}
    }
}
