//! `tokenwell once`: every token, once.

use std::{process::ExitCode, time::Duration};

use clap::Args;

use super::{Failure, process, source::SourceArguments, tokens};
use crate::{config::duration, daemon::Daemon};

/// Get every token, write it and exit: for init containers and cron
///
/// Tokens on disk that are still fresh are kept, those that are due are renewed. Exits with 1 if a token is still missing when
/// the time is over. One that lives, but could not be renewed or is of an earlier key, is not missing: a warning tells of it.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// How long to try, such as `500ms`, `30s` or `5m`
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = duration::parse)]
    timeout: Duration,
    #[command(flatten)]
    source: SourceArguments,
}

/// Gets every token or gives up.
pub(super) fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let Arguments { timeout, source } = arguments;
    let (config, source) = source.begin()?;
    process::harden();
    process::block_on(async {
        let mut daemon = Daemon::start(config, source).map_err(Failure::at_run_time)?;
        let every = tokens::every(&mut daemon, timeout).await;
        daemon.drain().await;
        every.map(|()| ExitCode::SUCCESS)
    })
}

const EXAMPLES: &str = "\
Examples:
  tokenwell once --config tokenwell.yaml --timeout 30s
  tokenwell once --project-id P2… --access-key-file key --output app.jwt";
