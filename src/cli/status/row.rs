//! One credential in the table: its state, rank and notes.

use std::{borrow::Cow, time::SystemTime};

use super::fetch::FetchedReport;
use crate::{
    cli::terminal::{
        span::{ahead, past, until, words},
        text::Color,
    },
    status::{Cause, CredentialReport},
};

/// A credential as the table shows it.
pub(super) struct Row<'a> {
    pub(super) credential: &'a CredentialReport,
    /// As reported, or `missing` if the token that was written is not on disk.
    pub(super) state: &'static str,
    /// Why the token that was written is not on disk, if so.
    pub(super) missing: Option<&'a str>,
    /// Problems and remedies.
    pub(super) notes: Vec<(Color, String)>,
    /// What a person should know though nothing is wrong.
    pub(super) remarks: Vec<String>,
    /// The cause that it shares with others, which is described once for all of them.
    pub(super) cause: Option<&'a Cause>,
}

impl<'a> Row<'a> {
    /// Returns all rows, the worst first, then by name.
    pub(super) fn all(fetched: &'a FetchedReport, now: SystemTime) -> Vec<Self> {
        let row = |credential| Self::of(fetched, credential, now);
        let mut rows: Vec<_> = fetched.report.credentials.iter().map(row).collect();
        rows.sort_by_key(|row| (row.rank(), !row.credential.needs_person, &row.credential.name));
        rows
    }

    fn of(fetched: &'a FetchedReport, credential: &'a CredentialReport, now: SystemTime) -> Self {
        let missing = fetched.missing.get(&credential.name);
        let is_valid = matches!(credential.state, "fresh" | "failing");
        let state = if is_valid && missing.is_some() { "missing" } else { credential.state };
        let cause = credential.cause.and_then(|place| fetched.report.causes.get(place));
        let is_described = |text: &str| cause.is_some_and(|cause| cause.message == text);
        let mut notes = Vec::new();
        if let (true, Some(why)) = (is_valid, missing) {
            notes.push((Color::Bad, why.clone()));
        }
        if let Some(at) = credential.expires_at.filter(|_| state == "expired" && credential.token_trouble.is_none()) {
            notes.push((Color::Bad, format!("expired {}", past(now, at))));
        }
        if let Some(why) = &credential.token_trouble {
            notes.push((Color::Bad, why.clone()));
        }
        if let Some(why) = credential.key_trouble.as_ref().filter(|why| !is_described(why)) {
            notes.push((Color::Poor, why.clone()));
        }
        if let Some(refusal) = &credential.last_refusal {
            let (class, message, when) = (refusal.class_word(), &refusal.message, past(now, refusal.at));
            let often = if refusal.in_a_row > 1 { format!("{when}, {} in a row", refusal.in_a_row) } else { when };
            let message = if is_described(message) { String::new() } else { format!(": {message}") };
            notes.push((Color::Poor, format!("{class} {often}{message}")));
        }
        notes.extend(credential.host_trouble.iter().map(|why| (Color::Poor, why.clone())));
        let outputs = credential
            .outputs
            .iter()
            .filter_map(|output| Some(named(&output.path.to_string_lossy(), output.error.as_deref()?)));
        let hooks = credential.hooks.iter().filter_map(|hook| Some(named(&hook.hook, hook.error.as_deref()?)));
        notes.extend(outputs.chain(hooks).map(|error| (Color::Poor, error)));
        if let Some(remedy) = &credential.remedy
            && cause.is_none_or(|cause| cause.remedy.as_ref() != Some(remedy))
            && !notes.iter().any(|(_, note)| note.contains(remedy.as_str()))
        {
            notes.push((Color::Plain, format!("to do: {remedy}")));
        }
        let of_outputs = credential.outputs.iter().filter_map(|output| output.note.clone());
        let remarks = credential.notes.iter().cloned().chain(of_outputs).collect();
        let missing = missing.map(String::as_str).filter(|_| is_valid);
        Self { credential, state, missing, notes, remarks, cause }
    }

    /// Whether a person should look at it.
    pub(super) fn has_problem(&self) -> bool {
        self.state != "fresh" || !self.notes.is_empty()
    }

    /// Describes the problem in a few words.
    pub(super) fn problem(&self, now: SystemTime) -> String {
        let refusal: Option<Cow<'_, str>> =
            self.credential.last_refusal.as_ref().map(|refusal| refusal.summary.as_ref().into());
        let key: Option<Cow<'_, str>> =
            self.credential.key_trouble.as_ref().map(|_| format!("no {}", self.credential.secret).into());
        let is_unwritten = self.credential.outputs.iter().any(|output| output.error.is_some());
        let file = is_unwritten.then_some("its file cannot be written");
        let is_explained = key.is_some() || refusal.is_some();
        let why = key.or(refusal).or(file.filter(|_| self.state == "starting").map(Cow::from));
        let state = match (self.state, self.credential.expires_at) {
            _ if self.credential.token_trouble.is_some() => self.credential.token_trouble.clone(),
            ("expired", Some(at)) => Some(format!("expired {}", past(now, at))),
            ("expired" | "missing", _) => Some(self.state.to_owned()),
            ("starting", _) if !is_explained => Some("no token yet".to_owned()),
            _ => None,
        };
        let other = || {
            if is_unwritten {
                "an output fails"
            } else if self.credential.hooks.iter().any(|hook| hook.error.is_some()) {
                "a hook failed"
            } else if self.credential.remedy.is_some() && self.state == "fresh" {
                "needs attention"
            } else {
                self.state
            }
        };
        match (state, why) {
            (Some(state), Some(why)) => format!("{state}, {why}"),
            (Some(state), None) => state,
            (None, Some(why)) => why.into_owned(),
            (None, None) => other().to_owned(),
        }
    }

    /// Describes the next action and its time; without a daemon there is none.
    pub(super) fn next(&self, has_daemon: bool, now: SystemTime) -> String {
        let Some(next) = self.credential.next_action.as_ref().filter(|_| has_daemon) else { return "-".to_owned() };
        match (next.what, next.at) {
            ("exchange", Some(at)) if self.credential.failures > 0 => format!("retry {}", ahead(now, at)),
            ("exchange", Some(at)) if self.credential.expires_at.is_some() => format!("renewal {}", ahead(now, at)),
            ("exchange", Some(at)) => format!("exchange {}", ahead(now, at)),
            ("publish", Some(at)) if at > now => format!("write {}", ahead(now, at)),
            ("publish", _) => "writing".to_owned(),
            ("withdraw", _) => "removing".to_owned(),
            ("wait for the access key", _) => "waiting for a key".to_owned(),
            ("wait for the secret", _) => format!("waiting for the {}", self.credential.secret),
            ("wait for the process that writes the outputs", _) => "standing by".to_owned(),
            ("wait for a change", _) => "waiting for a change".to_owned(),
            (_, _) => "-".to_owned(),
        }
    }

    /// Formats the time left such as `12m 3s`, or `-` if nothing is left.
    pub(super) fn time_left(&self, now: SystemTime) -> String {
        self.credential.expires_at.filter(|at| *at > now).map_or_else(|| "-".to_owned(), |at| words(until(now, at)))
    }

    fn rank(&self) -> u8 {
        match self.state {
            "expired" | "missing" => 0,
            "starting" if self.credential.required => 1,
            "fresh" if self.notes.is_empty() => 5,
            "fresh" => 4,
            "starting" => 3,
            _ => 2,
        }
    }
}

/// Adds the subject to an error that does not mention it.
fn named(what: &str, error: &str) -> String {
    if error.contains(what) { error.to_owned() } else { format!("{what}: {error}") }
}
