//! `tokenwell sandbox`: the local stand-in for Descope's API by itself.

use std::process::ExitCode;

use clap::Args;

use super::Failure;

/// A local stand-in for Descope's API, for trials and tests
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {}

/// Serves until it is stopped.
pub(super) fn run(_arguments: Arguments) -> Result<ExitCode, Failure> {
    Err(Failure::at_run_time("`sandbox` is not built yet"))
}

const EXAMPLES: &str = "\
Examples:
  tokenwell sandbox";
