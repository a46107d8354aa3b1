//! What changed between two reports, in words.

use super::table::seconds;
use crate::{
    cli::terminal::{span::until, text::Color},
    status::{CredentialReport, NextAction, Report},
};

/// Something that happened to a credential.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Change {
    pub(super) credential: String,
    pub(super) color: Color,
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
            (before.state != "expired" && credential.state == "expired").then(|| said(Color::Bad, EXPIRED, false));
        changes.extend(parts.into_iter().chain([expired]).flatten().map(|(color, text, routine)| Change {
            credential: credential.name.clone(),
            color,
            text,
            routine,
        }));
    }
    changes
}

type Said = (Color, String, bool);

fn key(before: &CredentialReport, after: &CredentialReport) -> Option<Said> {
    let known = before.key_fingerprint.is_some() || before.key_trouble.is_some();
    match (&after.key_fingerprint, &after.key_trouble) {
        (_, Some(why)) if before.key_trouble.as_ref() != Some(why) => said(Color::Poor, why.clone(), false).into(),
        (Some(key), None) if known && before.key_fingerprint.as_ref() != Some(key) => {
            said(Color::Plain, format!("the key file holds another access key: {key}"), false).into()
        }
        (_, _) => None,
    }
}

fn refusal(before: &CredentialReport, after: &CredentialReport, report: &Report) -> Option<Said> {
    let refused = after.last_refusal.as_ref().filter(|_| after.exchanges > before.exchanges && after.failures > 0)?;
    let left = match after.expires_at.map(|expires| until(report.at, expires)) {
        Some(left) if left.is_zero() => "the old token has expired".to_owned(),
        Some(left) => format!("the old token lives {} more", seconds(left)),
        None => "there is no token yet".to_owned(),
    };
    let known = before.last_refusal.as_ref().is_some_and(|known| known.message == refused.message);
    said(Color::of_state(after.state), format!("{}; {left}", refused.message), known).into()
}

fn token(before: &CredentialReport, after: &CredentialReport, report: &Report) -> Option<Said> {
    if let Some(error) = after.outputs.iter().find_map(|output| output.error.as_ref()) {
        let known = before.outputs.iter().any(|output| output.error.as_ref() == Some(error));
        return (!known).then(|| said(Color::Bad, error.clone(), false));
    }
    if after.writes == before.writes {
        return None;
    }
    let left = after.expires_at.map(|expires| seconds(until(report.at, expires))).unwrap_or_default();
    let (what, routine) = match (&before.token_key_fingerprint, before.last_refusal.is_some()) {
        (None, _) => ("first token", false),
        (old, _) if *old != after.token_key_fingerprint => ("token of the new key", false),
        (_, true) => ("healed: new token", false),
        (_, false) => ("new token", true),
    };
    let next = match &after.next_action {
        Some(NextAction { what: "exchange", at: Some(at) }) => {
            format!(", renewal in {}", seconds(until(report.at, *at)))
        }
        Some(_) | None => String::new(),
    };
    said(Color::Good, format!("{what} written; it lives {left}{next}"), routine).into()
}

fn said(color: Color, text: impl Into<String>, routine: bool) -> Said {
    (color, text.into(), routine)
}

const EXPIRED: &str = "the token on disk has expired";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::terminal::samples::{at, failing, fresh, report};

    /// What is told when a credential is first this and then that, at 4.2 seconds.
    fn told(before: CredentialReport, after: CredentialReport) -> Vec<(String, bool)> {
        let changes = between(&report(4.2, vec![before]), &report(4.2, vec![after]));
        changes.into_iter().map(|change| (change.text, change.routine)).collect()
    }

    fn renewed() -> CredentialReport {
        CredentialReport { exchanges: 5, writes: 5, issued_at: Some(at(4.0)), expires_at: Some(at(14.0)), ..fresh("a") }
    }

    fn one(text: &str, routine: bool) -> Vec<(String, bool)> {
        vec![(text.to_owned(), routine)]
    }

    #[test]
    fn time_that_passes_is_no_change() {
        let (before, after) = (report(1.0, vec![fresh("a")]), report(2.0, vec![fresh("a")]));
        assert_eq!(between(&before, &after), []);
    }

    #[test]
    fn a_renewal_is_routine_but_the_first_one_is_not() {
        assert_eq!(told(fresh("a"), renewed()), one("new token written; it lives 9.8s, renewal in 0.0s", true));
        let starting = CredentialReport { writes: 0, token_key_fingerprint: None, ..fresh("a") };
        assert!(!told(starting, renewed())[0].1);
    }

    #[test]
    fn the_first_refusal_of_a_kind_is_told_and_the_next_ones_are_routine() {
        let text = "Descope's API fails: HTTP 503; the old token lives 5.8s more";
        assert_eq!(told(fresh("a"), failing("a")), one(text, false));
        let again = CredentialReport { exchanges: 6, failures: 2, ..failing("a") };
        assert_eq!(told(failing("a"), again), one(text, true));
    }

    #[test]
    fn a_token_after_trouble_or_of_another_key_is_told() {
        assert!(told(failing("a"), renewed())[0].0.starts_with("healed: new token"));
        let other_key = Some("00ff7816bf8f01cf".to_owned());
        let of_new_key = CredentialReport { token_key_fingerprint: other_key.clone(), ..renewed() };
        assert!(told(fresh("a"), of_new_key)[0].0.starts_with("token of the new key"));
        let changed = CredentialReport { key_fingerprint: other_key, ..fresh("a") };
        assert_eq!(told(fresh("a"), changed), one("the key file holds another access key: 00ff7816bf8f01cf", false));
    }

    #[test]
    fn the_end_of_a_token_and_a_key_that_is_gone_are_told() {
        let expired = CredentialReport { state: "expired", ..failing("a") };
        assert_eq!(told(failing("a"), expired), one("the token on disk has expired", false));
        let no_key = CredentialReport { key_trouble: Some("key file `/k` is missing".to_owned()), ..fresh("a") };
        assert_eq!(told(fresh("a"), no_key), one("key file `/k` is missing", false));
    }

    #[test]
    fn a_write_that_fails_is_told_once() {
        let output = |error: Option<&str>| crate::status::OutputReport {
            path: "/t".into(),
            format: "jwt",
            written_at: None,
            error: error.map(str::to_owned),
        };
        let with = |error| CredentialReport { outputs: vec![output(error)], ..fresh("a") };
        assert_eq!(told(with(None), with(Some("disk full"))), one("disk full", false));
        assert_eq!(told(with(Some("disk full")), with(Some("disk full"))), []);
    }
}
