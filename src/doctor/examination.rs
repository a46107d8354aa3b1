//! All examinations in order.

use std::{io, path::Path, sync::Arc, time::Duration};

use tokio::{task, time};

use super::{
    bounds::DISK_MIN,
    configuration,
    exchanges::Extent,
    finding::Finding,
    hooks, key_files,
    key_metadata::KeyMetadata,
    listen::{self, ListenInspection},
    locks::{self, OutputHolder},
    outputs,
    progress::Report,
    state_directory,
    surroundings::{Orchestrator, ProcessUser},
};
use crate::{
    clock,
    config::{Config, Credential, Environment},
    hook::Hook,
    offline,
    output::Output,
    renewal::Moment,
    status::{self, Address, ListenError},
};

/// Examines a configuration and everything that it needs.
pub struct Doctor {
    pub(super) config: Arc<Config>,
    identity: ProcessUser,
    orchestrator: Orchestrator,
    pub(super) extent: Extent,
}

impl Doctor {
    /// Examines as the user of this process.
    pub fn new(config: Config, environment: &Environment, extent: Extent) -> Self {
        let (identity, orchestrator) = (ProcessUser::of_process(), Orchestrator::of_process(environment));
        Self { config: Arc::new(config), identity, orchestrator, extent }
    }

    /// What runs this process.
    pub fn orchestrator(&self) -> Orchestrator {
        self.orchestrator
    }

    /// The configuration that is examined.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Looks at the key files and folders without reading a key.
    pub async fn key_metadata(&self, report: &mut Report<'_>) -> KeyMetadata {
        let config = Arc::clone(&self.config);
        let looking = self.on_disk(move || KeyMetadata::of(&config));
        report.wait("looking at key files", looking).await.unwrap_or_default()
    }

    /// Makes every examination, in order. `file` is where the configuration comes from, `None` for the command line.
    pub async fn examine(&self, file: Option<&Path>, keys: &KeyMetadata, report: &mut Report<'_>) -> io::Result<()> {
        let config = &self.config;
        let listed = {
            let config = Arc::clone(config);
            report.wait("looking into key folders", self.on_disk(move || offline::credentials(&config))).await
        };
        let (credentials, folders) = listed.unwrap_or_else(|| {
            (config.credentials.clone(), vec!["the disk of the key folders takes too long".to_owned()])
        });
        report.say(configuration::findings(config, file, &credentials, &self.identity))?;
        self.examine_key_files(&credentials, &folders, keys, report).await?;
        self.examine_api(&credentials, report).await?;
        self.examine_outputs(&credentials, report).await?;
        self.examine_hooks(&credentials, report).await?;
        let directory = config.state_directory.clone();
        let probed = self.on_disk(move || state_directory::look(&directory)).await;
        report.say(vec![match probed {
            Some(probed) => state_directory::finding(&probed, &config.state_directory, &self.identity),
            None => Finding::failed("state", "the disk of the state directory takes too long; see the kernel's log"),
        }])?;
        self.examine_address(&credentials, report).await
    }

    async fn examine_key_files(
        &self,
        credentials: &[Credential],
        folders: &[String],
        KeyMetadata { exposed, ignored, .. }: &KeyMetadata,
        report: &mut Report<'_>,
    ) -> io::Result<()> {
        let all = credentials.to_vec();
        let looking = self.on_disk(move || key_files::look(&all));
        let findings = match report.wait("reading key files", looking).await {
            Some(seen) => {
                let remarks: Vec<_> = exposed.iter().chain(ignored).cloned().collect();
                key_files::findings(&seen, folders, &remarks, &self.identity)
            }
            None => vec![Finding::failed("key file", "the disk of the key files takes too long; see the kernel's log")],
        };
        report.say(findings)
    }

