//! The loop that drives the renewals. It owns all state; effects run as tasks, and their results come back as events.
//!
//! [`Daemon::turn`] takes one event (a result, an alarm, a signal, a hint that a file changed) and lets the pure core
//! decide. Each command writes its own loop around `turn`: to run for ever, to get every token once, or to show a
//! table.
//!
//! `event_loop.rs` holds `Daemon`, and `event_loop/` its handlers. Every other file is the owner of one part of the
//! state, or plain data. They do not know `Daemon`, and their fields are private.

mod advice;
mod control_socket;
mod credential_state;
mod credentials;
mod disk_scan;
mod event_log;
mod event_loop;
mod exchange_context;
mod exchange_effect;
mod generation_cleanup;
mod hang_monitor;
mod hook_runs;
mod host_holds;
mod input_monitor;
mod inspection;
mod next_action;
mod output_access;
mod output_index;
mod output_monitor;
mod processes;
mod publish_effect;
mod readiness;
mod readiness_index;
mod reconciler;
mod record_store;
mod refresh_warnings;
mod refusals;
mod reloader;
mod signals;
mod single_flight;
mod span;
mod state_access;
mod status_publisher;
mod tasks;
mod tls_files;
mod verifier;
mod written_outputs;

pub use self::{
    event_loop::{Daemon, StartError, Turn},
    reloader::ReloadSource,
};
