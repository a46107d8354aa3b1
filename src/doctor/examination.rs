//! Runs all examinations in order.

use std::{io, path::Path, sync::Arc, time::Duration};

use super::{
    bounds::DISK_MIN,
    configuration,
    exchanges::Extent,
    finding::Finding,
    hooks, key_files,
    key_metadata::KeyMetadata,
    listen::{self, ListenInspection},
    locks::{self, OutputHolder},
    needs::{Orchestrator, ProcessUser},
    outputs,
    progress::Report,
    state_directory,
};
use crate::{
    blocking::{self, Lane},
    clock,
    config::{Config, Credential, Environment},
    hook::Hook,
    offline,
    output::{Output, is_in_memory},
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
    /// Creates a doctor that examines as the user of this process.
    pub fn new(config: Config, environment: &Environment, extent: Extent) -> Self {
        let (identity, orchestrator) = (ProcessUser::current(), Orchestrator::current(environment));
        Self { config: Arc::new(config), identity, orchestrator, extent }
    }

    /// The orchestrator that runs this process.
    pub fn orchestrator(&self) -> Orchestrator {
        self.orchestrator
    }

    /// The examined configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Inspects the key files and folders without reading a key.
    pub async fn key_metadata(&self, report: &mut Report<'_>) -> KeyMetadata {
        let config = Arc::clone(&self.config);
        let probing = self.on_disk(move || KeyMetadata::of(&config));
        report.wait("checking key files", probing).await.unwrap_or_default()
    }

    /// Makes every examination, in order. `file` is where the configuration comes from, `None` for the command line.
    pub async fn examine(&self, file: Option<&Path>, keys: &KeyMetadata, report: &mut Report<'_>) -> io::Result<()> {
        let config = &self.config;
        let listed = {
            let config = Arc::clone(config);
            report.wait("listing key folders", self.on_disk(move || offline::credentials(&config))).await
        };
        let (credentials, folders) = listed.unwrap_or_else(|| {
            (config.credentials.clone(), vec!["the disk of the key folders takes too long".to_owned()])
        });
        report.emit(configuration::findings(config, file, &credentials, &self.identity))?;
        self.examine_key_files(&credentials, &folders, keys, report).await?;
        self.examine_api(&credentials, report).await?;
        self.examine_outputs(&credentials, report).await?;
        self.examine_hooks(&credentials, report).await?;
        let directory = config.state_directory.clone();
        let all = credentials.clone();
        let probing = self.on_disk(move || {
            let foreign = state_directory::foreign(&directory, &all);
            (state_directory::probe(&directory), is_in_memory(&directory), foreign)
        });
        report.emit(match probing.await {
            Some((probed, in_memory, foreign)) => {
                let rotating = credentials.iter().filter(|credential| credential.source.rotates());
                let rotating: Vec<_> = rotating.map(|credential| credential.name.as_str()).collect();
                let finding = state_directory::finding(&probed, &config.state_directory, &self.identity);
                let short_lived = state_directory::short_lived_tokens(&rotating, in_memory, &config.state_directory);
                let foreign = state_directory::foreign_findings(foreign);
                [finding].into_iter().chain(foreign).chain(short_lived).collect()
            }
            None => {
                vec![Finding::failed("state", "the disk of the state directory takes too long; see the kernel's log")]
            }
        })?;
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
        let probing = self.on_disk(move || key_files::probe(&all));
        let findings = match report.wait("reading key files", probing).await {
            Some(probe) => {
                let remarks: Vec<_> = exposed.iter().chain(ignored).cloned().collect();
                key_files::findings(&probe, folders, &remarks, &self.identity)
            }
            None => vec![Finding::failed("key file", "the disk of the key files takes too long; see the kernel's log")],
        };
        report.emit(findings)
    }

    /// Examines each output by itself. Stops at the first disk that hangs.
    async fn examine_outputs(&self, credentials: &[Credential], report: &mut Report<'_>) -> io::Result<()> {
        let outputs: Vec<Output> = credentials.iter().flat_map(|credential| credential.outputs.clone()).collect();
        if outputs.is_empty() {
            return Ok(());
        }
        let holders = {
            let outputs = outputs.clone();
            let probing = self.on_disk(move || outputs.iter().map(locks::probe).collect::<Vec<_>>());
            report.wait("checking which process writes to the outputs", probing).await
        };
        let mut findings = Vec::new();
        for (n, output) in outputs.iter().enumerate() {
            // The process that writes to a set also sweeps it, and could remove the file of a probe as a left-over.
            let holder = holders.as_ref().and_then(|holders| holders.get(n)).and_then(OutputHolder::holder);
            if let Some(holder) = holder.filter(|_| output.is_in_set()) {
                let because = format!("{holder} writes to its set at present");
                findings.push(Finding::skipped("output", &because).of(&format!("`{}`", output.name())));
                continue;
            }
            let probed = output.clone();
            let probing = self.on_disk(move || outputs::probe(&probed));
            if let Some(probe) = report.wait(&format!("trying `{}`", output.name()), probing).await {
                findings.push(probe.finding(&self.identity));
                continue;
            }
            findings.push(outputs::timed_out(output));
            let left = outputs.len() - n - 1;
            if left > 0 {
                findings.push(Finding::skipped("output", "a disk takes too long").of(&format!("{left} more")));
            }
            break;
        }
        report.emit(findings)?;
        report.emit(match holders {
            Some(holders) => locks::findings(&holders),
            None => vec![Finding::skipped("lock", "the disk takes too long")],
        })
    }

    async fn examine_hooks(&self, credentials: &[Credential], report: &mut Report<'_>) -> io::Result<()> {
        let mut hooks: Vec<&Hook> = Vec::new();
        for hook in credentials.iter().flat_map(|credential| &credential.hooks) {
            // Many credentials may have the same hook.
            if !hooks.contains(&hook) {
                hooks.push(hook);
            }
        }
        let mut findings = Vec::new();
        let left = hooks.len().saturating_sub(HOOKS_MAX);
        for hook in hooks.into_iter().take(HOOKS_MAX) {
            let booted_at = clock::wall_of(Moment::default());
            let probing = hooks::probe(hook, booted_at, self.config.http.timeout.min(HOOK_MAX));
            findings.push(hooks::finding(&report.wait("checking hooks", probing).await));
        }
        if left > 0 {
            let because = format!("{HOOKS_MAX} are enough for a look");
            findings.push(Finding::skipped("hook", &because).of(&format!("{left} more")));
        }
        report.emit(findings)
    }

    async fn examine_address(&self, credentials: &[Credential], report: &mut Report<'_>) -> io::Result<()> {
        let Some(listen) = &self.config.status else {
            return report.emit(vec![Finding::skipped(listen::SUBJECT, "`status.listen` is not set")]);
        };
        let probing = {
            let listen = listen.clone();
            self.on_disk(move || {
                let probe = status::listen_probe(&listen);
                let is_held = matches!(probe, Err(ListenError::InUse(_)));
                (probe, is_held.then(|| status::port_holder(&listen, None)).flatten())
            })
        };
        let Some((listen_probe, holder)) = report.wait("trying `status.listen`", probing).await else {
            let text = format!("the disk of `{listen}` takes too long; see the kernel's log");
            return report.emit(vec![Finding::failed(listen::SUBJECT, text)]);
        };
        let report_of_listener = match (&listen_probe, Address::of(listen)) {
            (Err(ListenError::InUse(_)), Some(address)) => {
                report.wait("asking the listener for its status", status::fetch_report(&address)).await.ok()
            }
            (Ok(_) | Err(_), _) => None,
        };
        let probe = ListenInspection { listen: listen.clone(), listen_probe, report: report_of_listener, holder };
        report.emit(vec![probe.finding(credentials, &self.identity, self.orchestrator)])
    }

    /// Runs blocking work; `None` if it takes longer than `http.timeout`, or than [`DISK_MIN`] if that is longer.
    pub(super) async fn on_disk<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        blocking::run_within(Lane::Read, self.config.http.timeout.max(DISK_MIN), work).await.ok()
    }
}

const HOOKS_MAX: usize = 100;
const HOOK_MAX: Duration = Duration::from_secs(5);
