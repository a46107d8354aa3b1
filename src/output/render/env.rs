//! `env`: lines of `NAME=value` that a shell, systemd and container engines read alike.
//!
//! A value of harmless characters is written unchanged, because container engines (`--env-file`) treat quotes as a part
//! of it. Any other value is in single quotes, in which neither a POSIX shell nor systemd (`parse_env_file`) interprets
//! anything. A single quote itself is put in double quotes between two such pieces: `'it'"'"'s'`. The shorter `\'` does
//! not work, because systemd takes what follows it for unquoted text.

use std::{
    borrow::Cow,
    io::{self, Write},
};

use super::{
    content::Content,
    document::{Field, FieldValue},
};

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

/// Writes one line per variable. An unknown field is written as empty.
pub(super) fn write(variables: &[Variable], content: &Content<'_>, out: &mut dyn Write) -> io::Result<()> {
    for Variable { name, field } in variables {
        write!(out, "{name}=")?;
        match field.value(content) {
            FieldValue::Text(text) => write_value(&text, out)?,
            FieldValue::Number(number) => write!(out, "{number}")?,
            FieldValue::Nothing => {}
        }
        out.write_all(b"\n")?;
    }
    Ok(())
}

fn write_value(text: &str, out: &mut dyn Write) -> io::Result<()> {
    // There zsh takes it for the path of a program.
    let has_program = text.starts_with('=') || text.contains(":=");
    if text.bytes().all(is_harmless) && !has_program {
        return out.write_all(text.as_bytes());
    }
    for (n, piece) in text.split('\'').enumerate() {
        if n > 0 {
            out.write_all(b"\"'\"")?;
        }
        write!(out, "'{piece}'")?;
    }
    Ok(())
}

fn is_harmless(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_.:/+=@%,-".contains(&byte)
}

const DEFAULTS: [(&str, Field); 3] = [
    ("DESCOPE_SESSION_TOKEN", Field::Token),
    ("DESCOPE_SESSION_EXPIRES_AT", Field::ExpiresAt),
    ("DESCOPE_PROJECT_ID", Field::ProjectId),
];
