//! Reading the configuration again: a good one is applied, a bad one is refused whole and said.

use std::{sync::Arc, time::Duration};

use tokio::task;
use tracing::{error, info, warn};

use super::{
    Daemon, clock,
    exchange_effect::Host,
    tasks::{Done, Task},
};
use crate::{
    config::{Config, Loaded, Mistakes},
    exchange::{Client, ClientError, Proxies, Trust},
    renewal::Event,
    state::Ledger,
};

impl Daemon {
    /// Reads the configuration again, off the loop; at once, or when the reading that is under way has ended.
    pub(super) fn load(&mut self) {
        if !self.grounds.load.begin() {
            return;
        }
        let load = Arc::clone(&self.source.load);
        self.tasks.start(Task::Load, async move {
            task::spawn_blocking(move || Done::Loaded(load())).await.unwrap_or(Done::Lost)
        });
    }

    pub(super) fn loaded(&mut self, loaded: Option<Result<Loaded, Mistakes>>) {
        let again = self.grounds.load.end();
        match loaded {
            Some(Ok(loaded)) => self.apply_config(loaded),
            Some(Err(mistakes)) => {
                error!("the configuration is refused, the old one stays in force: {}", mistakes.one_line());
            }
            None => error!("reading the configuration ended by a bug in tokenwell; please report it"),
        }
        if again {
            self.load();
        }
    }

    fn apply_config(&mut self, loaded: Loaded) {
        let config = loaded.config;
        if config == self.config {
            return;
        }
        let host = match Host::new(&config, Some(&self.host)) {
            Ok(host) => host,
            Err(why) => {
                error!("the configuration is refused, the old one stays in force: {why}");
                return;
            }
        };
        for warning in &loaded.warnings {
            warn!("{warning}");
        }
        let elsewhere = config.project != self.config.project || config.base_url != self.config.base_url;
        self.host = Arc::new(host);
        self.config = config;
        self.fleet.set_in_flight_max(self.config.in_flight_max);
        if elsewhere {
            self.fleet.change_host();
            (self.skew, self.skew_said) = (None, false);
            let now = clock::now();
            for id in self.names.values() {
                self.fleet.handle(now, *id, Event::Nudged);
            }
        }
        self.forget_other_folders();
        info!("the new configuration is in force");
        let desired = self.desired();
        self.settle(desired);
    }
}

impl Host {
    /// A client for a configuration. CA files and proxies are read afresh; the signing keys that `before` knows are kept
    /// where they are of the same project, else those that an earlier run left are used.
    pub(super) fn new(config: &Config, before: Option<&Host>) -> Result<Self, ClientError> {
        let client = Client::build(&config.base_url, &config.http, &Proxies::from_environment())?;
        let same = before.filter(|host| host.project == config.project && host.client.base() == &config.base_url);
        let trust = match same {
            Some(host) => Arc::clone(&host.trust),
            None => Arc::new(Trust::open(Some(&config.state_directory), &config.base_url, &config.project)),
        };
        let ledger = Ledger::new(&config.state_directory);
        Ok(Self { project: config.project.clone(), client, trust, ledger })
    }
}

/// How often the files are looked at although nothing hinted at a change: what inotify misses is caught by then.
pub(super) const POLL: Duration = Duration::from_secs(30);

/// The same while some folder cannot be watched.
pub(super) const POLL_WITHOUT_WATCH: Duration = Duration::from_secs(1);
