//! `tokenwell version`: the version, and what was built.

use std::process::ExitCode;

use super::{failure::Failure, print};

/// Version, commit, target and cargo features: see `src/build.rs`.
pub(super) const LONG: &str = concat!(env!("CARGO_PKG_VERSION"), " (", env!("TOKENWELL_BUILD"), ")");

/// Prints them, as `--version` does.
pub(super) fn run() -> Result<ExitCode, Failure> {
    print::result(&format_args!("tokenwell {LONG}"))?;
    Ok(ExitCode::SUCCESS)
}

pub(super) const EXAMPLES: &str = "\
Examples:
  tokenwell version";
