//! `tokenwell check`: the configuration validated, and what will be done by it.

mod key_files;
mod plan;
mod programs;

use std::process::ExitCode;

use clap::Args;

use super::{Failure, print, source::SourceArguments};

/// Validate the configuration and print the resolved plan
///
/// Every mistake is told in one run, with its line and its remedy. Makes no request and reads no key. Exits with 0 if the
/// configuration can be used, be it with warnings, else with 2.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    source: SourceArguments,
}

/// Checks and prints.
pub(super) fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let (source, _, loaded) = arguments.source.load()?;
    let keys = key_files::look(&loaded.config);
    for warning in keys.warnings.iter().chain(&programs::warnings(&loaded.config)) {
        print::complaint(&format_args!("warning: {warning}"));
    }
    print::result(&plan::Plan { config: &loaded.config, file: source.path(), keys: &keys })?;
    Ok(ExitCode::SUCCESS)
}

const EXAMPLES: &str = "\
Examples:
  tokenwell check --config tokenwell.yaml
  tokenwell check --project-id P2… --access-key-file key --output app.jwt";
