//! What follows a write: hooks run one round at a time for each credential, off the path of renewals.

use std::{path::Path, sync::Arc};

use tokio::task;
use tracing::{debug, info, warn};

use super::Daemon;
use crate::{
    clock,
    daemon::{
        credential_state::CredentialState,
        hook_runs::RunState,
        tasks::{Done, Task},
    },
    hook::{self, HookContext, HookOutcome, HookRun},
    output::Output,
    renewal::{Id, Moment, Renewal},
};

impl Daemon {
    /// A session has reached some of its files, or all. Files that are put right hold no news.
    pub(super) fn hooks_follow(&mut self, id: Id, sent: Moment, whole: bool) {
        let Some(kept) = self.kept.get_mut(&id) else { return };
        if kept.hooks.are_told(sent) || kept.draining {
            return;
        }
        let owes = kept.hooks.owe(sent);
        self.publisher.activity_mut().add_rotation();
        if whole {
            kept.hooks.told = Some(sent);
        }
        if !owes {
            return;
        }
        match kept.hooks.run_state {
            RunState::Idle => self.run_hooks(id),
            RunState::UnderWay | RunState::WantedAgain => kept.hooks.run_state = RunState::WantedAgain,
        }
    }

    fn run_hooks(&mut self, id: Id) {
        let Some(kept) = self.kept.get_mut(&id) else { return };
        let (Some(session), Some(told)) = (kept.session.clone(), kept.published_times) else { return };
        kept.hooks.run_state = RunState::UnderWay;
        let credential = Arc::clone(&kept.credential);
        let context = HookContext {
            credential: credential.name.clone(),
            path: credential.outputs.first().and_then(Output::file).map(Path::to_owned).unwrap_or_default(),
            expires_at: told.times().expires_at,
            session,
            key_file: credential.key_file.clone(),
            booted_at: clock::wall_of(Moment::default()),
        };
        let children = self.children.clone();
        self.tasks.start(Task::Hooks(id), async move {
            let mut rounds = Vec::with_capacity(credential.hooks.len());
            for hook in &credential.hooks {
                let ran = hook::run(hook, &context, &children).await;
                rounds.push((clock::now(), ran));
            }
            Done::HooksRan(rounds)
        });
    }

    /// A round of hooks has ended. One that panicked is not run again.
    pub(super) fn hooks_finished(&mut self, id: Id, rounds: Vec<(Moment, HookRun)>) {
        let Some(kept) = self.kept.get_mut(&id) else { return };
        for (n, (at, ran)) in rounds.into_iter().enumerate() {
            note(kept, n, at, ran);
        }
        let again = std::mem::take(&mut kept.hooks.run_state) == RunState::WantedAgain;
        if again {
            self.run_hooks(id);
        } else {
            self.remember_that_hooks_ran(id);
        }
    }

    /// Whether a hook is running.
    pub fn is_telling(&self) -> bool {
        self.kept.values().any(|kept| kept.hooks.run_state != RunState::Idle)
    }

    /// Hooks that an earlier process owed.
    pub(super) fn run_hooks_that_were_missed(&mut self, id: Id) {
        let on_disk = self.fleet.get(id).and_then(Renewal::on_disk);
        if let Some(term) = on_disk.filter(|term| term.is_valid_at(clock::now())) {
            self.hooks_follow(id, term.sent, true);
        }
    }

    /// From here on a restart does not run them again.
    fn remember_that_hooks_ran(&mut self, id: Id) {
        let Some(record) = self.record(id).filter(|record| record.written.as_ref().is_some_and(|w| !w.hooks_owed))
        else {
            return;
        };
        let Some(kept) = self.kept.get_mut(&id) else { return };
        if kept.written.as_ref().map(|written| written.token) != record.written.as_ref().map(|written| written.token) {
            // A newer session is being written, and its record says what it owes.
            return;
        }
        kept.written.clone_from(&record.written);
        let (context, credential) = (Arc::clone(&self.context), Arc::clone(&kept.credential));
        task::spawn_blocking(move || context.ledger.store(&credential.name, &record));
    }
}

fn note(kept: &mut CredentialState, n: usize, at: Moment, HookRun { outcome, printed }: HookRun) {
    let name = &kept.credential.name;
    let (Some(hook), Some(state)) = (kept.credential.hooks.get(n), kept.hooks.states.get_mut(n)) else { return };
    state.ran_at = Some(at);
    let hook = hook.to_string();
    let trouble = match outcome {
        HookOutcome::Done => {
            state.done += 1;
            debug!(credential = name, hook, printed, "hook done");
            None
        }
        HookOutcome::NoRecipient(why) => {
            state.done += 1;
            debug!(credential = name, hook, "nobody to tell: {why}");
            None
        }
        HookOutcome::Failed(why) => {
            state.failed += 1;
            Some(why)
        }
        HookOutcome::TimedOut(after) => {
            state.timed_out += 1;
            Some(format!("it took longer than {} and was stopped", humantime::format_duration(after)))
        }
    };
    match (&trouble, &state.error) {
        (Some(why), before) if before.as_ref() != Some(why) => {
            warn!(credential = name, hook, printed, "hook failed: {why}");
        }
        (Some(why), _) => debug!(credential = name, hook, printed, "hook failed again: {why}"),
        (None, Some(_)) => info!(credential = name, hook, "hook works again"),
        (None, None) => {}
    }
    state.error = trouble;
}
