//! Hooks: they run after a write and notify an application of the new token.
//!
//! A hook acts on other programs, so everything about it is bounded: its run time, how much of its output is read, and
//! which processes and addresses it may reach. No hook receives the token.

mod command;
mod command_output;
mod definition;
mod display;
mod encodings;
mod outcome;
mod pid_file;
mod post;
mod probe;
mod process;
mod process_name;
mod redact;
mod run;
mod send;
mod signal;

pub use command_output::PRINTED_BYTES_MAX;
pub use definition::{Hook, Recipient};
pub use outcome::{HookContext, HookOutcome, HookRun};
pub use post::{LoopbackUrl, LoopbackUrlError};
pub use probe::{HookProbe, probe_listener, probe_process};
pub use run::run;
pub use signal::Signal;
