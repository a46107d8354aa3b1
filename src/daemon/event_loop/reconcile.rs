//! Who is kept fresh: what the configuration and the key folders want, and how the daemon gets there.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio::{sync::Semaphore, task};
use tracing::{debug, info, warn};

use super::Daemon;
use crate::{
    clock,
    config::{Credential, KeyDirectory},
    daemon::{
        credential_state::{CredentialState, OutputState},
        reconcile::{Listing, Reconciled},
    },
    offline,
    output::{self, Address, Locks, Output, Swept},
    renewal::{Event, Id, Moment, OnExpiry},
};

impl Daemon {
    /// What should be kept fresh, as far as is known.
    pub(super) fn desired(&self) -> Vec<Credential> {
        let names = |folder: &Path| self.listings.get(folder).map_or(&[][..], |listing| &listing.names);
        offline::desired(&self.config, names)
    }

    /// Takes in what the key folders hold. A folder that cannot be listed takes nobody away: its keys are missing until it
    /// is back.
    pub(super) fn listed(&mut self, directories: HashMap<PathBuf, Result<Vec<String>, String>>) {
        let mut changed = false;
        for (path, result) in directories {
            let listing = self.listings.entry(path.clone()).or_default();
            match result {
                Ok(names) if listing.seen && listing.names == names => listing.trouble = None,
                Ok(names) => {
                    *listing = Listing { seen: true, names, trouble: None };
                    changed = true;
                    self.say_left_out(&path);
                }
                Err(why) => {
                    if listing.trouble.as_ref() != Some(&why) {
                        warn!("waiting for keys: {why}");
                        listing.trouble = Some(why);
                        self.note_change();
                    }
                }
            }
        }
        if changed {
            let desired = self.desired();
            self.reconcile(desired);
        }
    }

    /// Forgets folders that the configuration no longer names.
    pub(super) fn forget_other_folders(&mut self) {
        let named: HashSet<&Path> = self.config.key_directories.iter().map(|folder| folder.path.as_path()).collect();
        self.listings.retain(|path, _| named.contains(path.as_path()));
    }

    /// Makes the members what is wanted: now, or once no file is being written that another member may come to own.
    pub(super) fn reconcile(&mut self, desired: Vec<Credential>) {
        if self.is_being_written(&desired) {
            self.wanted = Some(desired);
            return;
        }
        self.wanted = None;
        let reconciled = self.apply(desired);
        if reconciled != Reconciled::default() {
            let Reconciled { added, changed, removed } = reconciled;
            debug!(credentials = self.names.len(), added, changed, removed, "credentials reconciled");
            self.note_change();
            self.scan_disk();
            self.forget_who_left_long_ago();
        }
        self.follow();
    }

    /// Tries again what a write stood in the way of.
    pub(super) fn reconcile_deferred(&mut self) {
        if let Some(desired) = self.wanted.take() {
            self.reconcile(desired);
        }
    }

    /// Drops a credential for good. Its record stays for a while: see [`crate::state::Ledger::sweep`].
    pub(super) fn forget(&mut self, id: Id) {
        let now = clock::now();
        let Some(kept) = self.kept.remove(&id) else { return };
        self.tasks.stop(id);
        for output in &kept.credential.outputs {
            output.release(&self.locks);
        }
        let spacing = kept.credential.policy.spacing;
        let name = kept.credential.name.clone();
        self.names.remove(&name);
        self.overdue.remove(&id);
        self.verifier.forget(id);
        self.event_log.forget(id);
        if let Some(past) = self.fleet.remove(now, id) {
            self.last_exchanges.insert(name, (past, now + spacing));
        }
    }

    /// Clears away what is remembered of those who left long ago, once it is known who there is.
    fn forget_who_left_long_ago(&self) {
        let listed = |folder: &KeyDirectory| self.listings.get(&folder.path).is_some_and(|listing| listing.seen);
        if !self.config.key_directories.iter().all(listed) {
            return;
        }
        let members: HashSet<String> = self.names.keys().cloned().collect();
        let (context, now) = (Arc::clone(&self.context), clock::wall());
        task::spawn_blocking(move || match context.ledger.sweep(&members, now) {
            Ok(0) => {}
            Ok(swept) => debug!(swept, "forgot credentials that left long ago"),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => debug!("cannot clear folder `{}`: {error}", context.ledger.folder().display()),
        });
    }

