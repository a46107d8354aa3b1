//! The command line: parses arguments, runs the command, and turns its result into an exit code. One file per command.

mod check;
mod child_process;
mod command_line;
#[cfg(feature = "texts")]
mod completions;
mod control;
mod credential_name;
#[cfg(feature = "sandbox")]
mod demo;
mod exec;
mod failure;
mod init;
mod journal;
mod logging;
#[cfg(feature = "texts")]
mod man;
mod midway;
mod once;
mod panic;
mod print;
mod process;
mod reload;
mod renew;
mod run;
mod running_daemon;
mod same_config;
#[cfg(feature = "sandbox")]
mod sandbox;
#[cfg(feature = "texts")]
mod schema;
mod security_questions;
mod shell;
mod source;
mod status;
mod terminal;
mod token;
mod tokens;
mod version;
mod wait;

pub use command_line::main;
pub use failure::Failure;
