//! `tokenwell check`: the configuration validated, and what will be done by it; with `--online`, everything tried that it
//! needs.

mod plan;
mod report;

use std::process::ExitCode;

use clap::Args;

use self::{plan::Plan, report::PrintedReport};
use super::{failure::Failure, print, process, source::SourceArguments};
use crate::{
    config::{Config, Environment, Source},
    doctor::{self, Doctor, Extent, KeyMetadata, Report},
};

/// Validate the configuration and print the resolved plan
///
/// Every mistake is told in one run, with its line and its remedy. Makes no request and reads no key. Exits with 0 if the
/// configuration can be used, be it with warnings, else with 2.
///
/// With --online it also tries, one thing after the other, and tells of each how it went and what to do: key files, DNS, TCP,
/// proxy, TLS, what stands in front of the API, clocks, an exchange with each key, signatures, the life of sessions, outputs,
/// locks, hooks, the state directory, the address of the status server. Exits with 1 if something failed.
///
/// That costs one request for each key, which counts for the rate limit; the sessions are thrown away. It keeps the spacing
/// to the exchanges that the state directory tells of, and notes its own there, so that a daemon which starts afterwards
/// keeps it too. It may run beside a daemon: it takes no lock and leaves every token alone, and the state of that daemon as
/// well, which may therefore ask sooner than its spacing after the check.
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

/// Prints the plan and what the doctor finds. Ends with exit code 1 if something failed.
fn examine(config: Config, source: &Source, environment: &Environment, extent: Extent) -> Result<ExitCode, Failure> {
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
