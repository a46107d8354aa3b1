//! Every token, for the commands that wait for them: `once` and `exec`.

use std::{fmt::Write as _, time::Duration};

use tracing::warn;

use super::Failure;
use crate::{
    daemon::{Daemon, Turn},
    status::{CredentialReport, Report},
};

/// Turns the daemon until every token is on disk, none is due and every hook has run, or until the time is over. If by then
/// every token lives, though one that was due could not be renewed, or is of an earlier key, that is a warning. Cancel-safe.
pub(super) async fn every(daemon: &mut Daemon, timeout: Duration) -> Result<(), Failure> {
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
        warn!("{ended}: every token lives, but not every one that is due could be renewed");
        return Ok(());
    }
    let report = daemon.report();
    if daemon.has_every_token_of_any_key() {
        let others = lacking(&report).join("; ");
        warn!("{ended}: every token lives, but there is none yet of the key that the file holds now: {others}");
        return Ok(());
    }
    Err(Failure::at_run_time(format!("{ended}: {}", missing(&report))))
}

/// Which tokens there are not, and why.
fn missing(report: &Report) -> String {
    if report.credentials.is_empty() {
        return "there is no access key in any key folder".to_owned();
    }
    let lacking = lacking(report);
    let mut text = format!("{} of {} tokens are missing", lacking.len(), report.credentials.len());
    for said in lacking.iter().take(MISSING_SAID_MAX) {
        let _ = write!(text, "\n  {said}");
    }
    if lacking.len() > MISSING_SAID_MAX {
        let _ = write!(text, "\n  and {} more", lacking.len() - MISSING_SAID_MAX);
    }
    text
}

/// Who has no token of his key, and why.
fn lacking(report: &Report) -> Vec<String> {
    let lacking = report.credentials.iter().filter(|credential| !has_token_of_its_key(credential));
    let said = |credential: &CredentialReport| {
        let refusal = credential.last_refusal.as_ref().map(|refusal| refusal.message.as_str());
        let output = credential.outputs.iter().find_map(|output| output.error.as_deref());
        let why = credential
            .key_trouble
            .as_deref()
            .or(refusal)
            .or(output)
            .or(credential.remedy.as_deref())
            .unwrap_or("no answer yet");
        format!("{}: {why}", credential.name)
    };
    lacking.map(said).collect()
}

/// A token of an earlier key may live on, but it is not what is waited for.
fn has_token_of_its_key(credential: &CredentialReport) -> bool {
    let lives = matches!(credential.state, "fresh" | "failing");
    lives && credential.key_trouble.is_none() && credential.key_fingerprint == credential.token_key_fingerprint
}

const MISSING_SAID_MAX: usize = 20;
