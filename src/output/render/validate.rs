//! Validates a template before there is a session: a bad template is a mistake of the configuration and never reaches a
//! write.
//!
//! Names and words are checked in every branch. The rest is tried with two samples: one with every field and any claim, one
//! with only the fields that are always set. A failure that real claims may avoid is not reported. What is tried last is whether
//! anything of a session is written at all: `Bearer $TOKEN` is only text here.

use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
};

use minijinja::{
    Error, ErrorKind, context,
    value::{Enumerator, Object, Serde, Value},
};

use super::{
    document::{CLAIMS, Document, FIELDS, Field},
    engine::Engine,
    rendered::RENDERED_BYTES_MAX,
    words::{UsedAs, unknown_words},
};
use crate::session::ReplyField;

/// A mistake in a template.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TemplateMistake {
    /// The name is unknown.
    UnknownName {
        /// The line of its first use, counted from one.
        line: usize,
        /// The name.
        name: String,
    },
    /// The field of the reply is unknown, or is not chosen.
    OtherField {
        /// The line of its first use, counted from one.
        line: usize,
        /// The name, without `fields`.
        name: String,
    },
    /// It cannot be parsed, or fails for every session.
    Broken {
        /// Counted from one.
        line: usize,
        /// The engine's message. It repeats only names of the template.
        why: String,
    },
    /// There is no such function, method, filter or test.
    UnknownWord {
        /// Counted from one.
        line: usize,
        /// The word.
        name: String,
        /// What it is used as.
        used_as: UsedAs,
    },
    /// The field is a text or a number, and has no parts with names.
    NoParts {
        /// The line of its first use, counted from one.
        line: usize,
        /// The field.
        field: &'static str,
        /// The name of the part.
        part: String,
    },
    /// Its result is empty.
    Empty,
    /// It names no field, so it is only text.
    NamesNoField,
    /// Its result is the same for every session.
    SameForEverySession,
    /// The template or its result is too long.
    TooLong,
}

/// Finds unknown names and words, names of fields of the reply that are not chosen, and parts of fields that have none.
pub(super) fn look_at_names(
    engine: &Engine,
    chosen: &BTreeSet<ReplyField>,
    text: &str,
) -> Result<(), Vec<TemplateMistake>> {
    let words = unknown_words(text);
    let is_called = |name: &String| words.iter().any(|word| word.used_as == UsedAs::Function && word.name == *name);
    let is_known = |name: &str| is_known(name) || name == FIELDS && !chosen.is_empty();
    let is_chosen = |name: &String| ReplyField::named(name).is_some_and(|field| chosen.contains(&field));

    let unknown = sorted(engine.names().clone()).filter(|name| !is_known(name) && !is_called(name));
    let unknown = unknown.map(|name| TemplateMistake::UnknownName { line: line_of(&name, text), name });
    let others = sorted(engine.names_in(FIELDS)).filter(|name| !chosen.is_empty() && !is_chosen(name));
    let others =
        others.map(|name| TemplateMistake::OtherField { line: line_of(&format!("{FIELDS}.{name}"), text), name });
    let parts = Field::ALL.iter().flat_map(|(field, _)| sorted(engine.names_in(field)).map(move |part| (*field, part)));
    let is_method = |part: &String| words.iter().any(|word| word.used_as == UsedAs::Method && word.name == *part);
    let parts = parts.filter(|(_, part)| !is_method(part)).map(|(field, part)| TemplateMistake::NoParts {
        line: line_of(&format!("{field}.{part}"), text),
        field,
        part,
    });
    let words_without_meaning = words.iter().map(|word| TemplateMistake::UnknownWord {
        line: word.line,
        name: word.name.to_owned(),
        used_as: word.used_as,
    });
    let mistakes: Vec<_> = unknown.chain(others).chain(parts).chain(words_without_meaning).collect();
    if mistakes.is_empty() { Ok(()) } else { Err(mistakes) }
}

fn sorted(names: HashSet<String>) -> impl Iterator<Item = String> {
    let mut names: Vec<_> = names.into_iter().collect();
    names.sort();
    names.into_iter()
}

