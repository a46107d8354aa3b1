//! Reading the configuration again: a good one is applied, a bad one is refused whole and said.

use std::{mem, sync::Arc};

use tokio::task;
use tracing::{debug, error, info, warn};

use super::Daemon;
use crate::{
    clock,
    config::{Config, Digest, Loaded},
    confine::Confinement,
    daemon::{
        Source,
        exchange_effect::ExchangeContext,
        log_throttle::Emit,
        reloads::Why,
        tasks::{Done, Task},
    },
};

impl Daemon {
    /// Somebody asks for it.
    pub(super) fn say_reload_is_asked_for(&mut self, sender: &str) {
        let message = "asked to read the configuration again";
        match self.reloads.asked.note(clock::now(), message) {
            Emit::Now(suppressed) => info!(sender, suppressed, "{message}"),
            Emit::Suppress => debug!(sender, "{message}"),
        }
    }

    /// Reads the configuration again, off the loop; at once, or when the reading that is under way has ended.
    pub(super) fn load(&mut self, why: Why) {
        if !self.inputs.load.begin() {
            return;
        }
        self.announce_reloading(why);
        let (source, confinement) = (self.source.clone(), self.confinement.clone());
        self.tasks.start(Task::Load(why), async move {
            task::spawn_blocking(move || Done::Loaded(read(&source, confinement.as_ref()))).await.unwrap_or(Done::Lost)
        });
    }

    pub(super) fn loaded(&mut self, why: Why, loaded: Option<(Digest, Result<Loaded, String>)>) {
        let again = self.inputs.load.end();
        let (digest, loaded) = loaded.unzip();
        match loaded {
            Some(Ok(loaded)) => self.take_config(why, loaded),
            Some(Err(refused)) => self.refuse_config(refused),
            None => error!("reading the configuration ended by a bug in tokenwell; please report it"),
        }
        self.announce_reloaded();
        if again {
            self.load(Why::Requested);
        } else if digest.is_some() && digest != self.inputs.config_digest && self.source.file.is_some() {
            // It changed between the look and the reading, and may have changed back since.
            self.inputs.config_digest = digest;
            self.scan_disk();
        }
    }

    fn take_config(&mut self, why: Why, loaded: Loaded) {
        let Loaded { config, warnings } = loaded;
        let is_same = config == self.config;
        if is_same && why == Why::Started {
            return;
        }
        // Also where nothing changed: the CA file may have been replaced under its name.
        let context = match ExchangeContext::new(&config, Some(&self.context)) {
            Ok(context) => context,
            Err(error) => {
                self.refuse_config(error.to_string());
                return;
            }
        };
        self.context = Arc::new(context);
        self.reloads.refused = None;
        if is_same {
            let message = "the configuration is as it was";
            match self.reloads.ended.note(clock::now(), message) {
                Emit::Now(suppressed) => info!(suppressed, "{message}"),
                Emit::Suppress => debug!("{message}"),
            }
        } else {
            for warning in &warnings {
                warn!("{warning}");
            }
            self.apply_config(config);
            self.reloads.since = clock::now();
        }
        self.reloads.applied += 1;
        self.move_server();
    }

    fn refuse_config(&mut self, why: String) {
        let message = format!("the configuration is refused, the old one stays in force: {why}");
        match self.reloads.ended.note(clock::now(), &message) {
            Emit::Now(suppressed) => error!(suppressed, "{message}"),
            Emit::Suppress => debug!("{message}"),
        }
        self.reloads.refused = Some(why);
        self.reloads.refusals += 1;
    }

    fn apply_config(&mut self, config: Config) {
        let before = mem::replace(&mut self.config, config);
        self.fleet.set_in_flight_max(self.config.in_flight_max);
        if before.project != self.config.project || before.base_url != self.config.base_url {
            self.fleet.change_host();
            (self.skew, self.skew_said) = (None, false);
            self.request_renewal_of_all();
        }
        if before.confine != self.config.confine {
            warn!("a change of `confine` takes effect at the next start");
        }
        if before.log != self.config.log {
            (self.source.log_changed)(&self.config.log);
        }
        self.forget_other_folders();
        let suppressed = self.reloads.ended.reset();
        info!(suppressed, "the new configuration is in force");
        let desired = self.desired();
        self.reconcile(desired);
    }
}

/// Reads the configuration, and looks whether this process can do what it asks for. Blocks on the disk.
fn read(source: &Source, confinement: Option<&Confinement>) -> (Digest, Result<Loaded, String>) {
    let (digest, loaded) = (source.load)();
    let loaded = match (loaded, confinement) {
        (Ok(loaded), Some(confinement)) => match confinement.refuses(&loaded.config, source.file.as_deref()) {
            Some(why) => Err(why),
            None => Ok(loaded),
        },
        (Ok(loaded), None) => Ok(loaded),
        (Err(mistakes), confinement) => Err(Confinement::explained(confinement, mistakes.one_line())),
    };
    (digest, loaded)
}
