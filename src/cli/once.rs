//! `tokenwell once`: every token, once.

use std::{fmt::Write as _, process::ExitCode, time::Duration};

use clap::Args;
use tracing::warn;

use super::{Failure, process, source::SourceArguments};
use crate::{
    config::duration,
    daemon::{Daemon, Turn},
    status::{CredentialReport, Report},
};

/// Get every token, write it and exit: for init containers and cron
///
/// Tokens on disk that are still fresh are kept, those that are due are renewed. Exits with 1 if a token is still missing when
/// the time is over.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// How long to try, such as `500ms`, `30s` or `5m`
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = duration::parse)]
    timeout: Duration,
    #[command(flatten)]
    source: SourceArguments,
}

/// Gets every token or gives up.
pub(super) fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let Arguments { timeout, source } = arguments;
    let (config, source) = source.begin()?;
    process::block_on(async {
        let mut daemon = Daemon::start(config, source).map_err(Failure::at_run_time)?;
        let end = tokio::time::sleep(timeout);
        tokio::pin!(end);
        loop {
            daemon.hurry_what_is_overdue();
            if daemon.has_every_token() && !daemon.is_any_overdue() && !daemon.is_telling() {
                break;
            }
            let ended = tokio::select! {
                turn = daemon.turn() => match turn? {
                    Turn::Goes => continue,
                    Turn::Stop(sender) => format!("stopped by {sender}"),
                },
                () = &mut end => format!("time-out after {}", humantime::format_duration(timeout)),
            };
            let (report, has_every_token) = (daemon.report(), daemon.has_every_token());
            daemon.drain().await;
            if has_every_token {
                warn!("{ended}: every token lives, but not every one that is due could be renewed");
                return Ok(ExitCode::SUCCESS);
            }
            return Err(Failure::at_run_time(format!("{ended}: {}", missing(&report))));
        }
        daemon.drain().await;
        Ok(ExitCode::SUCCESS)
    })
}

/// Which tokens there are not, and why.
fn missing(report: &Report) -> String {
    if report.credentials.is_empty() {
        return "there is no access key in any key folder".to_owned();
    }
    let missing: Vec<_> = report.credentials.iter().filter(|credential| !has_token_of_its_key(credential)).collect();
    let mut text = format!("{} of {} tokens are missing", missing.len(), report.credentials.len());
    for credential in missing.iter().take(MISSING_SAID_MAX) {
        let refusal = credential.last_refusal.as_ref().map(|refusal| refusal.message.as_str());
        let output = credential.outputs.iter().find_map(|output| output.error.as_deref());
        let why = credential.key_trouble.as_deref().or(refusal).or(output).unwrap_or("no answer yet");
        let _ = write!(text, "\n  {}: {why}", credential.name);
    }
    if missing.len() > MISSING_SAID_MAX {
        let _ = write!(text, "\n  and {} more", missing.len() - MISSING_SAID_MAX);
    }
    text
}

/// A token of an earlier key may live on, but it is not what was asked for.
fn has_token_of_its_key(credential: &CredentialReport) -> bool {
    let lives = matches!(credential.state, "fresh" | "failing");
    lives && credential.key_trouble.is_none() && credential.key_fingerprint == credential.token_key_fingerprint
}

const MISSING_SAID_MAX: usize = 20;
const EXAMPLES: &str = "\
Examples:
  tokenwell once --config tokenwell.yaml --timeout 30s
  tokenwell once --project-id P2… --access-key-file key --output app.jwt";