    fn is_being_written(&self, desired: &[Credential]) -> bool {
        let desired: HashMap<&str, &Credential> =
            desired.iter().map(|credential| (credential.name.as_str(), credential)).collect();
        self.tasks.writing().filter_map(|id| self.kept.get(&id)).any(|kept| {
            let wanted = desired.get(kept.credential.name.as_str());
            wanted.is_none_or(|wanted| wanted.outputs != kept.credential.outputs)
        })
    }

    fn apply(&mut self, desired: Vec<Credential>) -> Reconciled {
        let mut reconciled = Reconciled::default();
        let wanted: HashSet<&str> = desired.iter().map(|credential| credential.name.as_str()).collect();
        let claimed: HashSet<Address> = desired.iter().flat_map(Credential::addresses).collect();
        let gone: Vec<Id> =
            self.names.iter().filter(|(name, _)| !wanted.contains(name.as_str())).map(|(_, id)| *id).collect();
        for id in gone {
            reconciled.removed += usize::from(self.retire(id, &claimed));
        }
        let new_to_their_files = desired.iter().filter(|credential| self.is_new_to_its_files(credential));
        sweep(&new_to_their_files.collect::<Vec<_>>(), &self.locks);
        for credential in desired {
            match self.names.get(&credential.name).copied() {
                None => {
                    self.admit(credential);
                    reconciled.added += 1;
                }
                Some(id) => reconciled.changed += usize::from(self.change(id, credential)),
            }
        }
        reconciled
    }

    fn is_new_to_its_files(&self, credential: &Credential) -> bool {
        let kept = self.names.get(&credential.name).and_then(|id| self.kept.get(id));
        kept.is_none_or(|kept| kept.credential.outputs != credential.outputs)
    }

    fn admit(&mut self, credential: Credential) {
        let (past, _) = self.last_exchanges.remove(&credential.name).unwrap_or_default();
        let id = self.fleet.add(credential.policy, past);
        self.names.insert(credential.name.clone(), id);
        self.kept.insert(id, CredentialState::new(clock::now(), credential));
    }

    /// Renewals stop and the files stay; but where they are to go when the session ends, the credential lingers until
    /// then, unless somebody else has claimed them. Answers whether it left just now.
    fn retire(&mut self, id: Id, claimed: &HashSet<Address>) -> bool {
        let now = clock::now();
        let (Some(kept), Some(renewal)) = (self.kept.get_mut(&id), self.fleet.get(id)) else { return false };
        let removes = kept.credential.policy.on_expiry == OnExpiry::Remove && renewal.on_disk().is_some();
        let lingers = removes && !kept.credential.addresses().any(|address| claimed.contains(&address));
        let left = !kept.draining;
        if lingers {
            kept.draining = true;
            self.tasks.stop(id);
            self.fleet.handle(now, id, Event::KeyVanished);
        } else {
            self.forget(id);
        }
        left
    }

    /// Answers whether anything changed. What did not keeps its timers.
    fn change(&mut self, id: Id, credential: Credential) -> bool {
        let now = clock::now();
        let Some(kept) = self.kept.get_mut(&id) else { return false };
        let returns = std::mem::take(&mut kept.draining);
        let before = std::mem::replace(&mut kept.credential, Arc::new(credential));
        let after = Arc::clone(&kept.credential);
        if returns {
            kept.observed = None;
        }
        if before.key_file != after.key_file {
            kept.observed = None;
            // A read of the old file that hangs is nothing to the new one.
            kept.reading = Arc::new(Semaphore::new(1));
        }
        if before.outputs != after.outputs {
            let stays = |output: &Output| after.outputs.iter().any(|kept| kept.is_same_claim(output));
            for output in before.outputs.iter().filter(|output| !stays(output)) {
                output.release(&self.locks);
            }
            kept.outputs = vec![OutputState::default(); after.outputs.len()];
            kept.hooks.outputs_changed();
            self.fleet.handle(now, id, Event::OutputsChanged);
        }
        if before.hooks != after.hooks {
            kept.hooks.change(after.hooks.len());
        }
        if before.policy != after.policy {
            self.fleet.set_policy(now, id, after.policy);
        }
        if before.options != after.options {
            self.fleet.handle(now, id, Event::RenewRequested);
        }
        returns || before != after
    }

