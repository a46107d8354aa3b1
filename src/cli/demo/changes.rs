//! What changed between two reports, in words.

use super::{
    table::{seconds, tone, until},
    text::Tone,
};
use crate::status::{CredentialReport, NextAction, Report};

/// Something that happened to a credential.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Change {
    pub(super) credential: String,
    pub(super) tone: Tone,
    pub(super) text: String,
    /// It happens all the time: a table that moves says it well enough.
    pub(super) routine: bool,
}

/// All that happened, one credential after the other.
pub(super) fn between(before: &Report, after: &Report) -> Vec<Change> {
    let known = |name: &str| before.credentials.iter().find(|credential| credential.name == name);
    let mut changes = Vec::new();
    for credential in &after.credentials {
        let Some(before) = known(&credential.name) else { continue };
        let parts = [key(before, credential), refusal(before, credential, after), token(before, credential, after)];
        let expired =
            (before.state != "expired" && credential.state == "expired").then(|| said(Tone::Bad, EXPIRED, false));
        changes.extend(parts.into_iter().chain([expired]).flatten().map(|(tone, text, routine)| Change {
            credential: credential.name.clone(),
            tone,
            text,
            routine,
        }));
    }
    changes
}

type Said = (Tone, String, bool);

fn key(before: &CredentialReport, after: &CredentialReport) -> Option<Said> {
    let known = before.key_fingerprint.is_some() || before.key_trouble.is_some();
    match (&after.key_fingerprint, &after.key_trouble) {
        (_, Some(why)) if before.key_trouble.as_ref() != Some(why) => said(Tone::Poor, why.clone(), false).into(),
        (Some(key), None) if known && before.key_fingerprint.as_ref() != Some(key) => {
            said(Tone::Plain, format!("another access key is in the file, fingerprint {key}"), false).into()
        }
        (_, _) => None,
    }
}

fn refusal(before: &CredentialReport, after: &CredentialReport, report: &Report) -> Option<Said> {
    let refused = after.last_refusal.as_ref().filter(|_| after.exchanges > before.exchanges && after.failures > 0)?;
    let left = match after.expires_at.map(|expires| until(report.at, expires)) {
        Some(left) if left.is_zero() => "the last token has expired".to_owned(),
        Some(left) => format!("the last token lives for {}", seconds(left)),
        None => "there is no token yet".to_owned(),
    };
    let known = before.last_refusal.as_ref().is_some_and(|known| known.message == refused.message);
    said(tone(after.state), format!("refused: {}; {left}", refused.message), known).into()
}

fn token(before: &CredentialReport, after: &CredentialReport, report: &Report) -> Option<Said> {
    if let Some(error) = after.outputs.iter().find_map(|output| output.error.as_ref()) {
        let known = before.outputs.iter().any(|output| output.error.as_ref() == Some(error));
        return (!known).then(|| said(Tone::Bad, error.clone(), false));
    }
    if after.writes == before.writes {
        return None;
    }
    let left = after.expires_at.map(|expires| seconds(until(report.at, expires))).unwrap_or_default();
    let (what, routine) = match (&before.token_key_fingerprint, before.last_refusal.is_some()) {
        (None, _) => ("the first token", false),
        (old, _) if *old != after.token_key_fingerprint => ("a token of the new access key", false),
        (_, true) => ("healed: a new token", false),
        (_, false) => ("a new token", true),
    };
    let next = match &after.next_action {
        Some(NextAction { what: "exchange", at: Some(at) }) => {
            format!(", renewal in {}", seconds(until(report.at, *at)))
        }
        Some(_) | None => String::new(),
    };
    said(Tone::Good, format!("{what} is on disk and lives for {left}{next}"), routine).into()
}

fn said(tone: Tone, text: impl Into<String>, routine: bool) -> Said {
    (tone, text.into(), routine)
}

const EXPIRED: &str = "the token on disk has expired";
