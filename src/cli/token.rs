//! `tokenwell token`: prints the token of a credential.

use std::{
    io::{self, IsTerminal as _},
    path::Path,
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use super::{
    credential_name::not_found,
    failure::Failure,
    midway::settled,
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
    output::Output,
    secret::Secret,
    status::{CredentialReport, Report},
};
use clap::Args;

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
    let why = match recorded().await? {
        Ok(token) => return Ok(token),
        Err(why) => why,
    };
    let asked = Asked::of(target).await;
    match (&why, asked) {
        (NoValidToken::Forbidden(_), Asked::Daemon(RunningDaemon { report, .. })) => {
            let reported = check_report(&report, &credential.name).map_err(|why| no_token(&why))?;
            let outputs: Vec<_> =
                credential.outputs.iter().filter(|output| is_written(reported, output)).cloned().collect();
            let written = off_the_loop(move || offline::written_token(&outputs)).await.ok_or_else(hangs)?;
            written.map_err(|why| no_token(&why))
        }
        (NoValidToken::Forbidden(_), Asked::NoDaemon(last)) => {
            let outputs = Arc::clone(&credential);
            let claimed = off_the_loop(move || offline::claimed_token(&outputs.outputs, clock::wall()));
            claimed.await.ok_or_else(hangs)?.ok_or_else(|| no_token(&with_reasons(&why, last)))
        }
        (_, asked) => {
            let may_change = may_change(&why, &asked, &credential.name);
            settled(Err(why), |found| found.is_ok() || !may_change, recorded).await?.map_err(|why| match asked {
                Asked::Daemon(_) => no_token(&why),
                Asked::NoDaemon(last) => no_token(&with_reasons(&why, last)),
            })
        }
    }
}

/// Whether a running daemon may be about to write the record: it writes the token before.
fn may_change(why: &NoValidToken, asked: &Asked, name: &str) -> bool {
    let is_between = matches!(why, NoValidToken::NotOnDisk(_));
    match asked {
        Asked::Daemon(RunningDaemon { report, .. }) => is_between || check_report(report, name).is_ok(),
        Asked::NoDaemon(last) => is_between && last.is_writer_running(),
    }
}

/// Adds why no daemon answered.
fn with_reasons(why: &NoValidToken, last: LastStatus) -> String {
    last.reasons().fold(why.to_string(), |text, reason| format!("{text}; {reason}"))
}

/// Whether the daemon has written its newest session to that output.
fn is_written(credential: &CredentialReport, output: &Output) -> bool {
    let name = output.name();
    let mut outputs = credential.outputs.iter();
    credential.ready || outputs.any(|written| written.path == Path::new(&*name) && written.error.is_none())
}

/// Returns the daemon's report of that credential; the error is why no output of it holds a valid token.
fn check_report<'a>(report: &'a Report, name: &str) -> Result<&'a CredentialReport, String> {
    let Some(credential) = report.credentials.iter().find(|credential| credential.name == name) else {
        return Err("the daemon does not have this credential; does it run with an older configuration?".to_owned());
    };
    let CredentialReport { state, last_refusal, key_trouble, token_trouble, .. } = credential;
    if let (None, "fresh" | "failing") = (token_trouble, *state) {
        let mut outputs = credential.outputs.iter();
        return match outputs.find_map(|output| output.error.as_ref()) {
            _ if credential.ready => Ok(credential),
            Some(error) if credential.outputs.iter().all(|output| output.error.is_some()) => Err(error.clone()),
            Some(_) => Ok(credential),
            None => Err("an output does not hold its token".to_owned()),
        };
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

const EXAMPLES: &str = "\
Examples:
  curl -H \"Authorization: Bearer $(tokenwell token)\" https://api.example/
  token=$(tokenwell token billing --config tokenwell.yaml) || exit";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cli::terminal::samples::{at, failing, fresh, report},
        status::OutputReport,
    };

    fn outputs(errors: &[Option<&str>]) -> Vec<OutputReport> {
        let output = |error: Option<&str>| OutputReport {
            path: "/out/a".into(),
            format: "jwt",
            written_at: None,
            error: error.map(str::to_owned),
            note: None,
        };
        errors.iter().copied().map(output).collect()
    }

    #[test]
    fn a_session_that_no_output_took_is_no_valid_token() {
        let checked = |ready, errors: &[Option<&str>]| {
            let credential = CredentialReport { ready, outputs: outputs(errors), ..failing("a") };
            check_report(&report(4.2, vec![credential]), "a").map(|_| ())
        };
        let fifo = Some("it is a named pipe");
        assert_eq!(checked(false, &[fifo]), Err("it is a named pipe".to_owned()));
        assert_eq!(checked(false, &[fifo, None]), Ok(()));
        assert_eq!(checked(false, &[None]), Err("an output does not hold its token".to_owned()));
        assert_eq!(checked(true, &[fifo]), Ok(()), "the token before it is valid");
    }

    #[test]
    fn an_expired_token_is_named_with_its_end() {
        let credential = CredentialReport { state: "expired", ready: false, expires_at: Some(at(1.0)), ..fresh("a") };
        let why = check_report(&report(4.2, vec![credential]), "a").map(|_| ()).unwrap_err();
        assert!(why.starts_with("the token expired "), "{why}");
    }
}
