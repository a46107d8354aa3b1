//! The loop that drives the renewals: it owns all state, effects are tasks, and their answers come back as events.
//!
//! [`Daemon::turn`] takes one happening (an answer, an alarm, a signal, a hint that a file changed) and lets the pure core
//! decide. What a command wants of the daemon (to run for ever, to get every token once, to show a table) is the command's
//! own loop around `turn`.

mod advice;
mod credential_state;
mod credentials;
mod disk_scan;
mod event_log;
mod event_loop;
mod exchange_context;
mod exchange_effect;
mod generation_cleanup;
mod hook_runs;
mod input_monitor;
mod inspection;
mod next_action;
mod output_access;
mod output_monitor;
mod processes;
mod readiness;
mod reconciler;
mod refusals;
mod reloader;
mod signals;
mod single_flight;
mod span;
mod status_publisher;
mod tasks;
mod verifier;

pub use self::{
    event_loop::{BLOCKING_THREADS_MAX, Daemon, StartError, Turn},
    reloader::Source,
};
