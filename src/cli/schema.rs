//! `tokenwell schema`: what may be written in a configuration, for editors.

use std::process::ExitCode;

use clap::Args;

use super::{Failure, print};
use crate::config::schema;

/// Print the JSON Schema of the configuration, for editors
///
/// Editors that take a schema then complete fields, explain them and mark mistakes while the file is written. It is a schema
/// of draft 7. It does not know the machine, the bounds of lengths of time, or what stands elsewhere in the file: `tokenwell
/// check` tells every mistake.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {}

/// Prints it.
pub(super) fn run(Arguments {}: Arguments) -> Result<ExitCode, Failure> {
    print::result(&format_args!("{:#}", schema::json()))?;
    Ok(ExitCode::SUCCESS)
}

const EXAMPLES: &str = "\
Examples:
  tokenwell schema > tokenwell.schema.json

First line of a configuration beside it:
  # yaml-language-server: $schema=./tokenwell.schema.json";
