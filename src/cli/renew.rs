//! `tokenwell renew`: the running daemon renews sessions now.

mod outcome;

use std::{collections::BTreeMap, path::Path, process::ExitCode, sync::Arc, time::Duration};

use clap::Args;
use rustix::process::Signal;
use tokio::time::sleep;

use self::outcome::{Before, Outcome};
use super::{
    control::{self, Reached},
    credential_name::not_found,
    failure::Failure,
    print, process,
    same_config::TargetConfig,
    source::SourceArguments,
};
use crate::{
    clock,
    config::duration,
    status::{self, RenewalAnswer, Report},
};

/// Let the running daemon renew sessions now, and wait for the result
///
/// Renews every session, or those of the named credentials, within their spacing and the pauses that the API asked for. A key that
/// was denied is sent again. Exits with 0 if every new token is on disk, and with 1 if one is refused, cannot be requested, or is
/// not there after the timeout. For the user that the daemon runs as, and root.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The credentials; by default all
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// How long to wait for the new tokens, such as `500ms`, `30s` or `5m`
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = duration::parse)]
    timeout: Duration,
    /// Only make the request, and do not wait for the new tokens
    #[arg(long, conflicts_with = "timeout")]
    no_wait: bool,
    #[command(flatten)]
    source: SourceArguments,
}

impl Arguments {
    /// How long the command may take altogether.
    pub(super) fn limit(&self) -> Duration {
        self.timeout.saturating_add(MARGIN)
    }
}

/// Requests the renewals, and waits for their results.
pub(super) fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let Arguments { names, timeout, no_wait, source } = arguments;
    let (config, file) = source.load_with_file()?;
    let target = Arc::new(TargetConfig { config: Arc::new(config), file });
    process::harden();
    process::block_on(async {
        let socket = match control::find(&target).await? {
            Reached::Socket(socket) => socket,
            Reached::Signals(process, socket) => return by_signal(&target, &names, process, &socket).await,
        };
        let requested = status::request_renewal(&socket, names).await.map_err(Failure::at_run_time)?;
        let report = match requested {
            RenewalAnswer::Requested(report) => report,
            RenewalAnswer::Unknown { known, unknown } => {
                let known: Vec<_> = known.iter().map(String::as_str).collect();
                return Err(not_found(unknown.first().map(String::as_str), &known, &[]));
            }
        };
        if report.credentials.is_empty() {
            return Err(Failure::at_run_time("there is no credential: every key folder is empty"));
        }
        if no_wait {
            let count = report.credentials.len();
            print::result(&format_args!(
                "requested the renewal of {count} session{}",
                if count == 1 { "" } else { "s" }
            ))?;
            return Ok(ExitCode::SUCCESS);
        }
        results(&socket, &report, timeout).await
    })
}

/// Requests the renewal of every session by a signal, which has no answer.
async fn by_signal(
    target: &Arc<TargetConfig>,
    names: &[String],
    process: i32,
    socket: &Path,
) -> Result<ExitCode, Failure> {
    let socket = socket.display();
    if !names.is_empty() {
        return Err(Failure::at_run_time(format!(
            "the daemon, process {process}, does not serve `{socket}`, and a signal renews every session; omit the names"
        )));
    }
    control::signal(target, process, Signal::USR1).await?;
    print::result(&format_args!(
        "sent USR1 to the daemon, process {process}, which does not serve `{socket}`; its log and `tokenwell status` have the result"
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// Waits for the result of each renewal, and prints it.
async fn results(socket: &Path, requested: &Report, timeout: Duration) -> Result<ExitCode, Failure> {
    let before = requested.credentials.iter().map(|credential| (credential.name.clone(), Before::of(credential)));
    let mut pending: BTreeMap<String, Before> = before.collect();
    let (count, deadline) = (pending.len(), clock::wall() + timeout);
    let end = clock::now() + timeout;
    let (mut printed, mut failed) = (0, Vec::new());
    loop {
        let report = status::control_report(socket).await.map_err(Failure::at_run_time)?;
        let (now, is_over) = (clock::wall(), clock::now() >= end);
        let mut still = BTreeMap::new();
        for (name, before) in pending {
            let later = report.credentials.iter().find(|credential| credential.name == name);
            match before.outcome(later, now, deadline) {
                Outcome::Renewed(how) => {
                    printed += 1;
                    if printed <= LISTED_MAX {
                        print::result(&format_args!("{name}: {how}"))?;
                    }
                }
                Outcome::Failed(why) => failed.push(format!("{name}: {why}")),
                Outcome::Waiting(next) if is_over => failed.push(format!("{name}: time-out; {next}")),
                Outcome::Waiting(_) => _ = still.insert(name, before),
            }
        }
        pending = still;
        if pending.is_empty() {
            break;
        }
        sleep(LOOK_EVERY).await;
    }
    if printed > LISTED_MAX {
        print::result(&format_args!("and {} more renewed", printed - LISTED_MAX))?;
    }
    if failed.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    Err(Failure::at_run_time(not_renewed(&failed, count)))
}

fn not_renewed(failed: &[String], count: usize) -> String {
    let more = failed.len().saturating_sub(LISTED_MAX);
    let more = if more > 0 { format!("\n  and {more} more") } else { String::new() };
    let listed = failed[..failed.len().min(LISTED_MAX)].join("\n  ");
    format!(
        "{} of {count} sessions {} not renewed:\n  {listed}{more}",
        failed.len(),
        if failed.len() == 1 { "is" } else { "are" }
    )
}

/// How often the daemon is asked for the results.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// The time for everything besides the wait.
const MARGIN: Duration = Duration::from_secs(20);
const LISTED_MAX: usize = 20;
const EXAMPLES: &str = "\
Examples:
  tokenwell renew --config tokenwell.yaml             every session
  tokenwell renew billing orders                      those of two credentials
  tokenwell renew billing --no-wait";
