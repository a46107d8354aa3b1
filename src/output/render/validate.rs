//! Validates a template before there is a session: a bad template is a mistake of the configuration and never reaches a
//! write.
//!
//! Names are checked in every branch. The rest is tried with two samples: one with every field and any claim, one with
//! only the fields that are always set. A failure that real claims may avoid is not reported.

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
    /// There is no such filter or test.
    UnknownWord {
        /// Counted from one.
        line: usize,
        /// The engine's message, as above.
        why: String,
    },
    /// Its result is empty.
    Empty,
    /// The template or its result is too long.
    TooLong,
}

/// Finds unknown names, and names of fields of the reply that are not chosen.
pub(super) fn look_at_names(
    names: &HashSet<String>,
    of_reply: &HashSet<String>,
    chosen: &BTreeSet<ReplyField>,
    text: &str,
) -> Result<(), Vec<TemplateMistake>> {
    let is_known = |name: &str| is_known(name) || name == FIELDS && !chosen.is_empty();
    let mut unknown: Vec<_> = names.iter().filter(|name| !is_known(name)).collect();
    unknown.sort();
    let mistake = |name: &String| TemplateMistake::UnknownName { line: line_of(name, text), name: name.clone() };
    let is_chosen = |name: &&String| ReplyField::named(name).is_some_and(|field| chosen.contains(&field));
    let mut others: Vec<_> = of_reply.iter().filter(|name| !chosen.is_empty() && !is_chosen(name)).collect();
    others.sort();
    let other = |name: &String| TemplateMistake::OtherField {
        line: line_of(&format!("{FIELDS}.{name}"), text),
        name: name.clone(),
    };
    let mistakes: Vec<_> = unknown.into_iter().map(mistake).chain(others.into_iter().map(other)).collect();
    if mistakes.is_empty() { Ok(()) } else { Err(mistakes) }
}

/// Finds mistakes that do not depend on the session.
pub(super) fn try_out(engine: &Engine, chosen: &BTreeSet<ReplyField>) -> Result<(), TemplateMistake> {
    let is_open = engine.names_claims() || chosen.iter().any(|field| field.is_open());
    let any_claim = Value::from_object(AnyClaim { depth: 0 });
    let samples = [
        context! { claims => any_claim, ..Value::from(Serde(Document::sample(chosen))) },
        Value::from(Serde(Document::bare_sample(chosen))),
    ];
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
    Ok(())
}

impl TemplateMistake {
    pub(super) fn of(error: &Error) -> Self {
        let line = error.line().unwrap_or(1);
        let why = match (error.kind(), error.detail()) {
            (ErrorKind::WriteFailure, _) => return Self::TooLong,
            (ErrorKind::OutOfFuel, _) => format!("{TOO_MUCH_WORK}; {SHORTEN_LOOPS}"),
            (ErrorKind::UnknownFilter | ErrorKind::UnknownTest, Some(detail)) => {
                return Self::UnknownWord { line, why: detail.to_owned() };
            }
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