    fn follow(&mut self) {
        let mut folders: BTreeSet<PathBuf> =
            self.config.key_directories.iter().map(|directory| directory.path.clone()).collect();
        let files =
            self.kept.values().map(|kept| &kept.credential.key_file).map(PathBuf::as_path).chain(self.reloader.file());
        folders.extend(files.filter_map(|file| file.parent()).map(Path::to_path_buf));
        self.inputs.follow(folders);
        self.arm_outputs();
    }

    /// Says which files of a key folder make no credential, and why.
    fn say_left_out(&self, folder: &Path) {
        let directories = self.config.key_directories.iter().filter(|directory| directory.path == folder);
        let files = self.listings.get(folder).map_or(&[][..], |listing| &listing.names);
        for (directory, file) in directories.flat_map(|directory| files.iter().map(move |file| (directory, file))) {
            let path = folder.join(file);
            match directory.credential(file) {
                Err(why) => warn!("no credential for `{}`: {why}", path.display()),
                Ok(credential) => match self.config.named_rival(&credential) {
                    Some(rival) if rival.key_file == path => {}
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

    /// Says it once when every required token is on disk for the first time. It is asked after every write of thousands,
    /// so whoever was missing last time is looked at first.
    pub(super) fn announce_ready(&mut self) {
        let now = clock::now();
        let is_missing = |(id, kept): (Id, &CredentialState)| self.lacks_its_token(id, kept, now);
        let last_missing = self.event_log.last_missing().and_then(|id| Some((id, self.kept.get(&id)?)));
        if self.event_log.is_ready_logged() || last_missing.is_some_and(is_missing) {
            return;
        }
        let missing = self.first_unready(now);
        self.event_log.note_missing(missing);
    }

    /// Whether every required token is on disk and lives, as far as the loop knows without looking.
    pub(super) fn is_ready(&self, now: Moment) -> bool {
        self.first_unready(now).is_none() && self.unseen_folders().is_empty()
    }

    /// Key folders of which it is not known what is in them, one line for each: until then nobody knows what is required.
    pub(super) fn unseen_folders(&self) -> Vec<String> {
        let unseen = |folder: &Path| match self.listings.get(folder) {
            Some(listing) if listing.seen => None,
            Some(Listing { trouble: Some(why), .. }) => Some(format!("waiting for keys: {why}")),
            Some(_) | None => Some(format!("key folder `{}` was not looked at yet", folder.display())),
        };
        self.config.key_directories.iter().filter_map(|directory| unseen(&directory.path)).collect()
    }

    /// One whose token is required and not on disk or not alive. The last are looked at first, as they come last.
    fn first_unready(&self, now: Moment) -> Option<Id> {
        self.members().rev().find(|(id, kept)| self.lacks_its_token(*id, kept, now)).map(|(id, _)| id)
    }

    pub(super) fn lacks_its_token(&self, id: Id, kept: &CredentialState, now: Moment) -> bool {
        let serves = self.fleet.get(id).is_some_and(|renewal| renewal.serves(now));
        kept.credential.required && !kept.draining && !serves
    }

    /// Those that are kept fresh, by name.
    pub(super) fn members(&self) -> impl DoubleEndedIterator<Item = (Id, &CredentialState)> {
        let kept = |id: &Id| self.kept.get(id).map(|kept| (*id, kept));
        self.names.values().filter_map(kept).filter(|(_, kept)| !kept.draining)
    }
}

fn sweep(credentials: &[&Credential], locks: &Locks) {
    let Swept { removed, failed } = output::sweep(credentials.iter().flat_map(|credential| &credential.outputs), locks);
    if removed > 0 {
        info!(files = removed, "swept what an earlier crash left");
    }
    for error in failed {
        warn!("{error}");
    }
}
