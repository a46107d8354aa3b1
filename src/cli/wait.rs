//! `tokenwell wait`: blocks until the required tokens are ready, or until a token is newer than another one.

mod known_token;
mod newer_token;

use std::{fmt::Write as _, process::ExitCode, sync::Arc, time::Duration};

use clap::Args;

use self::known_token::Known;
use super::{
    failure::Failure,
    midway, process,
    running_daemon::{Asked, RunningDaemon, off_the_loop},
    same_config::{TargetConfig, is_missing},
    source::SourceArguments,
};
use crate::{
    config::duration,
    offline::{self, DiskStatus, SCAN_MAX},
    status::{self, Report, Unready},
};

/// Block until every required token is on disk, whole and valid: for scripts, units and probes
///
/// Asks the daemon at the address in the configuration (`status.listen`), as `tokenwell status` does; if none answers, checks the
/// files and the clock itself, which takes the right to read the state files. Wakes up when the files change. Exits
/// immediately if everything is ready, and with 1 after the timeout. Needs no shell, so it works as a probe in an image
/// without one.
///
/// With `--newer-than`, blocks until the token of one credential on disk is valid and another one than the one in FILE was at the
/// start, or than the one of GENERATION, and prints its generation.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The credential of `--newer-than`; may be left out if there is only one
    #[arg(requires = "newer_than")]
    name: Option<String>,
    /// Wait for a newer token than in this file, an output or a copy of one, or than of this generation; `0` for any token
    #[arg(long, value_name = "FILE|GENERATION", value_parser = Known::parse)]
    newer_than: Option<Known>,
    /// How long to wait, such as `500ms`, `30s` or `5m`; `0s` checks once
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = duration::parse)]
    timeout: Duration,
    #[command(flatten)]
    source: SourceArguments,
}

impl Arguments {
    /// How long the command may take altogether.
    pub(super) fn limit(&self) -> Duration {
        self.timeout.max(SCAN_MAX) + MARGIN
    }
}

/// Waits until the tokens are ready, or gives up after the timeout.
pub(super) fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let Arguments { name, newer_than, timeout, source } = arguments;
    let (config, file) = source.load_with_file()?;
    let target = Arc::new(TargetConfig { config: Arc::new(config), file });
    process::harden();
    if let Some(known) = newer_than {
        return process::block_on(newer_token::run(target, name, known, timeout));
    }
    process::block_on(async {
        let why = match offline::wait(&target.config, timeout, async || judge(&target).await).await {
            Some(tokens) if tokens.all_valid() => return Ok(ExitCode::SUCCESS),
            Some(tokens) => missing(&tokens),
            None => "the disk takes too long to respond".to_owned(),
        };
        Err(Failure::at_run_time(format!("time-out after {}: {why}", humantime::format_duration(timeout))))
    })
}

/// Asks the daemon whether the tokens are ready; if none answers, scans the disk. `None` if the disk takes too long.
async fn judge(target: &Arc<TargetConfig>) -> Option<DiskStatus> {
    let (is_writer_running, reasons): (_, Vec<_>) = match Asked::of(target).await {
        Asked::Daemon(RunningDaemon { address, report }) => match status::fetch_unready(&address).await {
            Ok(unready) => return off_the_loop(move || by_daemon(&report, unready)).await,
            Err(why) => (true, vec![format!("{address} does not answer: {why}")]),
        },
        Asked::NoDaemon(last) => (last.is_writer_running(), last.reasons().collect()),
    };
    let mut disk = midway::disk_status(&target.config, is_writer_running).await?;
    if !disk.all_valid() {
        disk.troubles.extend(reasons);
    }
    Some(disk)
}

/// Converts the answer of a daemon. A token that it finds must be visible here too, which may be another container. The daemon
/// lists a bounded number of tokens; the others are those that its report calls not ready. Blocks on the disk.
fn by_daemon(report: &Report, unready: Unready) -> DiskStatus {
    let required: Vec<_> = report.credentials.iter().filter(|credential| credential.required).collect();
    let mut tokens =
        DiskStatus { credentials: report.credentials.len(), required: required.len(), ..DiskStatus::default() };
    for line in unready.lines {
        match line.split_once(": ").filter(|(name, _)| required.iter().any(|credential| credential.name == *name)) {
            Some((name, why)) => tokens.missing.push((name.to_owned(), why.to_owned())),
            None => tokens.troubles.push(line),
        }
    }
    let is_listed = |tokens: &DiskStatus, name: &str| tokens.missing.iter().any(|(listed, _)| listed == name);
    for credential in required {
        if is_listed(&tokens, &credential.name) {
            continue;
        }
        if unready.left_out > 0 && !credential.ready {
            tokens.missing.push((credential.name.clone(), "not ready".to_owned()));
            continue;
        }
        let missing = credential.outputs.iter().map(|output| &output.path).find(|path| is_missing(path));
        if let Some(path) = missing {
            let why = format!("the daemon has its token, but there is no file `{}` here", path.display());
            tokens.missing.push((credential.name.clone(), why));
        }
    }
    tokens
}

fn missing(disk: &DiskStatus) -> String {
    let DiskStatus { credentials, required, missing, troubles, .. } = disk;
    if *credentials == 0 && troubles.is_empty() {
        return "there is no access key in any key folder".to_owned();
    }
    let mut text = match missing.len() {
        0 => "it is unknown which tokens are required:".to_owned(),
        1 if *required == 1 => "the one required token is not ready:".to_owned(),
        1 => format!("1 of {required} required tokens is not ready:"),
        many => format!("{many} of {required} required tokens are not ready:"),
    };
    for (name, why) in missing.iter().take(MISSING_LISTED_MAX) {
        let _ = write!(text, "\n  {name}: {why}");
    }
    if missing.len() > MISSING_LISTED_MAX {
        let _ = write!(text, "\n  and {} more", missing.len() - MISSING_LISTED_MAX);
    }
    for problem in troubles {
        let _ = write!(text, "\n  {problem}");
    }
    text
}

/// The time for everything besides the wait.
const MARGIN: Duration = Duration::from_millis(500);
const MISSING_LISTED_MAX: usize = 20;
const EXAMPLES: &str = "\
Examples:
  tokenwell wait --config tokenwell.yaml --timeout 30s
  tokenwell wait --config tokenwell.yaml --timeout 0s     as a probe: check once
  generation=$(tokenwell wait --newer-than \"${generation:-0}\" billing)";
