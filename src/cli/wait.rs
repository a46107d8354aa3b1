//! `tokenwell wait`: blocks until the required tokens are ready.

use std::{fmt::Write as _, process::ExitCode, sync::Arc, time::Duration};

use clap::Args;

use super::{failure::Failure, process, source::SourceArguments};
use crate::{
    config::duration,
    offline::{self, DiskStatus},
};

/// Block until every required token is on disk, whole and valid: for scripts, units and probes
///
/// Checks the files and the clock itself, and wakes up when the files change; does not need a running daemon. Exits
/// immediately if everything is ready, and with 1 after the timeout. Needs no shell, so it works as a probe in an image
/// without one.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// How long to wait, such as `500ms`, `30s` or `5m`; `0s` checks once
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = duration::parse)]
    timeout: Duration,
    #[command(flatten)]
    source: SourceArguments,
}

/// Waits until the tokens are ready, or gives up after the timeout.
pub(super) fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let Arguments { timeout, source } = arguments;
    let config = Arc::new(source.load_quietly()?);
    process::harden();
    process::block_on(async {
        let why = match offline::wait(&config, timeout).await {
            Some(disk) if disk.all_valid() => return Ok(ExitCode::SUCCESS),
            Some(disk) => missing(&disk),
            None => "the disk takes too long to respond".to_owned(),
        };
        Err(Failure::at_run_time(format!("time-out after {}: {why}", humantime::format_duration(timeout))))
    })
}

fn missing(disk: &DiskStatus) -> String {
    let DiskStatus { credentials, required, missing, troubles } = disk;
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

const MISSING_LISTED_MAX: usize = 20;
const EXAMPLES: &str = "\
Examples:
  tokenwell wait --config tokenwell.yaml --timeout 30s
  tokenwell wait --config tokenwell.yaml --timeout 0s     as a probe: check once";
