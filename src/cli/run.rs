//! `tokenwell run`: the daemon.

use std::process::ExitCode;

use clap::Args;
use tracing::info;

use super::{failure::Failure, process, source::SourceArguments};
use crate::{
    blocking,
    config::Environment,
    confine::{Confinement, Need, Usage},
    daemon::{Daemon, Turn},
    log_lines,
};

/// Run the daemon: keep every token fresh until stopped
///
/// HUP reloads the configuration (a changed file is also noticed without it), USR1 renews everything now, TERM and INT
/// finish the current write and stop.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    source: SourceArguments,
}

/// Runs the daemon until it is stopped.
pub(super) fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    log_lines::defer_thread();
    let (config, source) = arguments.source.begin()?;
    process::harden();
    // Before the runtime exists: no thread has started yet, so every later one inherits the confinement.
    let confinement = Confinement::begin(&config, source.file.as_deref(), certificates());
    log_lines::start_thread();
    process::block_on(async {
        blocking::keep_thread();
        let mut daemon = Daemon::start(config, source).map_err(Failure::at_run_time)?;
        daemon.stay_within(confinement);
        daemon.serve_status();
        daemon.serve_control();
        daemon.tell_service_manager();
        let ended = loop {
            match daemon.turn().await {
                Ok(Turn::Goes) => {}
                Ok(Turn::Stop(sender)) => {
                    info!(sender, "stopping");
                    break Ok(ExitCode::SUCCESS);
                }
                Err(error) => break Err(error.into()),
            }
        };
        daemon.drain().await;
        info!("stopped");
        ended
    })
}

/// Returns the files and folders of root certificates in the environment, by OpenSSL's variables.
fn certificates() -> Vec<Need> {
    let environment = Environment::of_process();
    let files = environment.setting("SSL_CERT_FILE").map(|path| Need { path: path.into(), purpose: Usage::File });
    let folders = environment.paths("SSL_CERT_DIR").into_iter().map(|path| Need { path, purpose: Usage::Folder });
    files.into_iter().chain(folders).collect()
}

const EXAMPLES: &str = "\
Examples:
  tokenwell run --config tokenwell.yaml
  tokenwell run --project-id P2… --access-key-file /run/secrets/key --output /run/app.jwt";
