//! The sentence that `systemctl status` shows: how many tokens are fresh, and the worst problems first.

use std::time::{Duration, SystemTime};

use super::{
    json,
    report::{CredentialReport, Report},
};

/// Returns a sentence such as `3 of 4 fresh; billing: access key denied, next try 14:05:00 UTC`, in one line of at most
/// [`BYTES_MAX`]. It contains times of day instead of durations, which would become outdated where it is shown.
pub fn sentence(report: &Report) -> String {
    let mut parts = Vec::new();
    if !report.ready {
        parts.push("not ready".to_owned());
    }
    let total = report.credentials.len();
    let mut unhealthy: Vec<_> =
        report.credentials.iter().map(|credential| (Severity::of(credential), credential)).collect();
    unhealthy.retain(|(severity, _)| *severity != Severity::Good);
    unhealthy.sort_by_key(|(severity, credential)| (*severity, !credential.required));
    match (total, unhealthy.len()) {
        (0, _) => parts.push("no credentials: no access key was found".to_owned()),
        (1, 0) => parts.push("the token is fresh".to_owned()),
        (_, 0) => parts.push(format!("all {total} tokens are fresh")),
        (_, count) => parts.push(format!("{} of {total} fresh", total - count)),
    }
    parts.extend(unhealthy.iter().take(NAMED_MAX).map(|(_, credential)| in_words(report, credential)));
    match unhealthy.len().saturating_sub(NAMED_MAX) {
        0 => {}
        1 => parts.push("1 more is not fresh".to_owned()),
        others => parts.push(format!("{others} more are not fresh")),
    }
    if report.configuration.refused.is_some() {
        parts.push("the newest configuration is refused".to_owned());
    }
    parts.extend(report.troubles.first().cloned());
    one_line(&parts.join("; "))
}

/// Returns a sentence for a start that is not over, such as `waiting for 1 of 3 tokens: billing: denied: Descope denies the access
/// key`: the required tokens that are not there yet, and why, in one line of at most [`BYTES_MAX`].
pub fn sentence_of_start(report: &Report) -> String {
    let required: Vec<_> = report.credentials.iter().filter(|credential| credential.required).collect();
    let mut missing: Vec<_> = required.iter().filter(|credential| !credential.ready).collect();
    if missing.is_empty() {
        return sentence(report);
    }
    missing.sort_by_key(|credential| Severity::of(credential));
    let count = missing.len();
    let named = missing.iter().take(NAMED_MAX);
    let mut parts: Vec<_> =
        named.map(|credential| format!("{}: {}", credential.name, why_missing(credential))).collect();
    if count > NAMED_MAX {
        parts.push(format!("and {} more", count - NAMED_MAX));
    }
    let tokens =
        if required.len() == 1 { "the token".to_owned() } else { format!("{count} of {} tokens", required.len()) };
    parts.extend(report.troubles.first().cloned());
    one_line(&format!("waiting for {tokens}: {}", parts.join("; ")))
}

/// Returns what a start that is not over waits for, such as `` `billing` and 2 more ``; `None` if nothing is missing.
pub fn awaited_by_start(report: &Report) -> Option<String> {
    let missing: Vec<_> =
        report.credentials.iter().filter(|credential| credential.required && !credential.ready).collect();
    let mut parts: Vec<_> = missing.iter().take(NAMED_MAX).map(|credential| format!("`{}`", credential.name)).collect();
    match missing.len().checked_sub(NAMED_MAX) {
        None | Some(0) if parts.is_empty() => {
            return (!report.ready).then(|| "the first listing of a key folder".to_owned());
        }
        None | Some(0) => {}
        Some(others) => parts.push(format!("{others} more")),
    }
    Some(parts.join(" and ").replacen(" and ", ", ", parts.len().saturating_sub(2)))
}

/// Returns why a required token is not there, with the words of the log.
fn why_missing(credential: &CredentialReport) -> String {
    let refusal = credential.last_refusal.as_ref();
    let output = credential.outputs.iter().find_map(|output| output.error.clone());
    let known = credential
        .key_trouble
        .clone()
        .or_else(|| refusal.map(|refusal| format!("{}: {}", refusal.class_word(), refusal.message)))
        .or_else(|| credential.token_trouble.clone())
        .or(output)
        .or_else(|| credential.host_trouble.clone());
    known.unwrap_or_else(|| "no answer yet".to_owned())
}

/// The severity of a credential's state, the worst first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Severity {
    Expired,
    Denied,
    Failing,
    Waiting,
    Good,
}

