//! The command line of the program: its commands, and how their results become exit codes.

use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use super::{
    check, child_process, exec,
    failure::{self, Failure},
    init, once, panic, reload, renew, run, security_questions, status, token, version, wait,
};
#[cfg(feature = "texts")]
use super::{completions, man, schema};
#[cfg(feature = "sandbox")]
use super::{demo, sandbox};
use crate::log_lines::FlushAtEnd;

/// Runs the command given by the process's arguments.
///
/// Exit codes: 0 success or a requested stop, 1 failure at run time, 2 wrong command line or configuration; `exec`
/// returns its program's code.
pub fn main() -> ExitCode {
    let _last_lines = FlushAtEnd;
    panic::hide_values();
    let parsed = Cli::command()
        .disable_help_subcommand(false)
        .try_get_matches()
        .and_then(|matches| Cli::from_arg_matches(&matches));
    match parsed {
        Ok(cli) => cli.command.run().unwrap_or_else(Failure::report),
        Err(error) => failure::report_usage(error),
    }
}

/// Keeps fresh Descope session JWTs in files
///
/// Tokenwell reads access keys, refresh tokens, answers to security questions or the secrets of OAuth clients from mounted files,
/// exchanges them at Descope's API or another OAuth server, and replaces each session in its file long before it ends. An app
/// needs no SDK, no secret and no retry code: it reads a file.
#[derive(Parser)]
#[command(name = "tokenwell", version, long_version = version::LONG, arg_required_else_help = true, after_long_help = EXAMPLES, after_help = EXAMPLES)]
#[command(max_term_width = HELP_COLUMNS_MAX, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Run(run::Arguments),
    Init(init::Arguments),
    Once(once::Arguments),
    Exec(exec::Arguments),
    Wait(wait::Arguments),
    Token(token::Arguments),
    Status(status::Arguments),
    Renew(renew::Arguments),
    Reload(reload::Arguments),
    #[command(visible_alias = "validate")]
    Check(check::Arguments),
    SecurityQuestions(security_questions::Arguments),
    #[cfg(feature = "sandbox")]
    Demo(demo::Arguments),
    #[cfg(feature = "sandbox")]
    Sandbox(sandbox::Arguments),
    #[cfg(feature = "texts")]
    Schema(schema::Arguments),
    #[cfg(feature = "texts")]
    Completions(completions::Arguments),
    #[cfg(feature = "texts")]
    Man(man::Arguments),
    /// Print version, commit, target and features, as `--version` does
    #[command(after_help = version::EXAMPLES)]
    Version,
}

impl Command {
    fn run(self) -> Result<ExitCode, Failure> {
        match self {
            Self::Init(arguments) => init::run(arguments),
            Self::Run(arguments) => run::run(arguments),
            Self::Once(arguments) => once::run(arguments),
            Self::Exec(arguments) => exec::run(arguments),
            Self::Wait(arguments) => child_process::run_within(arguments.limit(), || wait::run(arguments)),
            Self::Token(arguments) => child_process::run_within(token::LIMIT, || token::run(arguments)),
            Self::Status(arguments) => match arguments.limit() {
                Some(limit) => child_process::run_within(limit, || status::run(arguments)),
                None => status::run(arguments),
            },
            Self::Check(arguments) => check::run(arguments),
            Self::Renew(arguments) => child_process::run_within(arguments.limit(), || renew::run(arguments)),
            Self::Reload(arguments) => child_process::run_within(reload::LIMIT, || reload::run(arguments)),
            Self::SecurityQuestions(arguments) => security_questions::run(arguments),
            #[cfg(feature = "sandbox")]
            Self::Demo(arguments) => demo::run(arguments),
            #[cfg(feature = "sandbox")]
            Self::Sandbox(arguments) => sandbox::run(arguments),
            #[cfg(feature = "texts")]
            Self::Schema(arguments) => schema::run(arguments),
            #[cfg(feature = "texts")]
            Self::Completions(arguments) => completions::run(arguments, Cli::command()),
            #[cfg(feature = "texts")]
            Self::Man(arguments) => man::run(arguments, Cli::command()),
            Self::Version => version::run(),
        }
    }
}

const HELP_COLUMNS_MAX: usize = 100;
const EXAMPLES: &str = "\
Examples:
  tokenwell demo                                    see it work: no account, no configuration
  tokenwell init                                    write a first configuration
  tokenwell check --config tokenwell.yaml           find every mistake and print the plan
  tokenwell run --config tokenwell.yaml             keep every token fresh
  tokenwell exec --config tokenwell.yaml -- app     get the tokens, then run a program
  tokenwell run --project-id P2… --access-key-file /run/secrets/key --output /run/app.jwt";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
