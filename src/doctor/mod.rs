//! The doctor, behind `tokenwell check --online`: tries each step that a configuration needs, from its key files to the
//! address of the status server.
//!
//! Each examination is a file: `probe` collects plain data, `findings` explains what the data means and what to do. The caller
//! receives the findings as they become known and prints them.
//!
//! The doctor takes no lock and changes no token file, so it may run beside a daemon. It makes one or two requests for public
//! keys, and one exchange for each key. Where no daemon runs, it records these exchanges in the state directory, so that the
//! next daemon keeps its spacing to them.

mod api;
mod bounds;
mod check_run;
mod clock_skew;
mod configuration;
mod dns;
mod edge;
mod examination;
mod exchange_probe;
mod exchanges;
mod finding;
mod hooks;
mod interruptions;
mod key_files;
mod key_metadata;
mod listen;
mod locks;
mod needs;
mod obstacles;
mod outputs;
mod programs;
mod progress;
mod proxy;
mod reach;
mod session_lifetimes;
mod signatures;
mod spacing;
mod state_directory;
mod suspects;
mod tcp;
mod tls;
mod token_lengths;

pub use self::{
    examination::Doctor,
    exchanges::Extent,
    finding::{Finding, FindingStatus, bounded},
    key_metadata::KeyMetadata,
    needs::{Need, Orchestrator},
    obstacles::warnings as obstacle_warnings,
    programs::warnings as program_warnings,
    progress::{Progress, Report},
    session_lifetimes::KUBERNETES_LEFT_MIN,
    suspects::warnings as suspect_warnings,
};
