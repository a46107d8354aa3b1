//! `tokenwell once`: gets every token once.

use std::{process::ExitCode, time::Duration};

use clap::Args;

use super::{failure::Failure, process, source::SourceArguments, tokens};
use crate::{config::duration, daemon::Daemon};

/// Get every token, write it and exit: for init containers and cron
///
/// Fresh tokens on disk are kept, and due ones are renewed. Exits with 1 if a token is still missing after the timeout.
/// A valid token that could not be renewed, or that belongs to an earlier key, does not count as missing; a warning
/// names it.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// How long to try, such as `500ms`, `30s` or `5m`
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = duration::parse)]
    timeout: Duration,
    #[command(flatten)]
    source: SourceArguments,
}

/// Gets every token, or gives up after the timeout.
pub(super) fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let Arguments { timeout, source } = arguments;
    let (config, source) = source.begin()?;
    process::harden();
    process::block_on(async {
        let mut daemon = Daemon::start(config, source).map_err(Failure::at_run_time)?;
        let every = tokens::wait_for_all(&mut daemon, timeout).await;
        daemon.drain().await;
        every.map(|()| ExitCode::SUCCESS)
    })
}

const EXAMPLES: &str = "\
Examples:
  tokenwell once --config tokenwell.yaml --timeout 30s
  tokenwell once --project-id P2… --access-key-file key --output app.jwt";
