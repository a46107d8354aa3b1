//! `tokenwell check`: validates the configuration and prints the plan; with `--online`, prints what the doctor finds.

mod json;
mod json_plan;
mod plan;
mod report;

use std::{path::Path, process::ExitCode};

use clap::Args;

use self::{json::Online, plan::Plan, report::PrintedReport};
use super::{failure::Failure, print, process, source::SourceArguments};
use crate::{
    config::{self, Config, ConfigSource, Environment, Loaded},
    doctor::{self, Doctor, Extent, KeyMetadata, Progress, Report},
};

/// Validate the configuration and print the resolved plan
///
/// Reports every mistake in one run, with its line and its remedy. Makes no request; reads key files
/// only to warn of content that is no key. Exits with 0 if the configuration is valid, possibly with warnings, else with 2.
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
    /// Print the plan, the mistakes and the findings as one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    source: SourceArguments,
}

/// Runs the command.
pub(super) fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let Arguments { online, all, json, source } = arguments;
    let extent = online.then_some(if all { Extent::All } else { Extent::Sample });
    if json {
        return print_json(source, extent);
    }
    if let Some(extent) = extent {
        let (source, environment, loaded) = source.load_for_requests()?;
        return examine(loaded.config, &source, &environment, extent);
    }
    let (source, _, loaded) = source.load()?;
    process::harden();
    let keys = KeyMetadata::of(&loaded.config);
    let suspects = doctor::suspect_warnings(&loaded.config, &keys);
    let troubles = keys.warnings.iter().chain(&keys.exposed).chain(&keys.ignored).chain(&suspects);
    let programs = doctor::program_warnings(&loaded.config);
    let obstacles = doctor::obstacle_warnings(&loaded.config, &keys);
    for warning in troubles.chain(&programs).chain(&obstacles) {
        print::warning(&format_args!("warning: {warning}"));
    }
    print::result(&Plan { config: &loaded.config, file: source.path(), keys: &keys })?;
    Ok(ExitCode::SUCCESS)
}

/// Prints the mistakes or the plan and, if `extent` is given, the findings of the doctor as one JSON object.
fn print_json(source: SourceArguments, extent: Option<Extent>) -> Result<ExitCode, Failure> {
    let environment = Environment::of_process();
    let source = source.source(&environment)?;
    let loaded = config::load(&source, &environment);
    let loaded = if extent.is_some() { loaded.and_then(Loaded::for_requests) } else { loaded };
    let (config, warnings) = match loaded {
        Ok(loaded) => (loaded.config.clone(), loaded.warnings_of_check().cloned().collect::<Vec<_>>()),
        Err(mistakes) => {
            print::result(&format_args!("{:#}", json::refused(&mistakes)))?;
            return Ok(ExitCode::from(REFUSED));
        }
    };
    let file = source.path();
    let mut warnings: Vec<_> = warnings.iter().map(|warning| json::diagnostic(warning, file)).collect();
    let (keys, online) = match extent {
        Some(extent) => {
            let (keys, online) = collect(&Doctor::new(config.clone(), &environment, extent), file)?;
            (keys, Some(online))
        }
        None => (KeyMetadata::of(&config), None),
    };
    if online.is_none() {
        process::harden();
        let programs = doctor::program_warnings(&config);
        let suspects = doctor::suspect_warnings(&config, &keys);
        let troubles = keys.warnings.iter().chain(&keys.exposed).chain(&keys.ignored).chain(&suspects).chain(&programs);
        let obstacles = doctor::obstacle_warnings(&config, &keys);
        let troubles = troubles.chain(&obstacles);
        warnings.extend(troubles.map(|warning| json::warning(warning)));
    }
    let report = json::valid(&config, file, &keys, &warnings, online.as_ref());
    print::result(&format_args!("{report:#}"))?;
    Ok(if report["ok"] == true { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Collects what the doctor finds.
fn collect(doctor: &Doctor, file: Option<&Path>) -> Result<(KeyMetadata, Online), Failure> {
    process::harden();
    let mut findings = Vec::new();
    let keys = process::block_on(async {
        let mut receive = |progress| {
            match progress {
                Progress::Findings(found) => findings.extend(found),
                Progress::Waiting(what) => print::progress(&format_args!("... {what}")),
            }
            Ok(())
        };
        let mut report = Report::new(&mut receive);
        let keys = doctor.key_metadata(&mut report).await;
        doctor.examine(file, &keys, &mut report).await?;
        Ok(keys)
    })?;
    let orchestrator = doctor.orchestrator();
    Ok((keys, Online { findings, orchestrator }))
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

/// The exit code of a wrong configuration.
const REFUSED: u8 = 2;

const EXAMPLES: &str = "\
Examples:
  tokenwell check --config tokenwell.yaml
  tokenwell check --config tokenwell.yaml --online
  tokenwell check --config tokenwell.yaml --json | jq .mistakes
  tokenwell check --project-id P2… --access-key-file key --output app.jwt";
