//! What follows a write: somebody is told of the new token.
//!
//! A hook acts on the world beside us, so everything about it is bounded: how long it may take, what is read of what it
//! prints, whom it may reach. Nobody is given the token.

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
