//! `tokenwell check --online`: the doctor. One examination after the other, from the configuration to the address of the
//! status server, each in a file of its own: `look` brings plain data, `findings` says what that means.
//!
//! It disturbs nobody: no lock is taken, no token file or process is touched, and a daemon may be running all the while. What
//! it costs is a request or two for public keys, and one exchange for each key. Where no daemon runs, the state directory is
//! told of those exchanges, so that the next daemon keeps its spacing to them.

mod api;
mod clocks;
mod configuration;
mod connection;
mod edge;
mod exchanges;
mod finding;
mod hooks;
mod key_files;
mod listen;
mod lives;
mod locks;
mod names;
mod outputs;
mod proxy;
mod report;
mod round;
mod signatures;
mod spacing;
mod state_directory;
mod surroundings;
mod tls;

use std::{path::Path, process::ExitCode, sync::Arc, time::Duration};

use tokio::{task, time};

use self::{
    finding::Finding,
    report::Report,
    surroundings::{Orchestrator, ProcessUser},
};
use super::{key_files::KeyFiles, plan::Plan};
use crate::{
    cli::{Failure, print, process},
    clock,
    config::{Config, Credential, Environment},
    daemon::standing,
    hook::Hook,
    output::Output,
    renewal::Moment,
    status::{self, Address, ListenError},
};

pub(super) use exchanges::Extent;

/// Prints the plan and examines everything. Ends with exit code 1 if something failed.
pub(super) fn run(
    config: Config,
    file: Option<&Path>,
    environment: &Environment,
    extent: Extent,
) -> Result<ExitCode, Failure> {
    process::harden();
    let (identity, orchestrator) = (ProcessUser::of_process(), Orchestrator::of_process(environment));
    let doctor = Doctor { config: Arc::new(config), identity, orchestrator, extent };
    let mut report = Report::open();
    let is_well = process::block_on(async {
        doctor.examine(file, &mut report).await?;
        Ok(report.end(orchestrator)?)
    })?;
    Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

struct Doctor {
    config: Arc<Config>,
    identity: ProcessUser,
    orchestrator: Orchestrator,
    extent: Extent,
}

impl Doctor {
    /// In order.
    async fn examine(&self, file: Option<&Path>, report: &mut Report) -> Result<(), Failure> {
        let config = &self.config;
        let keys = {
            let config = Arc::clone(config);
            report.wait("looking at key files", self.on_disk(move || super::key_files::look(&config))).await
        };
        let keys = keys.unwrap_or_default();
        print::result(&format_args!("{}\n", Plan { config, file, keys: &keys }))?;
        let listed = {
            let config = Arc::clone(config);
            report.wait("looking into key folders", self.on_disk(move || standing::credentials(&config))).await
        };
        let (credentials, folders) = listed.unwrap_or_else(|| {
            (config.credentials.clone(), vec!["the disk of the key folders takes too long".to_owned()])
        });
        report.say(configuration::findings(config, file, &credentials, &self.identity))?;
        self.examine_key_files(&credentials, &folders, &keys, report).await?;
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
        KeyFiles { exposed, ignored, .. }: &KeyFiles,
        report: &mut Report,
    ) -> Result<(), Failure> {
        let all = credentials.to_vec();
        let looking = self.on_disk(move || key_files::look(&all));
        let findings = match report.wait("reading key files", looking).await {
            Some(seen) => {
                let remarks: Vec<_> = exposed.iter().chain(ignored).cloned().collect();
                key_files::findings(&seen, folders, &remarks, &self.identity)
            }
            None => vec![Finding::failed("key file", "the disk of the key files takes too long; see the kernel's log")],
        };
        Ok(report.say(findings)?)
    }

    /// Each output by itself; when a disk hangs, the others are not waited for.
    async fn examine_outputs(&self, credentials: &[Credential], report: &mut Report) -> Result<(), Failure> {
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
            let holder = holders.as_ref().and_then(|holders| holders.get(n)).and_then(locks::Seen::holder);
            if let Some(holder) = holder.filter(|_| output.set.is_some()) {
                let because = format!("{holder} writes to its set at present");
                findings.push(Finding::skipped("output", &because).of(&format!("`{}`", output.path.display())));
                continue;
            }
            let probed = output.clone();
            let looking = self.on_disk(move || outputs::look(&probed));
            if let Some(seen) = report.wait(&format!("trying `{}`", output.path.display()), looking).await {
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
        Ok(report.say(match holders {
            Some(holders) => locks::findings(&holders),
            None => vec![Finding::skipped("lock", "the disk takes too long")],
        })?)
    }

    async fn examine_hooks(&self, credentials: &[Credential], report: &mut Report) -> Result<(), Failure> {
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
        Ok(report.say(findings)?)
    }

    async fn examine_address(&self, credentials: &[Credential], report: &mut Report) -> Result<(), Failure> {
        let Some(listen) = &self.config.status else {
            return Ok(report.say(vec![Finding::skipped(listen::SUBJECT, "`status.listen` is not set")])?);
        };
        let looking = {
            let listen = listen.clone();
            self.on_disk(move || status::listen_probe(&listen))
        };
        let Some(listen_probe) = report.wait("trying `status.listen`", looking).await else {
            let text = format!("the disk of `{listen}` takes too long; see the kernel's log");
            return Ok(report.say(vec![Finding::failed(listen::SUBJECT, text)])?);
        };
        let told = match (&listen_probe, Address::of(listen)) {
            (Err(ListenError::InUse(_)), Some(address)) => {
                report.wait("asking who listens there", status::ask(&address)).await.ok()
            }
            (Ok(_) | Err(_), _) => None,
        };
        let seen = listen::Seen { listen: listen.clone(), listen_probe, report: told };
        Ok(report.say(vec![seen.finding(credentials, &self.identity, self.orchestrator)])?)
    }

    /// Does something that blocks; `None` if it takes longer than a request may.
    async fn on_disk<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        time::timeout(self.config.http.timeout.max(DISK_MIN), task::spawn_blocking(work)).await.ok()?.ok()
    }
}

/// `12ms`, `1.2s`: as fine as anybody cares.
fn took(time: Duration) -> String {
    let millis = time.as_millis();
    if millis < 1000 { format!("{millis}ms") } else { format!("{}.{}s", millis / 1000, millis % 1000 / 100) }
}

/// A disk has this time, however short that of requests.
const DISK_MIN: Duration = Duration::from_secs(5);
const HOOKS_MAX: usize = 100;
const HOOK_MAX: Duration = Duration::from_secs(5);
