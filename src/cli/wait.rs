//! `tokenwell wait`: the gate for whoever needs tokens.

use std::{fmt::Write as _, process::ExitCode, sync::Arc, time::Duration};

use clap::Args;

use super::{Failure, process, source::SourceArguments};
use crate::{
    config::duration,
    offline::{self, DiskStatus},
};

/// Block until every required token is on disk, whole and alive: for scripts, units and probes
///
/// Looks at the files themselves and at the clock, and is woken by their changes; no daemon is asked. Ends at once if all is
/// well, and with 1 when the time is over. Needs no shell, so it can be a probe in an image that has none.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// How long to wait, such as `500ms`, `30s` or `5m`; `0s` looks once
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = duration::parse)]
    timeout: Duration,
    #[command(flatten)]
    source: SourceArguments,
}

/// Waits or gives up.
pub(super) fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let Arguments { timeout, source } = arguments;
    let config = Arc::new(source.load_quietly()?);
    process::harden();
    process::block_on(async {
        let why = match offline::wait(&config, timeout).await {
            Some(tokens) if tokens.are_good() => return Ok(ExitCode::SUCCESS),
            Some(tokens) => missing(&tokens),
            None => "the disk takes too long to be looked at".to_owned(),
        };
        Err(Failure::at_run_time(format!("time-out after {}: {why}", humantime::format_duration(timeout))))
    })
}

fn missing(tokens: &DiskStatus) -> String {
    let DiskStatus { credentials, required, missing, troubles } = tokens;
    if *credentials == 0 && troubles.is_empty() {
        return "there is no access key in any key folder".to_owned();
    }
    let mut text = match missing.len() {
        0 => "nobody knows which tokens are required:".to_owned(),
        1 if *required == 1 => "the one required token is not ready:".to_owned(),
        1 => format!("1 of {required} required tokens is not ready:"),
        many => format!("{many} of {required} required tokens are not ready:"),
    };
    for (name, why) in missing.iter().take(MISSING_SAID_MAX) {
        let _ = write!(text, "\n  {name}: {why}");
    }
    if missing.len() > MISSING_SAID_MAX {
        let _ = write!(text, "\n  and {} more", missing.len() - MISSING_SAID_MAX);
    }
    for trouble in troubles {
        let _ = write!(text, "\n  {trouble}");
    }
    text
}

const MISSING_SAID_MAX: usize = 20;
const EXAMPLES: &str = "\
Examples:
  tokenwell wait --config tokenwell.yaml --timeout 30s
  tokenwell wait --config tokenwell.yaml --timeout 0s     as a probe: look once";