    /// Each output by itself; when a disk hangs, the others are not waited for.
    async fn examine_outputs(&self, credentials: &[Credential], report: &mut Report<'_>) -> io::Result<()> {
        let outputs: Vec<Output> = credentials.iter().flat_map(|credential| credential.outputs.clone()).collect();
        if outputs.is_empty() {
            return Ok(());
        }
        let holders = {
            let outputs = outputs.clone();
            let looking = self.on_disk(move || outputs.iter().map(locks::look).collect::<Vec<_>>());
            report.wait("looking for who writes to the outputs", looking).await
        };
        let mut findings = Vec::new();
        for (n, output) in outputs.iter().enumerate() {
            // Whoever writes to a set sweeps it too, and could take a trial for a left-over.
            let holder = holders.as_ref().and_then(|holders| holders.get(n)).and_then(OutputHolder::holder);
            if let Some(holder) = holder.filter(|_| output.is_in_set()) {
                let because = format!("{holder} writes to its set at present");
                findings.push(Finding::skipped("output", &because).of(&format!("`{}`", output.name())));
                continue;
            }
            let probed = output.clone();
            let looking = self.on_disk(move || outputs::look(&probed));
            if let Some(seen) = report.wait(&format!("trying `{}`", output.name()), looking).await {
                findings.push(seen.finding(&self.identity));
                continue;
            }
            findings.push(outputs::hangs(output));
            let left = outputs.len() - n - 1;
            if left > 0 {
                findings.push(Finding::skipped("output", "a disk takes too long").of(&format!("{left} more")));
            }
            break;
        }
        report.say(findings)?;
        report.say(match holders {
            Some(holders) => locks::findings(&holders),
            None => vec![Finding::skipped("lock", "the disk takes too long")],
        })
    }

    async fn examine_hooks(&self, credentials: &[Credential], report: &mut Report<'_>) -> io::Result<()> {
        let mut hooks: Vec<&Hook> = Vec::new();
        for hook in credentials.iter().flat_map(|credential| &credential.hooks) {
            // Many credentials may tell the same app.
            if !hooks.contains(&hook) {
                hooks.push(hook);
            }
        }
        let mut findings = Vec::new();
        let left = hooks.len().saturating_sub(HOOKS_MAX);
        for hook in hooks.into_iter().take(HOOKS_MAX) {
            let booted_at = clock::wall_of(Moment::default());
            let looking = hooks::look(hook, booted_at, self.config.http.timeout.min(HOOK_MAX));
            findings.push(hooks::finding(&report.wait("looking where hooks lead", looking).await));
        }
        if left > 0 {
            let because = format!("{HOOKS_MAX} are enough for a look");
            findings.push(Finding::skipped("hook", &because).of(&format!("{left} more")));
        }
        report.say(findings)
    }

    async fn examine_address(&self, credentials: &[Credential], report: &mut Report<'_>) -> io::Result<()> {
        let Some(listen) = &self.config.status else {
            return report.say(vec![Finding::skipped(listen::SUBJECT, "`status.listen` is not set")]);
        };
        let looking = {
            let listen = listen.clone();
            self.on_disk(move || status::listen_probe(&listen))
        };
        let Some(listen_probe) = report.wait("trying `status.listen`", looking).await else {
            let text = format!("the disk of `{listen}` takes too long; see the kernel's log");
            return report.say(vec![Finding::failed(listen::SUBJECT, text)]);
        };
        let told = match (&listen_probe, Address::of(listen)) {
            (Err(ListenError::InUse(_)), Some(address)) => {
                report.wait("asking who listens there", status::fetch_report(&address)).await.ok()
            }
            (Ok(_) | Err(_), _) => None,
        };
        let seen = ListenInspection { listen: listen.clone(), listen_probe, report: told };
        report.say(vec![seen.finding(credentials, &self.identity, self.orchestrator)])
    }

    /// Does something that blocks; `None` if it takes longer than a request may.
    pub(super) async fn on_disk<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        time::timeout(self.config.http.timeout.max(DISK_MIN), task::spawn_blocking(work)).await.ok()?.ok()
    }
}

const HOOKS_MAX: usize = 100;
const HOOK_MAX: Duration = Duration::from_secs(5);
