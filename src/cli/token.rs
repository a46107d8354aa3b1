//! `tokenwell token`: prints the token of a credential.

use std::{
    io::{self, IsTerminal as _},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use clap::Args;
use tokio::time::sleep;

use super::{
    credential_name::not_found,
    failure::Failure,
    print, process,
    running_daemon::{Asked, LastStatus, RunningDaemon, off_the_loop},
    same_config::TargetConfig,
    source::SourceArguments,
    terminal::span::past,
};
use crate::{
    clock,
    config::Credential,
    offline::{self, NoValidToken},
    secret::Secret,
    status::{CredentialReport, Report},
};

/// Print the token of a credential, if it is valid now
///
/// Prints the session JWT that is on disk, without a line break unless standard output is a terminal. Makes no request. If the
/// token is missing or has expired, prints nothing, gives the reason on standard error and exits with 1.
///
/// A user who may read the token but not the state asks the daemon whether the token is valid, as `tokenwell wait` does. If no
/// daemon answers, the token's own `exp` and this machine's clock decide.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The credential; may be left out if there is only one
    name: Option<String>,
    #[command(flatten)]
    source: SourceArguments,
}

/// How long the command may take altogether, because a disk may hang.
pub(super) const LIMIT: Duration = Duration::from_secs(15);

/// Prints the token, or says why there is none.
pub(super) fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let Arguments { name, source } = arguments;
    let (config, file) = source.load_with_file()?;
    let target = Arc::new(TargetConfig { config: Arc::new(config), file });
    process::harden();
    let token = process::block_on(async {
        let config = Arc::clone(&target.config);
        let found = off_the_loop(move || offline::find_credential(&config, name.as_deref()).map_err(|why| (name, why)));
        let credential = found.await.ok_or_else(hangs)?.map_err(|(name, why)| {
            let known: Vec<_> = why.known.iter().map(String::as_str).collect();
            not_found(name.as_deref(), &known, &why.troubles)
        })?;
        valid_token(&target, Arc::new(credential)).await
    })?;
    print::forward_result(token.expose().as_bytes())?;
    if io::stdout().is_terminal() {
        print::forward_result(b"\n")?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn valid_token(target: &Arc<TargetConfig>, credential: Arc<Credential>) -> Result<Secret, Failure> {
    let no_token = |why: &dyn std::fmt::Display| Failure::at_run_time(format!("{}: {why}", credential.name));
    let recorded = async || {
        let (config, credential) = (Arc::clone(&target.config), Arc::clone(&credential));
        off_the_loop(move || offline::recorded_token(&config, &credential)).await.ok_or_else(hangs)
    };
    let mut why = match recorded().await? {
        Ok(token) => return Ok(token),
        Err(why) => why,
    };
    let asked = Asked::of(target).await;
    match (&why, &asked) {
        (NoValidToken::Forbidden(_), Asked::Daemon(RunningDaemon { report, .. })) => {
            check_report(report, &credential.name).map_err(|why| no_token(&why))?;
            let outputs = Arc::clone(&credential);
            let written = off_the_loop(move || offline::written_token(&outputs.outputs)).await.ok_or_else(hangs)?;
            written.map_err(|why| no_token(&why))
        }
        (NoValidToken::Forbidden(_), Asked::NoDaemon(LastStatus { unanswered, .. })) => {
            let outputs = Arc::clone(&credential);
            let claimed = off_the_loop(move || offline::claimed_token(&outputs.outputs, clock::wall()));
            let unanswered = unanswered.as_ref().map(|why| format!("; {why}")).unwrap_or_default();
            claimed.await.ok_or_else(hangs)?.ok_or_else(|| no_token(&format!("{why}{unanswered}")))
        }
        (_, Asked::Daemon(RunningDaemon { report, .. })) => {
            // The daemon writes the token before its record, so the record may be about to change.
            for _ in 0..RECORD_LOOKS {
                if check_report(report, &credential.name).is_err() {
                    break;
                }
                sleep(RECORD_PAUSE).await;
                match recorded().await? {
                    Ok(token) => return Ok(token),
                    Err(newer) => why = newer,
                }
            }
            Err(no_token(&why))
        }
        (_, Asked::NoDaemon(_)) => Err(no_token(&why)),
    }
}

/// Returns why the daemon has no valid token of that credential, if so.
fn check_report(report: &Report, name: &str) -> Result<(), String> {
    let Some(credential) = report.credentials.iter().find(|credential| credential.name == name) else {
        return Err("the daemon does not have this credential; does it run with an older configuration?".to_owned());
    };
    let CredentialReport { state, last_refusal, key_trouble, token_trouble, .. } = credential;
    if let (None, "fresh" | "failing") = (token_trouble, *state) {
        return Ok(());
    }
    let refusal = last_refusal.as_ref().map(|refusal| format!("{}: {}", refusal.class_word(), refusal.message));
    let cause = key_trouble.clone().or(refusal).map(|cause| format!("; {cause}")).unwrap_or_default();
    Err(match (token_trouble, *state, credential.expires_at) {
        (Some(why), _, _) => why.clone(),
        (None, "expired", Some(at)) => format!("the token expired {}{cause}", past(clock::wall(), at)),
        (None, _, _) => format!("there is no token yet{cause}"),
    })
}

fn hangs() -> Failure {
    Failure::at_run_time("the disk of the state or of an output takes too long to respond; see the kernel's log")
}

/// How often, and after which time, a record is read again that a running daemon may be about to write.
const RECORD_LOOKS: usize = 10;
const RECORD_PAUSE: Duration = Duration::from_millis(100);

const EXAMPLES: &str = "\
Examples:
  curl -H \"Authorization: Bearer $(tokenwell token billing)\" https://api.example.com/
  token=$(tokenwell token billing --config tokenwell.yaml) || exit";
