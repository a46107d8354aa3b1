//! Takes what a scan of the disk found: prior state, secrets, tokens, the configuration.

use tracing::{debug, info, warn};

use super::Daemon;
use crate::{
    clock,
    confine::Confinement,
    daemon::disk_scan::{DiskScan, Observation, ScannedSource},
    renewal::{Event, Id, Moment, Renewal},
    source::{ObservedSecrets, PresentedRefresh},
};

impl Daemon {
    /// Takes what a scan found; `None` if it was lost.
    pub(super) fn disk_scanned(&mut self, scan: Option<DiskScan>) {
        let now = clock::now();
        self.open_control();
        let again = self.inputs.ended(now, scan.is_none(), self.monitor.is_armed());
        if let Some(scan) = scan {
            if scan.is_partial {
                self.access.protect_also(scan.protected_keys);
                self.inputs.poll_soon(now);
            } else {
                self.access.protect(scan.protected_keys);
            }
            let was_state_held = self.context.state.holder().is_some();
            if let Some(claim) = scan.state {
                self.state_claimed(claim);
            }
            let mut tokens = Vec::new();
            for (source, observation) in &scan.observations {
                if let (Some(state), Some(identity)) = (self.credentials.get_mut(source.id), observation.identity()) {
                    state.key_mut().note_first(identity);
                }
            }
            for (id, found) in scan.found {
                tokens.push((id, found.token));
                self.found(id, found);
            }
            self.listed(scan.directories);
            let mut is_outdated = false;
            for (source, observation) in scan.observations {
                let ScannedSource { id, credential, version, .. } = source;
                let Some(state) = self.credentials.get(id) else { continue };
                // A reload may have named another source meanwhile.
                if state.credential().source != credential.source {
                    continue;
                }
                if state.key().version() == version {
                    self.observed(id, now, observation);
                } else {
                    is_outdated = true;
                }
            }
            if is_outdated {
                self.inputs.poll_soon(now);
            }
            for (id, token) in tokens {
                self.observe_token(id, now, token);
            }
            if was_state_held {
                self.store_all_records();
            }
            for missing in &scan.missing_sockets {
                self.restore_status_socket(missing);
                self.restore_control_socket(missing);
            }
            if let Some(files) = scan.tls_files {
                self.tls_files_scanned(files);
            }
            let news = scan.config.and_then(|digest| self.reloader.scanned(digest));
            if let Some(why) = news {
                self.load(why);
            }
        }
        if self.is_any_standing_by() || self.context.state.holder().is_some() {
            self.inputs.poll_soon(now);
        }
        self.arm_outputs();
        self.inspect_all();
        self.verify_published_sessions();
        if again {
            self.scan_disk();
        }
    }

    /// Takes an observation of a source. An exchange reads the source itself and may have found another key meanwhile,
    /// so an observation is no news only if the renewal has the same key.
    pub(super) fn observed(&mut self, id: Id, now: Moment, observation: Observation) {
        self.take_observation(id, now, observation);
        self.notice_refresh_token(id, now);
    }

    fn take_observation(&mut self, id: Id, now: Moment, observation: Observation) {
        let Some(state) = self.credentials.get_mut(id) else { return };
        let identity = observation.identity();
        let key = identity.map(|identity| identity.key);
        if let Observation::NoKey { may_pass_unseen: true, .. } = &observation {
            self.inputs.poll_soon(now);
        }
        let is_news = state.key().observed() != Some(&observation) || self.fleet.get(id).and_then(Renewal::key) != key;
        if state.is_draining() || !state.token().is_recalled() || !is_news {
            return;
        }
        let (name, noun) = (state.name().to_owned(), state.credential().source.noun());
        match (&observation, state.key().observed()) {
            (Observation::Key(observed), None) => {
                debug!(credential = name, key = %observed.identity.shown, "{noun} read");
            }
            (Observation::Key(observed), Some(Observation::Key(before)))
                if observed.identity.key == before.identity.key =>
            {
                debug!(credential = name, key = %observed.identity.shown, "{noun} replaced");
            }
            (Observation::Key(observed), Some(_)) => {
                info!(credential = name, key = %observed.identity.shown, "{noun} changed");
                state.log_mut().note_event(format!("{noun} changed"));
            }
            (Observation::NoKey { why, .. }, _) => {
                let why = Confinement::explained(self.reloader.confinement(), why.clone());
                let article = if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
                warn!(credential = name, "waiting for {article} {noun}: {why}");
                state.log_mut().note_event(format!("waits for its {noun}"));
            }
        }
        if let Observation::Key(ObservedSecrets {
            refresh: Some(PresentedRefresh { problem: Some(problem), .. }), ..
        }) = &observation
            && state.key().refresh().is_none_or(|(_, before)| before.problem.as_ref() != Some(problem))
        {
            warn!(credential = name, "{problem}");
        }
        let is_replaced = identity.is_some_and(|identity| state.key().is_replaced_by(identity));
        state.key_mut().observe(observation);
        self.fleet.handle(now, id, key.map_or(Event::KeyVanished, Event::KeyAppeared));
        if is_replaced {
            self.fleet.handle(now, id, Event::SecretReplaced);
        }
        self.note_state(id, now);
    }
}
