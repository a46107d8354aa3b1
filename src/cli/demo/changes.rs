//! Describes what changed between two reports.

use super::table::seconds;
use crate::{
    cli::terminal::{span::until, text::Color},
    status::{CredentialReport, NextAction, Report},
};

/// An event of one credential.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Change {
    pub(super) credential: String,
    pub(super) color: Color,
    pub(super) text: String,
    /// Happens at every renewal, so the table shows it well enough.
    pub(super) routine: bool,
}

/// Returns all changes, credential by credential.
pub(super) fn between(before: &Report, after: &Report) -> Vec<Change> {
    let known = |name: &str| before.credentials.iter().find(|credential| credential.name == name);
    let mut changes = Vec::new();
    for credential in &after.credentials {
        let Some(before) = known(&credential.name) else { continue };
        let parts = [key(before, credential), refusal(before, credential, after), token(before, credential, after)];
        let expired =
            (before.state != "expired" && credential.state == "expired").then(|| event(Color::Bad, EXPIRED, false));
        changes.extend(parts.into_iter().chain([expired]).flatten().map(|(color, text, routine)| Change {
            credential: credential.name.clone(),
            color,
            text,
            routine,
        }));
    }
    changes
}

type Event = (Color, String, bool);

fn key(before: &CredentialReport, after: &CredentialReport) -> Option<Event> {
    let known = before.key_fingerprint.is_some() || before.key_trouble.is_some();
    match (&after.key_fingerprint, &after.key_trouble) {
        (_, Some(why)) if before.key_trouble.as_ref() != Some(why) => event(Color::Poor, why.clone(), false).into(),
        (Some(key), None) if known && before.key_fingerprint.as_ref() != Some(key) => {
            event(Color::Plain, format!("the key file has a new access key: {key}"), false).into()
        }
        (_, _) => None,
    }
}

fn refusal(before: &CredentialReport, after: &CredentialReport, report: &Report) -> Option<Event> {
    let refused = after.last_refusal.as_ref().filter(|_| after.exchanges > before.exchanges && after.failures > 0)?;
    let left = match after.expires_at.map(|expires| until(report.at, expires)) {
        Some(left) if left.is_zero() => "the old token has expired".to_owned(),
        Some(left) => format!("the old token is valid for another {}", seconds(left)),
        None => "there is no token yet".to_owned(),
    };
    let known = before.last_refusal.as_ref().is_some_and(|known| known.message == refused.message);
    event(Color::of_state(after.state), format!("{}, as staged; {left}", refused.message), known).into()
}

fn token(before: &CredentialReport, after: &CredentialReport, report: &Report) -> Option<Event> {
    if let Some(error) = after.outputs.iter().find_map(|output| output.error.as_ref()) {
        let known = before.outputs.iter().any(|output| output.error.as_ref() == Some(error));
        return (!known).then(|| event(Color::Bad, error.clone(), false));
    }
    if after.writes == before.writes {
        return None;
    }
    let left = after.expires_at.map(|expires| seconds(until(report.at, expires))).unwrap_or_default();
    let (what, routine) = match (&before.token_key_fingerprint, before.last_refusal.is_some()) {
        (None, _) => ("first token", false),
        (old, _) if *old != after.token_key_fingerprint => ("token of the new key", false),
        (_, true) => ("recovered: new token", false),
        (_, false) => ("new token", true),
    };
    let next = match &after.next_action {
        Some(NextAction { what: "exchange", at: Some(at) }) => {
            format!(", renewal in {}", seconds(until(report.at, *at)))
        }
        Some(_) | None => String::new(),
    };
    event(Color::Good, format!("{what} written, valid for {left}{next}"), routine).into()
}

fn event(color: Color, text: impl Into<String>, routine: bool) -> Event {
    (color, text.into(), routine)
}

const EXPIRED: &str = "the token on disk has expired";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::terminal::samples::{at, failing, fresh, report};

    /// Returns the changes when a credential is first `before` and then `after`, at 4.2 seconds.
    fn described(before: CredentialReport, after: CredentialReport) -> Vec<(String, bool)> {
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
    fn passing_time_is_not_a_change() {
        let (before, after) = (report(1.0, vec![fresh("a")]), report(2.0, vec![fresh("a")]));
        assert_eq!(between(&before, &after), []);
    }

    #[test]
    fn a_renewal_is_routine_but_the_first_one_is_not() {
        assert_eq!(described(fresh("a"), renewed()), one("new token written, valid for 9.8s, renewal in 0.0s", true));
        let starting = CredentialReport { writes: 0, token_key_fingerprint: None, ..fresh("a") };
        assert!(!described(starting, renewed())[0].1);
    }

    #[test]
    fn only_the_first_refusal_of_a_kind_is_more_than_routine() {
        let text = "Descope's API fails: HTTP 503, as staged; the old token is valid for another 5.8s";
        assert_eq!(described(fresh("a"), failing("a")), one(text, false));
        let again = CredentialReport { exchanges: 6, failures: 2, ..failing("a") };
        assert_eq!(described(failing("a"), again), one(text, true));
    }

    #[test]
    fn a_token_after_a_failure_or_of_a_new_key_is_reported() {
        assert!(described(failing("a"), renewed())[0].0.starts_with("recovered: new token"));
        let other_key = Some("00ff7816bf8f01cf".to_owned());
        let of_new_key = CredentialReport { token_key_fingerprint: other_key.clone(), ..renewed() };
        assert!(described(fresh("a"), of_new_key)[0].0.starts_with("token of the new key"));
        let changed = CredentialReport { key_fingerprint: other_key, ..fresh("a") };
        assert_eq!(described(fresh("a"), changed), one("the key file has a new access key: 00ff7816bf8f01cf", false));
    }

    #[test]
    fn an_expired_token_and_a_missing_key_are_reported() {
        let expired = CredentialReport { state: "expired", ..failing("a") };
        assert_eq!(described(failing("a"), expired), one("the token on disk has expired", false));
        let no_key = CredentialReport { key_trouble: Some("key file `/k` is missing".to_owned()), ..fresh("a") };
        assert_eq!(described(fresh("a"), no_key), one("key file `/k` is missing", false));
    }

    #[test]
    fn a_failed_write_is_reported_once() {
        let output = |error: Option<&str>| crate::status::OutputReport {
            path: "/t".into(),
            format: "jwt",
            written_at: None,
            error: error.map(str::to_owned),
            note: None,
        };
        let with = |error| CredentialReport { outputs: vec![output(error)], ..fresh("a") };
        assert_eq!(described(with(None), with(Some("disk full"))), one("disk full", false));
        assert_eq!(described(with(Some("disk full")), with(Some("disk full"))), []);
    }
}
