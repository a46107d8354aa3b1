//! `status NAME`: everything about one credential.

use std::{
    path::PathBuf,
    time::{Duration, SystemTime},
};

use super::{fetch::FetchedReport, layout::paragraph, row::Row};
use crate::{
    cli::terminal::{
        span::{ahead, past},
        text::{Color, Line},
    },
    doctor::KUBERNETES_LEFT_MIN,
    status::CredentialReport,
};

/// A secret file of the credential in the configuration, such as `key file` and its path.
pub(super) type SecretFile = (&'static str, PathBuf);

/// Returns a headline, a line for each fact, and the source of the report. Fits the width.
pub(super) fn detail(fetched: &FetchedReport, files: &[SecretFile], now: SystemTime, width: usize) -> Vec<Line> {
    let rows = Row::all(fetched, now);
    let mut lines = Vec::new();
    for row in &rows {
        let (color, text) = headline(row, fetched.has_daemon(), now);
        lines.extend(paragraph(color, &text, "", width));
        lines.push(Line::default());
        let facts = facts(row, files, fetched.has_daemon(), now);
        let labels = facts.iter().map(|fact| fact.label.len()).max().unwrap_or_default();
        for fact in &facts {
            lines.extend(fact.lines(labels, width));
        }
    }
    for problem in &fetched.report.troubles {
        lines.extend(paragraph(Color::Poor, problem, "", width));
    }
    lines.push(Line::default());
    lines.extend(paragraph(Color::Faint, &fetched.source_line(now), "", width));
    lines
}

fn headline(row: &Row, has_daemon: bool, now: SystemTime) -> (Color, String) {
    let left = row.credential.expires_at.filter(|at| *at > now).map(|_| format!(", {} left", row.time_left(now)));
    let mut text = format!("{}: {}{}", row.credential.name, row.state, left.unwrap_or_default());
    let problem = row.has_problem().then(|| row.problem(now)).filter(|problem| problem != row.state);
    let next = Some(row.next(has_daemon, now)).filter(|next| next != "-");
    let no_daemon = (!has_daemon).then(|| "no daemon runs here".to_owned());
    for part in [problem, next, no_daemon].into_iter().flatten() {
        text = format!("{text}; {part}");
    }
    let is_well = has_daemon && !row.has_problem();
    let color = match row.state {
        "expired" | "missing" => Color::Bad,
        _ if is_well => Color::Good,
        _ => Color::Poor,
    };
    (color, text)
}

/// One fact: its label and its value.
struct Fact {
    label: &'static str,
    color: Color,
    text: String,
}

impl Fact {
    fn plain(label: &'static str, text: impl Into<String>) -> Self {
        Self { label, color: Color::Plain, text: text.into() }
    }

    fn problem(label: &'static str, text: impl Into<String>) -> Self {
        Self { label, color: Color::Poor, text: text.into() }
    }

    /// Puts the value beside the label or, in a narrow terminal, below it.
    fn lines(&self, labels: usize, width: usize) -> Vec<Line> {
        let column = INDENT.len() + labels + GAP.len();
        if width < column + VALUE_COLUMNS_MIN {
            let mut lines = Vec::new();
            if !self.label.is_empty() {
                lines.extend(paragraph(Color::Faint, self.label, "", width));
            }
            lines.extend(paragraph(self.color, &self.text, INDENT, width));
            return lines;
        }
        let values = paragraph(self.color, &self.text, "", width - column);
        let label = |n: usize| if n == 0 { self.label } else { "" };
        values
            .into_iter()
            .enumerate()
            .map(|(n, value)| Line::new(Color::Faint, format!("{INDENT}{:labels$}{GAP}", label(n))).then(value))
            .collect()
    }
}

fn facts(row: &Row, files: &[SecretFile], has_daemon: bool, now: SystemTime) -> Vec<Fact> {
    let credential = row.credential;
    let mut facts = vec![Fact::plain("state", state(row, now))];
    facts.extend(row.missing.map(|why| Fact { label: "", color: Color::Bad, text: why.to_owned() }));
    facts.extend(credential.token_trouble.iter().map(|why| Fact { label: "", color: Color::Bad, text: why.clone() }));
    let readiness = if credential.required { "required for readiness" } else { "not required for readiness" };
    facts.push(Fact::plain("", readiness));
    facts.extend(credential.remedy.iter().map(|remedy| Fact::problem("to do", remedy)));
    facts.extend(token(credential, now));
    facts.extend(credential.notes.iter().map(|note| Fact::problem("note", note)));
    facts.extend(is_late_for_kubernetes(credential).then(|| Fact::plain("note", LATE_FOR_KUBERNETES)));
    facts.push(Fact::plain("next", row.next(has_daemon, now)));
    facts.extend(refusals(credential, now));
    facts.extend(credential.host_trouble.iter().map(|why| Fact::problem("host", why)));
    facts.extend(secrets(credential, files));
    facts.extend(credential.outputs.iter().enumerate().flat_map(|(n, output)| {
        let label = if n == 0 { "outputs" } else { "" };
        let written = output.written_at.map_or("not written yet".to_owned(), |at| format!("written {}", past(now, at)));
        let text = format!("{} ({}), {written}", output.path.display(), output.format);
        let error = output.error.as_ref().map(|error| Fact::problem("", error));
        let note = output.note.as_ref().map(|note| Fact::plain("", note));
        [Some(Fact::plain(label, text)), error, note].into_iter().flatten()
    }));
    facts.extend(credential.hooks.iter().enumerate().flat_map(|(n, hook)| {
        let label = if n == 0 { "hooks" } else { "" };
        let ran = hook.ran_at.map_or("not run yet".to_owned(), |at| format!("ran {}", past(now, at)));
        let error = hook.error.as_ref().map(|error| Fact::problem("", format!("failed: {error}")));
        [Some(Fact::plain(label, format!("{}, {ran}", hook.hook))), error].into_iter().flatten()
    }));
    facts.extend(credential.last_event.iter().map(|event| Fact::plain("last event", event)));
    facts
}

fn state(row: &Row, now: SystemTime) -> String {
    // The state of a token that is missing on disk is not the reported one.
    let since = row.credential.since.filter(|_| row.state == row.credential.state);
    let since = since.map(|at| format!(" since {} ({})", time(at), past(now, at)));
    format!("{}{}", row.state, since.unwrap_or_default())
}

fn token(credential: &CredentialReport, now: SystemTime) -> Vec<Fact> {
    let dated = |label, at: Option<SystemTime>| {
        at.map(|at| {
            Fact::plain(label, format!("{} ({})", time(at), if at > now { ahead(now, at) } else { past(now, at) }))
        })
    };
    let bytes = credential.token_bytes.map(|bytes| Fact::plain("length", format!("{bytes} bytes")));
    let facts = [
        dated("issued", credential.issued_at),
        dated("expires", credential.expires_at),
        dated("renewal", credential.renew_at),
        bytes,
        dated("sign in by", credential.refresh_token_expires_at),
    ];
    let generation = credential.generation.map(|generation| Fact::plain("generation", generation.to_string()));
    facts.into_iter().chain([generation]).flatten().collect()
}

/// Whether the session may end while Kubernetes clients still send it. Readers that open the file for each request need no more.
fn is_late_for_kubernetes(credential: &CredentialReport) -> bool {
    let left =
        credential.expires_at.zip(credential.renew_at).and_then(|(end, renewal)| end.duration_since(renewal).ok());
    left.is_some_and(|left| left < KUBERNETES_LEFT_MIN)
}

fn refusals(credential: &CredentialReport, now: SystemTime) -> Vec<Fact> {
    let count = match (credential.exchanges, credential.failures) {
        (all, 0) => format!("{all}"),
        (all, 1) => format!("{all}, the last one refused"),
        (all, failures) => format!("{all}, the last {failures} refused"),
    };
    let mut facts = vec![Fact::plain("exchanges", count)];
    if let Some(refusal) = &credential.last_refusal {
        let (class, when, at) = (refusal.class_word(), past(now, refusal.at), time(refusal.at));
        facts.push(Fact::problem("last refusal", format!("{class} {when} ({at}): {}", refusal.message)));
    }
    facts
}

fn secrets(credential: &CredentialReport, files: &[SecretFile]) -> Vec<Fact> {
    let mut facts: Vec<_> = files.iter().map(|(noun, path)| Fact::plain(noun, path.display().to_string())).collect();
    facts.extend(credential.key_trouble.iter().map(|why| Fact::problem("", why)));
    let present = credential.key_fingerprint.as_deref();
    facts.extend(present.map(|fingerprint| Fact::plain("fingerprint", fingerprint)));
    let of_token = credential.token_key_fingerprint.as_deref().filter(|of_token| present != Some(of_token));
    facts.extend(of_token.map(|of_token| {
        Fact::problem("", format!("the token was issued for another {}: {of_token}", credential.secret))
    }));
    facts
}

/// Formats a time in UTC.
fn time(at: SystemTime) -> String {
    // RFC 3339 has no years beyond 9999.
    let last = SystemTime::UNIX_EPOCH + Duration::from_secs(253_402_300_799);
    humantime::format_rfc3339_seconds(at.clamp(SystemTime::UNIX_EPOCH, last)).to_string()
}

const LATE_FOR_KUBERNETES: &str =
    "less than 70s are left at the renewal, which is too late for Kubernetes clients: `check --online` says more";
const INDENT: &str = "  ";
const GAP: &str = "  ";
/// A narrower value is put below its label.
const VALUE_COLUMNS_MIN: usize = 26;

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{
        cli::{
            status::fetch::ReportSource,
            terminal::{
                samples::{at, failing, report},
                text::Style,
            },
        },
        renewal::RefusalClass,
        status::{HookReport, OutputReport},
    };

    const PLAIN: Style = Style { colours: false, unicode: false };

    fn denied() -> FetchedReport {
        let mut denied = failing("billing");
        denied.failures = 3;
        let refusal = denied.last_refusal.as_mut().unwrap();
        (refusal.class, refusal.summary) = (Some(RefusalClass::Denied), "access key denied".into());
        refusal.message = "the key is not known".to_owned();
        denied.remedy = Some("make a new access key in Descope's console and put it into `/k/billing`".to_owned());
        denied.token_key_fingerprint = Some("0123456789abcdef".to_owned());
        denied.next_action.as_mut().unwrap().at = Some(at(304.5));
        denied.outputs = vec![OutputReport {
            path: "/out/billing.jwt".into(),
            format: "jwt",
            written_at: Some(at(0.2)),
            error: Some("cannot write `/out/billing.jwt`: no space; make room".to_owned()),
            note: None,
        }];
        denied.hooks = vec![HookReport {
            hook: "signal HUP".to_owned(),
            ran_at: Some(at(0.3)),
            error: None,
            outcomes: Vec::new(),
        }];
        let source = ReportSource::Daemon("unix:/run/s.sock".to_owned());
        FetchedReport { report: report(4.2, vec![denied]), missing: BTreeMap::new(), source }
    }

    fn drawn(columns: usize) -> String {
        let files = [("key file", PathBuf::from("/k/billing"))];
        let lines = detail(&denied(), &files, at(4.2), columns);
        let lines: Vec<_> = lines.iter().map(|line| line.shown(PLAIN).trim_end().to_owned()).collect();
        lines.join("\n")
    }

    #[test]
    fn everything_about_a_credential_is_shown_at_79_columns() {
        insta::assert_snapshot!(drawn(79), @"
        billing: failing, 5s left; access key denied; retry in 5m

          state         failing since 1970-01-01T00:16:40Z (4s ago)
                        required for readiness
          to do         make a new access key in Descope's console and put it into
                        `/k/billing`
          issued        1970-01-01T00:16:40Z (4s ago)
          expires       1970-01-01T00:16:50Z (in 5s)
          renewal       1970-01-01T00:16:43Z (1s ago)
          length        1040 bytes
          note          less than 70s are left at the renewal, which is too late for
                        Kubernetes clients: `check --online` says more
          next          retry in 5m
          exchanges     5, the last 3 refused
          last refusal  denied 1s ago (1970-01-01T00:16:43Z): the key is not known
          key file      /k/billing
          fingerprint   ba7816bf8f01cfea
                        the token was issued for another access key: 0123456789abcdef
          outputs       /out/billing.jwt (jwt), written 4s ago
                        cannot write `/out/billing.jwt`: no space; make room
          hooks         signal HUP, ran 3s ago
          last event    refused: failed

        asked the daemon at unix:/run/s.sock, just now
        ");
    }

    #[test]
    fn values_go_below_their_labels_at_39_columns() {
        insta::assert_snapshot!(drawn(39), @"
        billing: failing, 5s left; access key
        denied; retry in 5m

        state
          failing since 1970-01-01T00:16:40Z
          (4s ago)
          required for readiness
        to do
          make a new access key in Descope's
          console and put it into `/k/billing`
        issued
          1970-01-01T00:16:40Z (4s ago)
        expires
          1970-01-01T00:16:50Z (in 5s)
        renewal
          1970-01-01T00:16:43Z (1s ago)
        length
          1040 bytes
        note
          less than 70s are left at the
          renewal, which is too late for
          Kubernetes clients: `check --online`
          says more
        next
          retry in 5m
        exchanges
          5, the last 3 refused
        last refusal
          denied 1s ago (1970-01-01T00:16:43Z):
          the key is not known
        key file
          /k/billing
        fingerprint
          ba7816bf8f01cfea
          the token was issued for another
          access key: 0123456789abcdef
        outputs
          /out/billing.jwt (jwt), written 4s
          ago
          cannot write `/out/billing.jwt`: no
          space; make room
        hooks
          signal HUP, ran 3s ago
        last event
          refused: failed

        asked the daemon at unix:/run/s.sock,
        just now
        ");
    }

    #[test]
    fn seventy_seconds_are_enough_for_kubernetes_clients() {
        let mut credential = failing("a");
        credential.expires_at = Some(at(100.0));
        for (renewal, is_late) in [(Some(30.0), false), (Some(31.0), true), (Some(101.0), false), (None, false)] {
            credential.renew_at = renewal.map(at);
            assert_eq!(is_late_for_kubernetes(&credential), is_late, "{renewal:?}");
        }
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        for width in 1..200 {
            let lines = detail(&denied(), &[], at(4.2), width);
            assert!(lines.iter().all(|line| line.width() <= width.max(INDENT.len() + 1)), "{width}: {lines:?}");
        }
    }
}
