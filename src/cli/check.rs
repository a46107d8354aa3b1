//! `tokenwell check`: validates the configuration and prints the plan; with `--online`, prints what the doctor finds.

mod plan;
mod report;

use std::process::ExitCode;

use clap::Args;

use self::{plan::Plan, report::PrintedReport};
use super::{failure::Failure, print, process, source::SourceArguments};
use crate::{
    config::{Config, ConfigSource, Environment},
    doctor::{self, Doctor, Extent, KeyMetadata, Report},
};

/// Validate the configuration and print the resolved plan
///
/// Reports every mistake in one run, with its line and its remedy. Makes no request and reads no key. Exits with 0 if the
/// configuration is valid, possibly with warnings, else with 2.
///
/// With --online it also tries each step that the configuration needs, and reports the result and the remedy: key files, DNS,
/// TCP, proxy, TLS, what stands in front of the API, clocks, an exchange with each key, signatures, the life of sessions,
/// outputs, locks, hooks, the state directory, the address of the status server. Exits with 1 if something failed.
///
/// --online makes one exchange for each key, which counts for the rate limit, and discards the sessions. It keeps the spacing
/// to the exchanges in the state directory and records its own there, so a daemon that starts afterwards keeps it too. It may
/// run beside a daemon: it takes no lock, and changes no token and no state of that daemon, which may therefore make its next
/// exchange sooner than its spacing after the check.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Try every step that the configuration needs, including the network and the keys
    #[arg(long)]
    online: bool,
    /// With --online: make an exchange with every key [default: with the first 20]
    #[arg(long, requires = "online")]
    all: bool,
    #[command(flatten)]
    source: SourceArguments,
}

/// Runs the command.
pub(super) fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let Arguments { online, all, source } = arguments;
    let (source, environment, loaded) = source.load()?;
    if online {
        let extent = if all { Extent::All } else { Extent::Sample };
        return examine(loaded.config, &source, &environment, extent);
    }
    let keys = KeyMetadata::of(&loaded.config);
    let troubles = keys.warnings.iter().chain(&keys.exposed).chain(&keys.ignored);
    for warning in troubles.chain(&doctor::program_warnings(&loaded.config)) {
        print::notice(&format_args!("warning: {warning}"));
    }
    print::result(&Plan { config: &loaded.config, file: source.path(), keys: &keys })?;
    Ok(ExitCode::SUCCESS)
}

/// Prints the plan and the findings of the doctor. The exit code is 1 if something failed.
fn examine(
    config: Config,
    source: &ConfigSource,
    environment: &Environment,
    extent: Extent,
) -> Result<ExitCode, Failure> {
    process::harden();
    let doctor = Doctor::new(config, environment, extent);
    let mut printed = PrintedReport::open();
    let is_well = process::block_on(async {
        let mut print = |progress| printed.print(progress);
        let mut report = Report::new(&mut print);
        let keys = doctor.key_metadata(&mut report).await;
        print::result(&format_args!("{}\n", Plan { config: doctor.config(), file: source.path(), keys: &keys }))?;
        doctor.examine(source.path(), &keys, &mut report).await?;
        Ok(printed.end(doctor.orchestrator())?)
    })?;
    Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

const EXAMPLES: &str = "\
Examples:
  tokenwell check --config tokenwell.yaml
  tokenwell check --config tokenwell.yaml --online
  tokenwell check --project-id P2… --access-key-file key --output app.jwt";
