//! Reconciles the credentials with the configuration and the key folders.

use std::{
    collections::{BTreeSet, HashMap},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use tracing::{debug, info, warn};

use super::Daemon;
use crate::{
    blocking::{self, Lane},
    clock,
    config::{Credential, KeyDirectory},
    daemon::{
        credential_state::{CredentialState, Reconfigured},
        reconciler::{FolderChange, ReconcilePlan},
    },
    offline::{self, KeyFile},
    output::{self, Locks, Output, Swept},
    renewal::{Event, Id, OnExpiry},
    source::{self, ListError},
};

impl Daemon {
    /// Takes the listings of the key folders. A folder that cannot be listed removes no credential: its keys are
    /// missing until it is back.
    pub(super) fn listed(&mut self, directories: HashMap<PathBuf, Result<Vec<KeyFile>, ListError>>) {
        let mut changed = false;
        for (folder, listed) in directories {
            match self.reconciler.folders_mut().note(&folder, listed) {
                FolderChange::Listed => {
                    changed = true;
                    self.log_left_out(&folder);
                }
                FolderChange::Failed(why) => {
                    warn!("waiting for keys: {why}");
                    self.note_change();
                }
                FolderChange::None => {}
            }
        }
        if changed {
            self.reconcile();
        }
    }

    /// Makes the credentials what is desired: now, or once no file is being written that another credential may come to
    /// own.
    pub(super) fn reconcile(&mut self) {
        let desired = self.reconciler.desired(&self.config);
        self.reconcile_to(desired);
    }

    /// Tries again after a write has ended.
    pub(super) fn reconcile_deferred(&mut self) {
        if let Some(desired) = self.reconciler.take_deferred() {
            self.reconcile_to(desired);
        }
    }

    fn reconcile_to(&mut self, desired: Vec<Credential>) {
        let Some(plan) = self.reconciler.plan(desired, &self.credentials, self.tasks.writing()) else { return };
        let reconciled = self.carry_out(plan);
        if reconciled != Reconciled::default() {
            let Reconciled { added, changed, removed } = reconciled;
            debug!(credentials = self.credentials.len(), added, changed, removed, "credentials reconciled");
            self.keep_generations();
            self.note_change();
            self.scan_disk();
            self.sweep_state_files();
        }
        self.follow();
    }

    fn carry_out(&mut self, plan: ReconcilePlan) -> Reconciled {
        let mut reconciled = Reconciled::default();
        for id in plan.retired() {
            reconciled.removed += usize::from(self.retire(*id, &plan));
        }
        sweep_outputs(plan.with_new_outputs(&self.credentials), self.access.locks());
        for (id, credential) in plan.into_desired() {
            match id {
                None => {
                    self.admit(credential);
                    reconciled.added += 1;
                }
                Some(id) => reconciled.changed += usize::from(self.change(id, credential)),
            }
        }
        reconciled
    }

    /// Removes a credential. Its state file stays for a while: see [`crate::state::Ledger::sweep`].
    pub(super) fn forget(&mut self, id: Id) {
        let now = clock::now();
        let Some(state) = self.credentials.remove(id) else { return };
        self.tasks.stop(id);
        self.refresh_warnings.forget(id);
        Self::store_kept_secret_of(&state);
        for output in &state.credential().outputs {
            output.release(self.access.locks());
        }
        self.verifier.forget(id);
        self.monitor.forget(id);
        self.monitor.index_mut().remove(id, &state.credential().outputs);
        self.event_log.forget(id);
        if let Some(last_exchange) = self.fleet.remove(now, id) {
            let until = now + state.credential().policy.spacing;
            self.reconciler.keep_last_exchange(state.name().to_owned(), last_exchange, until);
        }
    }

    /// Removes the state files of credentials that were removed long ago, once every key folder is listed and the state directory
    /// is claimed.
    pub(super) fn sweep_state_files(&self) {
        let is_unlisted = |folder: &KeyDirectory| self.reconciler.folders().why_unlisted(&folder.path).is_some();
        if self.config.key_directories.iter().any(is_unlisted) {
            return;
        }
        let Some(ledger) = self.context.state.ledger() else { return };
        self.sweep_refresh_tokens();
        let (names, now) = (self.credentials.names(), clock::wall());
        blocking::submit(Lane::State, move || match ledger.sweep(&names, now) {
            Ok(0) => {}
            Ok(swept) => debug!(swept, "forgot credentials that were removed long ago"),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => debug!("cannot clear folder `{}`: {error}", ledger.folder().display()),
        });
    }

    fn admit(&mut self, credential: Credential) {
        let last_exchange = self.reconciler.take_last_exchange(&credential.name);
        let origin = self.reconciler.origins_mut().number(credential.source.origin(&self.context.api));
        let id = self.fleet.add(origin, credential.policy, last_exchange);
        self.monitor.index_mut().insert(id, &credential.outputs);
        self.credentials.insert(id, CredentialState::new(clock::now(), credential));
    }

    /// Stops the renewals of a credential; its files stay. If `onExpiry` removes them, the credential drains until its
    /// session ends, unless another credential writes to them. Returns whether it stopped just now.
    fn retire(&mut self, id: Id, plan: &ReconcilePlan) -> bool {
        let now = clock::now();
        let (Some(state), Some(renewal)) = (self.credentials.get_mut(id), self.fleet.get(id)) else { return false };
        let removes = state.credential().policy.on_expiry == OnExpiry::Remove
            && renewal.on_disk().is_some()
            && state.holder().is_none();
        let drains = removes && !plan.claims_output_of(state.credential());
        let stopped = !state.is_draining();
        if drains {
            state.drain();
            self.tasks.stop(id);
            self.fleet.handle(now, id, Event::KeyVanished);
        } else {
            self.forget(id);
        }
        stopped
    }

    /// Gives a credential new settings. Returns whether anything changed; timers of unchanged settings stay.
    fn change(&mut self, id: Id, credential: Credential) -> bool {
        let now = clock::now();
        let Some(state) = self.credentials.get_mut(id) else { return false };
        let Reconfigured { before, returns } = state.reconfigure(credential);
        let after = Arc::clone(state.credential());
        let origin = self.reconciler.origins_mut().number(after.source.origin(&self.context.api));
        self.fleet.move_to(now, id, origin);
        if before.outputs != after.outputs {
            self.monitor.index_mut().remove(id, &before.outputs);
            self.monitor.index_mut().insert(id, &after.outputs);
            let stays = |output: &Output| after.outputs.iter().any(|other| other.is_same_claim(output));
            for output in before.outputs.iter().filter(|output| !stays(output)) {
                output.release(self.access.locks());
            }
            self.fleet.handle(now, id, Event::OutputsChanged);
        }
        if before.policy != after.policy {
            self.fleet.set_policy(now, id, after.policy);
        }
        if self.context.request(&before) != self.context.request(&after) {
            self.fleet.handle(now, id, Event::SessionOutdated);
        }
        self.note_serving(id, now);
        returns || before != after
    }

    fn follow(&mut self) {
        let mut folders: BTreeSet<PathBuf> =
            self.config.key_directories.iter().map(|directory| directory.path.clone()).collect();
        let secret_files = self.credentials.all().flat_map(|(_, state)| state.credential().source.files());
        let files = secret_files.map(|file| file.path).chain(self.reloader.file()).chain(self.config.http.tls_files());
        folders.extend(files.filter_map(Path::parent).map(Path::to_path_buf));
        self.inputs.follow(folders);
        self.arm_outputs();
    }

    /// Logs the files of a key folder that make no credential.
    fn log_left_out(&self, folder: &Path) {
        let directories = self.config.key_directories.iter().filter(|directory| directory.path == folder);
        let files = self.reconciler.folders().files(folder);
        let notes = directories.clone().flat_map(|directory| offline::key_folder_notes(directory, files));
        let empty = files.is_empty().then(|| source::empty_credentials(folder)).flatten();
        for note in empty.into_iter().chain(notes).take(LINES_MAX) {
            warn!("{note}");
        }
        let selected = directories.flat_map(|directory| {
            let files = files.iter().filter(|file| file.may_be_a_key()).map(|file| file.name.as_str());
            files.filter(|file| directory.selection.selects(file)).map(move |file| (directory, file))
        });
        for (directory, file) in selected {
            let path = folder.join(file);
            match directory.credential(file) {
                Err(why) => warn!("no credential for `{}`: {why}", path.display()),
                Ok(credential) => match self.config.conflicting_credential(&credential) {
                    Some(rival) if rival.source.files() == credential.source.files() => {}
                    Some(rival) => warn!(
                        "no credential for `{}`: credential `{}` of the configuration has its name or its output",
                        path.display(),
                        rival.name
                    ),
                    None => {}
                },
            }
        }
    }
}

/// How many credentials a reconciliation added, changed and removed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Reconciled {
    added: usize,
    changed: usize,
    removed: usize,
}

fn sweep_outputs<'c>(credentials: impl Iterator<Item = &'c Credential>, locks: &Locks) {
    let Swept { removed, failed } = output::sweep(credentials.flat_map(|credential| &credential.outputs), locks);
    if removed > 0 {
        info!(files = removed, "removed what an earlier crash left");
    }
    for error in failed {
        warn!("{error}");
    }
}

/// More lines than a person reads.
const LINES_MAX: usize = 20;
