//! `tokenwell reload`: the running daemon reads its configuration again.

use std::{process::ExitCode, sync::Arc, time::Duration};

use clap::Args;
use rustix::process::Signal;

use super::{
    control::{self, Reached},
    failure::Failure,
    print, process,
    same_config::TargetConfig,
    source::SourceArguments,
};
use crate::status::{self, ReloadOutcome};

/// Let the running daemon read its configuration again, and print the result
///
/// Exits with 0 if the new configuration is in force or nothing has changed. If it is refused, prints every mistake, and the
/// daemon keeps the one in force. For the user that the daemon runs as, and root.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    source: SourceArguments,
}

/// How long the command may take altogether.
pub(super) const LIMIT: Duration = Duration::from_secs(45);

/// Requests a reload, and prints what became of it.
pub(super) fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let (config, file) = arguments.source.load_with_file()?;
    let target = Arc::new(TargetConfig { config: Arc::new(config), file });
    process::harden();
    let outcome = process::block_on(async {
        match control::find(&target).await? {
            Reached::Socket(socket) => status::request_reload(&socket).await.map(Some).map_err(Failure::at_run_time),
            Reached::Signals(process, socket) => {
                control::signal(&target, process, Signal::HUP).await?;
                let socket = socket.display();
                print::result(&format_args!(
                    "sent HUP to the daemon, process {process}, which does not serve `{socket}`; its log has the result"
                ))?;
                Ok(None)
            }
        }
    })?;
    let Some(outcome) = outcome else { return Ok(ExitCode::SUCCESS) };
    match outcome {
        ReloadOutcome::Applied { warnings } => {
            for warning in warnings {
                print::notice(&format_args!("warning: {warning}"));
            }
            print::result(&"the new configuration is in force")?;
        }
        ReloadOutcome::Unchanged => print::result(&"the configuration is unchanged: what the file says is in force")?,
        ReloadOutcome::Refused { why } => {
            return Err(Failure::at_run_time(format!("the daemon keeps the configuration in force: {why}")));
        }
    }
    Ok(ExitCode::SUCCESS)
}

const EXAMPLES: &str = "\
Examples:
  tokenwell reload --config tokenwell.yaml
  tokenwell check --config tokenwell.yaml && tokenwell reload --config tokenwell.yaml";
