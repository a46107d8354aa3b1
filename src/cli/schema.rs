//! `tokenwell schema`: prints the JSON Schema of the configuration.

use std::process::ExitCode;

use clap::Args;

use super::{failure::Failure, print};
use crate::config::schema;

/// Print the JSON Schema of the configuration, for editors
///
/// Editors with support for JSON Schema then complete fields, show their descriptions and mark mistakes as you type.
/// The schema uses draft 7. It does not check users, files, bounds of durations or relations between fields: `tokenwell
/// check` reports every mistake.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {}

/// Prints the schema.
pub(super) fn run(Arguments {}: Arguments) -> Result<ExitCode, Failure> {
    print::result(&format_args!("{:#}", schema::json()))?;
    Ok(ExitCode::SUCCESS)
}

const EXAMPLES: &str = "\
Examples:
  tokenwell schema > tokenwell.schema.json

First line of a configuration in the same folder:
  # yaml-language-server: $schema=./tokenwell.schema.json";