impl Severity {
    fn of(credential: &CredentialReport) -> Self {
        match (credential.state, &credential.last_refusal) {
            ("expired", _) => Self::Expired,
            (_, Some(refusal)) if refusal.is_denied() => Self::Denied,
            ("fresh", _) if credential.ready => Self::Good,
            ("starting", None) if credential.key_trouble.is_none() => Self::Waiting,
            (_, _) => Self::Failing,
        }
    }
}

fn in_words(report: &Report, credential: &CredentialReport) -> String {
    let refusal = credential.last_refusal.as_ref().map(|refusal| refusal.summary.as_ref());
    let what = match (credential.state, refusal) {
        (_, refusal) if credential.token_trouble.is_some() => {
            let why = credential.token_trouble.clone().unwrap_or_default();
            refusal.map(|refusal| format!("{why}, {refusal}")).unwrap_or(why)
        }
        ("expired", refusal) => {
            let ended = credential.expires_at.or(credential.since);
            let at = ended.map(|ended| format!(" at {}", time_of_day(report.at, ended))).unwrap_or_default();
            format!("expired{at}{}", refusal.map(|why| format!(", {why}")).unwrap_or_default())
        }
        (_, _) if credential.key_trouble.is_some() => format!("waits for its {}", credential.secret),
        (_, Some(why)) => why.to_owned(),
        (_, None) if credential.outputs.iter().any(|output| output.error.is_some()) => {
            "its file cannot be written or was altered".to_owned()
        }
        ("starting", None) if credential.host_trouble.is_some() => "waits for its host".to_owned(),
        ("starting", None) => "waits for its first token".to_owned(),
        (state, None) => state.to_owned(),
    };
    format!("{}: {what}{}", credential.name, next_try(report.at, credential).unwrap_or_default())
}

/// Returns the time of the next try, only after a refusal.
fn next_try(at: SystemTime, credential: &CredentialReport) -> Option<String> {
    credential.last_refusal.as_ref()?;
    let action = credential.next_action.as_ref().filter(|action| action.what == "exchange")?;
    let next = action.at?;
    let is_soon = next.duration_since(at).map_or(true, |left| left < SOON);
    Some(if is_soon { ", trying".to_owned() } else { format!(", next try {}", time_of_day(at, next)) })
}

/// Formats a time of day, with the date if it differs from that of `at`.
fn time_of_day(at: SystemTime, time: SystemTime) -> String {
    let (today, text) = (json::time::text(at), json::time::text(time));
    let (day, rest) = text.split_once('T').unwrap_or((&text, ""));
    let time = rest.split('.').next().unwrap_or_default();
    if today.starts_with(day) { format!("{time} UTC") } else { format!("{day} {time} UTC") }
}

/// Removes control characters, which paths may contain, and cuts to the bound.
fn one_line(text: &str) -> String {
    let mut line = String::new();
    for character in text.chars().map(|character| if character.is_control() { ' ' } else { character }) {
        if line.len() + character.len_utf8() > BYTES_MAX {
            break;
        }
        line.push(character);
    }
    line
}

/// The number of credentials that are named.
const NAMED_MAX: usize = 2;

/// A next try within this time is shown without a time of day, which would change at each of many quick tries.
const SOON: Duration = Duration::from_secs(2);

