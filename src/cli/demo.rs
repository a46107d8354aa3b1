//! `tokenwell demo`: the whole thing in one command.

use std::{process::ExitCode, time::Duration};

use clap::Args;

use super::Failure;
use crate::config::duration;

/// See it work: a stand-in for Descope, the daemon and a live table in one command
///
/// Needs no account, no network and no configuration. Rotates a key and breaks the API for a few seconds on the way, and says
/// what it does. Ends with Ctrl-C.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// End by itself after this long, such as `20s`
    #[arg(long = "for", value_name = "DURATION", value_parser = duration::parse)]
    length: Option<Duration>,
}

/// Shows the demo until it is stopped or its time is over.
#[expect(clippy::needless_pass_by_value, reason = "every command owns its arguments")]
pub(super) fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let Arguments { length } = arguments;
    Err(Failure::at_run_time(format!("`demo` is not built yet, for {length:?}")))
}

const EXAMPLES: &str = "\
Examples:
  tokenwell demo
  tokenwell demo --for 20s | cat                    plain lines instead of a table";
