//! Reads the configuration again. A valid one is applied; an invalid one is refused as a whole and logged.

use std::{
    mem,
    path::{Path, PathBuf},
    sync::Arc,
};

use tracing::{error, warn};

use super::Daemon;
use crate::{
    blocking::{self, Lane, Part, STUCK_AFTER},
    clock,
    config::{Config, Digest, Loaded},
    daemon::{
        exchange_effect::ExchangeContext,
        reloader::{AfterReading, ConfigRefused, LeavesTokens, Why},
        tasks::{Done, Task},
    },
};

impl Daemon {
    /// Reads the configuration again, off the loop; at once, or when the reading in flight has ended.
    pub(super) fn load(&mut self, why: Why) {
        if !self.reloader.begins() {
            return;
        }
        self.announce_reloading(why);
        let (file, reading) = (self.reloader.file().map(Path::to_owned), self.reloader.reading());
        self.tasks.start(Task::Load(why), async move {
            read_without_what_hangs(file, reading).await.map_or(Done::Lost, Done::Loaded)
        });
    }

    pub(super) fn loaded(&mut self, why: Why, loaded: Option<(Digest, Result<Loaded, ConfigRefused>)>) {
        let (digest, loaded) = loaded.unzip();
        match loaded {
            Some(Ok(loaded)) => self.take_config(why, loaded),
            Some(Err(refused)) => self.refuse_config(refused),
            None => error!("reading the configuration ended by a bug in tokenwell; please report it"),
        }
        self.announce_reloaded();
        match self.reloader.ended(digest) {
            AfterReading::ReadAgain => self.load(Why::Requested),
            AfterReading::Scan => self.scan_disk(),
            AfterReading::Done => {}
        }
    }

    fn take_config(&mut self, why: Why, loaded: Loaded) {
        let Loaded { config, warnings, .. } = loaded;
        let is_same = config == self.config;
        if is_same && why == Why::Started {
            return;
        }
        if let Some(leaves) = LeavesTokens::by(&self.config, &config) {
            self.refuse_config(leaves.into());
            return;
        }
        // Also without a change: the CA file may have been replaced.
        let context = match ExchangeContext::new(&config, Some(&self.context)) {
            Ok(context) => context,
            Err(error) => {
                self.refuse_config(error.into());
                return;
            }
        };
        self.context = Arc::new(context);
        if is_same {
            self.event_log.configuration_is_unchanged(clock::now());
        } else {
            for warning in &warnings {
                warn!("{warning}");
            }
            self.apply_config(config);
        }
        self.reloader.accepted(clock::now(), is_same, &warnings);
        self.open_control();
        self.move_server();
    }

    fn refuse_config(&mut self, why: ConfigRefused) {
        self.event_log.configuration_is_refused(clock::now(), &why);
        self.reloader.refused(why);
    }

    fn apply_config(&mut self, config: Config) {
        let before = mem::replace(&mut self.config, config);
        self.fleet.set_in_flight_max(self.config.in_flight_max);
        if before.project != self.config.project || before.base_url != self.config.base_url {
            let (old, new) = (before.base_url.origin(), self.config.base_url.origin());
            let origins = self.reconciler.origins_mut();
            origins.replace(&old, new.clone());
            self.fleet.change_host(origins.number(new));
            self.event_log.forget_skew();
            self.request_renewal_of_all();
        }
        if before.confine != self.config.confine {
            warn!("a change of `confine` takes effect at the next start");
        }
        if before.log != self.config.log {
            self.reloader.apply_log_settings(&self.config.log);
        }
        let folders = self.config.key_directories.iter().map(|directory| directory.path.as_path()).collect();
        self.reconciler.folders_mut().retain(&folders);
        self.event_log.configuration_is_applied();
        self.reconcile();
    }
}

/// Reads the configuration. Paths in it may lead to disks that hang: each try leaves out those at which earlier tries hang. The
/// last of [`READINGS_MAX`] tries, or one at a configuration file that itself hangs, is waited for.
async fn read_without_what_hangs<T: Send + 'static>(
    file: Option<PathBuf>,
    reading: Arc<dyn Fn() -> T + Send + Sync>,
) -> Option<T> {
    let hangs = |file: &PathBuf| blocking::is_out_of_reach(file, STUCK_AFTER);
    for _ in 1..READINGS_MAX {
        if file.as_ref().is_some_and(hangs) {
            break;
        }
        let reading = Arc::clone(&reading);
        let done = blocking::run_parts(vec![Part::new((), Vec::new(), move || reading())]).await;
        if let Some(((), read)) = done.results.into_iter().next() {
            return Some(read);
        }
    }
    blocking::submit(Lane::Read, move || reading()).await
}

/// At most two of them hang in each folder.
const READINGS_MAX: u32 = 6;
