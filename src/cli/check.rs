//! `tokenwell check`: the configuration validated, and what will be done by it; with `--online`, everything tried that it
//! needs.

mod key_files;
mod online;
mod plan;
mod programs;

use std::process::ExitCode;

use clap::Args;

use super::{Failure, print, source::SourceArguments};

/// Validate the configuration and print the resolved plan
///
/// Every mistake is told in one run, with its line and its remedy. Makes no request and reads no key. Exits with 0 if the
/// configuration can be used, be it with warnings, else with 2.
///
/// With --online it tries instead, one thing after the other, and tells of each how it went and what to do: key files, DNS,
/// TCP, proxy, TLS, what stands in front of the API, clocks, an exchange with each key, signatures, the life of sessions,
/// outputs, locks, hooks, the state directory. That costs one request for each key, which counts for the rate limit; the
/// sessions are thrown away. It may run beside a daemon: it takes no lock and leaves every token and state file alone. Exits
/// with 1 if something failed.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Try everything that the configuration needs, the network and the keys too
    #[arg(long)]
    online: bool,
    /// With --online: ask with every key, however many there are [default: with the first 20]
    #[arg(long, requires = "online")]
    all: bool,
    #[command(flatten)]
    source: SourceArguments,
}

/// Checks and prints.
pub(super) fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let Arguments { online, all, source } = arguments;
    let (source, environment, loaded) = source.load()?;
    if online {
        let keys_max = if all { usize::MAX } else { online::KEYS_MAX };
        return online::run(loaded.config, source.path(), &environment, keys_max);
    }
    let keys = key_files::look(&loaded.config);
    for warning in keys.warnings.iter().chain(&keys.ignored).chain(&programs::warnings(&loaded.config)) {
        print::complaint(&format_args!("warning: {warning}"));
    }
    print::result(&plan::Plan { config: &loaded.config, file: source.path(), keys: &keys })?;
    Ok(ExitCode::SUCCESS)
}

const EXAMPLES: &str = "\
Examples:
  tokenwell check --config tokenwell.yaml
  tokenwell check --config tokenwell.yaml --online
  tokenwell check --project-id P2… --access-key-file key --output app.jwt";
