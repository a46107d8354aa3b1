//! Waits for every token, for `once` and `exec`.

use std::{fmt::Write as _, time::Duration};

use tracing::warn;

use super::failure::Failure;
use crate::{
    daemon::{Daemon, Turn},
    status::{CredentialReport, Report},
};

/// Runs the daemon until every token is on disk, none is due and every hook has run, or until the timeout. If every
/// token is valid by then, but one could not be renewed or belongs to an earlier key, logs a warning and succeeds.
/// Cancel-safe.
pub(super) async fn wait_for_all(daemon: &mut Daemon, timeout: Duration) -> Result<(), Failure> {
    let end = tokio::time::sleep(timeout);
    tokio::pin!(end);
    let ended = loop {
        daemon.hurry_what_is_overdue();
        if daemon.has_every_token() && !daemon.is_any_overdue() && !daemon.is_telling() {
            return Ok(());
        }
        tokio::select! {
            turn = daemon.turn() => if let Turn::Stop(sender) = turn? {
                break format!("stopped by {sender}");
            },
            () = &mut end => break format!("time-out after {}", humantime::format_duration(timeout)),
        }
    };
    if daemon.has_every_token_by_the_last_look() {
        warn!("{ended}: every token is valid, but not every due one could be renewed");
        return Ok(());
    }
    let report = daemon.report();
    if daemon.has_every_token_of_any_key() {
        let others = incomplete(&report).join("; ");
        warn!(
            "{ended}: every token is valid, but some belong to an earlier key than the one in the key file: {others}"
        );
        return Ok(());
    }
    Err(Failure::at_run_time(format!("{ended}: {}", missing(&report))))
}

/// Lists the missing tokens, with the reasons.
fn missing(report: &Report) -> String {
    if report.credentials.is_empty() {
        return "there is no access key in any key folder".to_owned();
    }
    let incomplete = incomplete(report);
    let mut text = format!("{} of {} tokens are missing", incomplete.len(), report.credentials.len());
    for line in incomplete.iter().take(MISSING_LISTED_MAX) {
        let _ = write!(text, "\n  {line}");
    }
    if incomplete.len() > MISSING_LISTED_MAX {
        let _ = write!(text, "\n  and {} more", incomplete.len() - MISSING_LISTED_MAX);
    }
    text
}

/// Lists the credentials without a token of their current key, with the reasons.
fn incomplete(report: &Report) -> Vec<String> {
    let incomplete = report.credentials.iter().filter(|credential| !has_token_of_its_key(credential));
    let line = |credential: &CredentialReport| {
        let refusal = credential.last_refusal.as_ref().map(|refusal| refusal.message.as_str());
        let output = credential.outputs.iter().find_map(|output| output.error.as_deref());
        let has_session = matches!(credential.state, "fresh" | "failing");
        let unknown = if has_session { "an output does not hold its token" } else { "no answer yet" };
        let why = credential
            .key_trouble
            .as_deref()
            .or(output.filter(|_| has_session && !credential.ready))
            .or(credential.token_trouble.as_deref().filter(|_| refusal.is_none()))
            .or(refusal)
            .or(credential.host_trouble.as_deref())
            .or(output)
            .or(credential.remedy.as_deref())
            .unwrap_or(unknown);
        format!("{}: {why}", credential.name)
    };
    incomplete.map(line).collect()
}

/// A valid token of an earlier key does not count, nor does one that an output has not taken.
fn has_token_of_its_key(credential: &CredentialReport) -> bool {
    let is_of_its_key = credential.key_fingerprint == credential.token_key_fingerprint;
    credential.ready && credential.key_trouble.is_none() && is_of_its_key
}

const MISSING_LISTED_MAX: usize = 20;
