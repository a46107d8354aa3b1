//! `tokenwell run`: the daemon.

use std::process::ExitCode;

use clap::Args;
use tracing::info;

use super::{Failure, process, source::SourceArguments};
use crate::{
    config::Environment,
    confine::{Confinement, Need, Use},
    daemon::{Daemon, Turn},
};

/// Keep every token fresh until told to stop: the daemon
///
/// HUP reads the configuration again (a changed file is noticed without it), USR1 renews everything now, TERM and INT finish
/// the write at hand and stop.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    source: SourceArguments,
}

/// Runs the daemon until it is stopped.
pub(super) fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let (config, source) = arguments.source.begin()?;
    process::harden();
    // Before the runtime is made: nothing has started a thread by now, and every later one is confined with this one.
    let confinement = Confinement::begin(&config, source.file.as_deref(), certificates());
    process::block_on(async {
        let mut daemon = Daemon::start(config, source).map_err(Failure::at_run_time)?;
        daemon.stay_within(confinement);
        daemon.serve_status().map_err(Failure::at_run_time)?;
        daemon.tell_service_manager();
        loop {
            if let Turn::Stop(sender) = daemon.turn().await? {
                info!(sender, "stopping");
                daemon.drain().await;
                info!("stopped");
                return Ok(ExitCode::SUCCESS);
            }
        }
    })
}

/// Where the environment says that the roots of TLS are, as OpenSSL's programs take it.
fn certificates() -> Vec<Need> {
    let environment = Environment::of_process();
    let files = environment.setting("SSL_CERT_FILE").map(|path| Need { path: path.into(), purpose: Use::File });
    let folders = environment.paths("SSL_CERT_DIR").into_iter().map(|path| Need { path, purpose: Use::Folder });
    files.into_iter().chain(folders).collect()
}

const EXAMPLES: &str = "\
Examples:
  tokenwell run --config tokenwell.yaml
  tokenwell run --project-id P2… --access-key-file /run/secrets/key --output /run/app.jwt";
