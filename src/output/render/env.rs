//! `env`: lines of `NAME=value`.

use std::{borrow::Cow, io::Write};

use super::{
    content::Content,
    document::{Field, FieldValue},
    rendered::RenderError,
    spelling::{Quotes, Spelling, spelling},
};
use crate::session::Jwt;

/// A line of the file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Variable {
    /// `[A-Za-z_][A-Za-z0-9_]*`.
    pub name: Cow<'static, str>,
    /// The field that it is set to.
    pub field: Field,
}

impl Variable {
    /// The variables of an output that names none.
    pub fn defaults() -> Vec<Self> {
        let variable = |(name, field)| Self { name: Cow::Borrowed(name), field };
        DEFAULTS.map(variable).into()
    }
}

/// Writes one line per variable. An absent field is written as empty; a subject that is there and cannot be written is an error.
pub(super) fn write(
    variables: &[Variable],
    quotes: Quotes,
    content: &Content<'_>,
    out: &mut dyn Write,
) -> Result<(), RenderError> {
    for Variable { name, field } in variables {
        let text = match field.value(content) {
            FieldValue::Text(text) => text,
            FieldValue::Number(number) => number.to_string().into(),
            FieldValue::Nothing if *field == Field::Subject && has_subject(content) => {
                return Err(RenderError::UnusableSubject { name: name.clone() });
            }
            FieldValue::Nothing => Cow::Borrowed(""),
        };
        let refused = |why| RenderError::Variable { name: name.clone(), field: field.name(), why };
        match spelling(&text, quotes).map_err(refused)? {
            Spelling::Bare => writeln!(out, "{name}={text}")?,
            Spelling::SingleQuoted => writeln!(out, "{name}='{text}'")?,
            Spelling::DoubleQuoted => writeln!(out, "{name}=\"{text}\"")?,
        }
    }
    Ok(())
}

/// Whether the token names a subject, usable or not.
fn has_subject(content: &Content<'_>) -> bool {
    Jwt::parse(content.session.jwt.expose()).is_ok_and(|jwt| jwt.has_subject())
}

const DEFAULTS: [(&str, Field); 3] = [
    ("DESCOPE_SESSION_TOKEN", Field::Token),
    ("DESCOPE_SESSION_EXPIRES_AT", Field::ExpiresAt),
    ("DESCOPE_PROJECT_ID", Field::ProjectId),
];