/// The bound on the sentence.
const BYTES_MAX: usize = 512;

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{renewal::RefusalClass, status::Wording};

    #[test]
    fn the_worst_problem_comes_first() {
        assert_eq!(sentence_of(true, &[credential("a", "fresh", "")]), "the token is fresh");
        assert_eq!(
            sentence_of(true, &[credential("a", "fresh", ""), credential("b", "fresh", "")]),
            "all 2 tokens are fresh"
        );
        assert_eq!(sentence_of(true, &[]), "no credentials: no access key was found");
        assert_eq!(
            sentence_of(true, &[credential("a", "fresh", ""), credential("billing", "fresh", "denied")]),
            "1 of 2 fresh; billing: access key denied, next try 14:05:00 UTC"
        );
        let four = ["failing", "starting", "expired", "fresh"];
        let four = four.map(|state| credential(state, state, if state == "failing" { "unreachable" } else { "" }));
        assert_eq!(
            sentence_of(false, &four),
            "not ready; 1 of 4 fresh; expired: expired at 2026-01-01 23:59:59 UTC; \
             failing: the API cannot be reached, next try 14:05:00 UTC; 1 more is not fresh"
        );
    }

    #[test]
    fn a_start_says_what_it_waits_for_and_why() {
        let start = |credentials: &[Value]| sentence_of_start(&report(false, credentials));
        assert_eq!(start(&[credential("a", "starting", "")]), "waiting for the token: a: no answer yet");
        let three =
            [credential("a", "fresh", ""), credential("billing", "starting", "denied"), credential("c", "fresh", "")];
        assert_eq!(start(&three), "waiting for 1 of 3 tokens: billing: denied: no");
        let mut key = credential("key", "starting", "");
        key["keyTrouble"] = json!("key file `/k` is missing");
        let mut held = credential("held", "starting", "");
        held["hostTrouble"] = json!("its host asked for fewer requests");
        let mut optional = credential("optional", "starting", "denied");
        optional["required"] = json!(false);
        assert_eq!(
            start(&[key, held, credential("billing", "starting", "denied"), optional]),
            "waiting for 3 of 3 tokens: billing: denied: no; key: key file `/k` is missing; and 1 more"
        );
        assert_eq!(start(&[credential("a", "fresh", "")]), "not ready; the token is fresh");
        let mut long = credential("a", "starting", "");
        long["keyTrouble"] = json!(format!("a folder\nREADY=1 {}", "é".repeat(1000)));
        let sentence = start(&[long]);
        assert!(!sentence.contains('\n') && sentence.len() <= BYTES_MAX, "{sentence}");
    }

    #[test]
    fn what_a_start_waits_for_is_named() {
        let awaited = |ready, states: &[&str]| {
            let names = ["a", "b", "c", "d"];
            let credentials: Vec<_> =
                names.iter().zip(states).map(|(name, state)| credential(name, state, "")).collect();
            awaited_by_start(&report(ready, &credentials))
        };
        assert_eq!(awaited(false, &["fresh", "starting"]).unwrap(), "`b`");
        assert_eq!(awaited(false, &["starting", "starting"]).unwrap(), "`a` and `b`");
        assert_eq!(awaited(false, &["starting"; 4]).unwrap(), "`a`, `b` and 2 more");
        assert_eq!(awaited(true, &["fresh"]), None);
        assert_eq!(awaited(false, &["fresh"]).unwrap(), "the first listing of a key folder");
        let mut optional = credential("a", "starting", "");
        optional["required"] = json!(false);
        assert_eq!(awaited_by_start(&report(true, &[optional])), None);
    }

    #[test]
    fn it_is_one_line_of_bounded_length_whatever_the_report_holds() {
        let mut report = report(true, &[credential("a", "fresh", "")]);
        report.troubles = vec![format!("a folder\nREADY=1 {}", "é".repeat(1000))];
        let sentence = sentence(&report);
        assert!(!sentence.contains('\n'), "{sentence}");
        assert!((BYTES_MAX - 1..=BYTES_MAX).contains(&sentence.len()), "{}", sentence.len());
    }

    #[test]
    fn a_refused_configuration_is_mentioned() {
        let mut report = report(true, &[credential("a", "fresh", "")]);
        report.configuration.refused = Some("line 1: no".to_owned());
        assert_eq!(sentence(&report), "the token is fresh; the newest configuration is refused");
    }

    fn sentence_of(ready: bool, credentials: &[Value]) -> String {
        sentence(&report(ready, credentials))
    }

    fn report(ready: bool, credentials: &[Value]) -> Report {
        let at = "2026-01-02T14:00:00Z";
        serde_json::from_value(json!({
            "version": 1, "ready": ready, "at": at, "startedAt": at, "programVersion": "1", "processId": 1,
            "projectId": "P2", "baseUrl": "http://localhost", "clockSkewSeconds": null, "troubles": [],
            "configuration": {"file": null, "since": at, "refused": null}, "credentials": credentials,
        }))
        .unwrap()
    }

    fn credential(name: &str, state: &str, class: &str) -> Value {
        let known = RefusalClass::ALL.into_iter().find(|known| known.word() == class);
        let summary = known.map(|class| Wording::summary(class, "access key"));
        let refusal = json!({"class": class, "summary": summary, "message": "no", "at": "2026-01-02T13:59:59Z"});
        json!({
            "name": name, "required": true, "state": state, "since": null, "ready": state == "fresh", "remedy": null,
            "keyFingerprint": null, "tokenKeyFingerprint": null, "issuedAt": null,
            "expiresAt": "2026-01-01T23:59:59Z", "renewAt": null, "lastSuccessAt": null, "keyTrouble": null,
            "exchanges": 0, "writes": 0, "failures": 0, "lastRefusal": if class.is_empty() { Value::Null } else { refusal },
            "nextAction": {"what": "exchange", "at": "2026-01-02T14:05:00Z"}, "lastEvent": null, "outputs": [], "hooks": [],
        })
    }
}
