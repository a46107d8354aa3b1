//! Asks the running daemon of a configuration, for every command that shows or judges its state: a reader of the tokens may
//! not read the state files.

use std::{path::PathBuf, sync::Arc, time::Duration};

use super::same_config::TargetConfig;
use crate::{
    blocking::{self, Lane},
    config::Config,
    status::{self, Address, ReadError, Report},
};

/// The daemon of a configuration, or what it left.
#[derive(Debug)]
pub(super) enum Asked {
    /// It answered.
    Daemon(RunningDaemon),
    /// None answered.
    NoDaemon(LastStatus),
}

/// A daemon that answered.
#[derive(Debug)]
pub(super) struct RunningDaemon {
    pub(super) address: Address,
    pub(super) report: Report,
}

/// The status file, where no daemon answers.
#[derive(Debug)]
pub(super) struct LastStatus {
    /// The report in it, and whether the process that wrote it still runs, as far as it is visible from here. `None` if the disk
    /// takes too long.
    pub(super) read: Option<Result<(Report, bool), ReadError>>,
    /// Why no daemon answered, if one should serve its status.
    pub(super) unanswered: Option<String>,
}

impl LastStatus {
    /// Whether the process that wrote the status still runs, as far as it is visible from here.
    pub(super) fn is_writer_running(&self) -> bool {
        matches!(self.read, Some(Ok((_, true))))
    }

    /// Returns why no daemon of this configuration answered, as far as it is known: one that should serve its status does not, or
    /// the state directory is that of another configuration.
    pub(super) fn reasons(self) -> impl Iterator<Item = String> {
        let other = match self.read {
            Some(Err(why @ ReadError::Other { .. })) => Some(why.to_string()),
            Some(Ok(_) | Err(ReadError::Missing { .. } | ReadError::Io { .. } | ReadError::Foreign { .. })) | None => {
                None
            }
        };
        self.unanswered.into_iter().chain(other)
    }
}

impl Asked {
    /// Asks at the address in the configuration, and at the one that the last process recorded. A daemon of another
    /// configuration is passed over. Must be called within a runtime.
    pub(super) async fn of(target: &Arc<TargetConfig>) -> Self {
        let path = status::path_in(&target.config.state_directory);
        let asking = Arc::clone(target);
        let read = off_the_loop(move || {
            let report = status::read(&path)?;
            if !asking.matches(&report) {
                return Err(ReadError::Other { path, configuration: configuration_of(&report) });
            }
            let is_writer_running = status::is_writer_running(&report);
            Ok((report, is_writer_running))
        })
        .await;
        let last = read.as_ref().and_then(|read| read.as_ref().ok()).map(|(report, _)| report);
        let mut unanswered = None;
        for address in addresses(&target.config, last) {
            match status::fetch_report(&address).await {
                Ok(report) => match with_match(target, report).await {
                    Some((report, true)) => return Self::Daemon(RunningDaemon { address, report }),
                    Some((report, false)) => {
                        unanswered.get_or_insert(other_configuration(&address, &report));
                    }
                    None => {}
                },
                Err(why) => {
                    unanswered.get_or_insert(format!("{address} does not answer: {why}"));
                }
            }
        }
        Self::NoDaemon(LastStatus { read, unanswered })
    }
}

/// Returns the address in the configuration, and the one that the last process recorded.
fn addresses(config: &Config, last: Option<&Report>) -> Vec<Address> {
    let configured = config.status.as_ref().and_then(Address::of);
    let recorded =
        last.filter(|report| report.stopped_at.is_none()).and_then(|report| report.status_address.as_deref());
    let recorded = recorded.and_then(Address::parse).filter(|address| Some(address) != configured.as_ref());
    configured.into_iter().chain(recorded).collect()
}

/// Returns the report and whether it is from a daemon with this configuration. `None` if the disk takes too long.
pub(super) async fn with_match(target: &Arc<TargetConfig>, report: Report) -> Option<(Report, bool)> {
    let target = Arc::clone(target);
    off_the_loop(move || {
        let is_target = target.matches(&report);
        (report, is_target)
    })
    .await
}

fn other_configuration(address: &Address, report: &Report) -> String {
    let file = configuration_of(report);
    format!(
        "{address} is answered by the daemon of another configuration{file}; give each its own `status.listen`, or pass the \
        flags of that configuration"
    )
}

fn configuration_of(report: &Report) -> String {
    // Any process may answer or write there, with any bytes, including terminal escapes.
    let shown = |path: &PathBuf| path.to_string_lossy().replace(char::is_control, " ");
    report.configuration.file.as_ref().map(|file| format!(", `{}`", shown(file))).unwrap_or_default()
}

/// Runs blocking work; returns `None` if the disk takes too long.
pub(super) async fn off_the_loop<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    blocking::run_within(Lane::Read, READ_TIMEOUT, work).await.ok()
}

/// The time limit for the status file, because a disk may hang.
const READ_TIMEOUT: Duration = Duration::from_secs(5);