/// Finds mistakes that do not depend on the session.
pub(super) fn try_out(engine: &Engine, chosen: &BTreeSet<ReplyField>) -> Result<(), TemplateMistake> {
    let is_open = engine.names_claims() || chosen.iter().any(|field| field.is_open());
    let samples = [sample_with_any_claim(chosen), Value::from(Serde(Document::bare_sample(chosen)))];
    for (n, sample) in samples.iter().enumerate() {
        let mut text = Vec::new();
        match engine.write(sample, &mut text) {
            // The other sample, or a real claim, may give a longer result.
            Ok(()) if n == 0 && !is_open && text.trim_ascii().is_empty() => {
                return Err(TemplateMistake::Empty);
            }
            Ok(()) if text.len() > RENDERED_BYTES_MAX => return Err(TemplateMistake::TooLong),
            Err(error) if n == 0 && !is_open || is_certain(error.kind()) => {
                return Err(TemplateMistake::of(&error));
            }
            Ok(()) | Err(_) => {}
        }
    }
    check_that_it_differs(engine, is_open, &samples[0])
}

/// Returns a sample with every field and any claim.
pub(super) fn sample_with_any_claim(chosen: &BTreeSet<ReplyField>) -> Value {
    let any_claim = Value::from_object(AnyClaim { depth: 0 });
    context! { claims => any_claim, ..Value::from(Serde(Document::sample(chosen))) }
}

/// Finds a template whose result has nothing of a session.
fn check_that_it_differs(engine: &Engine, is_open: bool, sample: &Value) -> Result<(), TemplateMistake> {
    let names = engine.names();
    if !names.iter().any(|name| is_known(name) || name == FIELDS) {
        return Err(TemplateMistake::NamesNoField);
    }
    // A comparison with the name of a credential, for example, is the same for all of its sessions, and has a purpose.
    let differs = |name: &String| Field::ALL.iter().any(|(field, kind)| field == name && kind.differs_by_session());
    if is_open || !names.iter().all(differs) {
        return Ok(());
    }
    let result = |sample: &Value| {
        let mut text = Vec::new();
        engine.write(sample, &mut text).map(|()| text).ok()
    };
    let first = result(sample);
    let is_same = first.is_some()
        && Document::other_samples().into_iter().all(|other| result(&Value::from(Serde(other))) == first);
    if is_same { Err(TemplateMistake::SameForEverySession) } else { Ok(()) }
}

impl TemplateMistake {
    pub(super) fn of(error: &Error) -> Self {
        let line = error.line().unwrap_or(1);
        let why = match (error.kind(), error.detail()) {
            (ErrorKind::WriteFailure, _) => return Self::TooLong,
            (ErrorKind::OutOfFuel, _) => format!("{TOO_MUCH_WORK}; {SHORTEN_LOOPS}"),
            (ErrorKind::SyntaxError, Some(detail)) => detail.to_owned(),
            (kind, Some(detail)) => format!("{kind}: {detail}"),
            (kind, None) => kind.to_string(),
        };
        Self::Broken { line, why }
    }
}

fn is_known(name: &str) -> bool {
    name == CLAIMS || Field::ALL.iter().any(|(field, _)| *field == name)
}

/// The line of the first use of a name inside of braces.
fn line_of(name: &str, text: &str) -> usize {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let stands_alone = |at: usize| {
        !text[..at].ends_with(|c: char| is_part(c) || c == '.') && !text[at + name.len()..].starts_with(is_part)
    };
    let is_inside = |at: usize| {
        let last = |marks: [&str; 2]| marks.iter().filter_map(|mark| text[..at].rfind(mark)).max();
        last(["{{", "{%"]) > last(["}}", "%}"])
    };
    let found = text.match_indices(name).map(|(at, _)| at).find(|at| stands_alone(*at) && is_inside(*at));
    1 + text[..found.unwrap_or(0)].matches('\n').count()
}

/// Whether the mistake does not depend on the claims.
fn is_certain(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::SyntaxError
            | ErrorKind::TemplateNotFound
            | ErrorKind::TooManyArguments
            | ErrorKind::MissingArgument
            | ErrorKind::UnknownFilter
            | ErrorKind::UnknownTest
            | ErrorKind::UnknownFunction
            | ErrorKind::OutOfFuel
            | ErrorKind::WriteFailure
    )
}

/// An object with every claim, each of which is such an object again, to a limited depth.
#[derive(Debug)]
struct AnyClaim {
    depth: usize,
}

impl Object for AnyClaim {
    fn get_value(self: &Arc<Self>, _: &Value) -> Option<Value> {
        Some(Value::from_object(Self { depth: self.depth.saturating_add(1) }))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        if self.depth < ANY_CLAIM_DEPTH { Enumerator::Str(&["claim"]) } else { Enumerator::Empty }
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }
}

/// The message for used-up fuel.
pub(super) const TOO_MUCH_WORK: &str = "it is too much work";
pub(super) const SHORTEN_LOOPS: &str = "shorten its loops";
const ANY_CLAIM_DEPTH: usize = 4;
