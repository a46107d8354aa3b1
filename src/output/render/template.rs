//! `template`: free text in the Jinja language.
//!
//! A template has the fields of `json` by name, every claim of the JWT under `claims`, and the chosen fields of the reply
//! under `fields`. It is strict: an unknown name is a mistake. `validate` checks and tries it when the configuration is read. A failure that depends on the
//! claims of a real token is reported then, and the file stays unchanged.
//!
//! A rendering is limited in its work (fuel) and in its length. A template cannot access files or other templates.
//! Nothing is escaped automatically, and the last line break is kept. An unknown field is empty.

use std::{
    collections::BTreeSet,
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use minijinja::{
    Error, ErrorKind,
    value::{Serde, Value},
};

use super::{
    content::Content,
    document::{Document, all_claims, reply_fields},
    engine::Engine,
    nesting::beyond_bounds,
    rendered::{RenderError, Rendered, sized},
    spaced::SpacedToken,
    validate::{self, SHORTEN_LOOPS, TOO_MUCH_WORK, TemplateMistake},
};
use crate::session::ReplyField;

/// A template that was parsed and tried.
#[derive(Clone)]
pub struct Template {
    /// It may have variables of the environment in it, which may be secret.
    text: Arc<str>,
    file: Option<PathBuf>,
    fields: BTreeSet<ReplyField>,
    engine: Engine,
}

impl Template {
    /// Parses and tries a template; `file` is its source, if not the configuration itself. All unknown names are
    /// reported at once. It names no field of the reply.
    pub fn parse(text: &str, file: Option<PathBuf>) -> Result<Self, Vec<TemplateMistake>> {
        Self::with_fields(text, file, BTreeSet::new())
    }

    /// Parses and tries a template that may name these fields of the reply.
    pub fn with_fields(
        text: &str,
        file: Option<PathBuf>,
        fields: BTreeSet<ReplyField>,
    ) -> Result<Self, Vec<TemplateMistake>> {
        if text.len() > TEMPLATE_BYTES_MAX {
            return Err(vec![TemplateMistake::TooLong]);
        }
        if let Some(line) = beyond_bounds(text) {
            return Err(vec![TemplateMistake::Broken { line, why: TOO_DEEP.to_owned() }]);
        }
        let engine = Engine::compile(text).map_err(|error| vec![TemplateMistake::of(&error)])?;
        validate::look_at_names(&engine, &fields, text)?;
        validate::try_out(&engine, &fields).map_err(|mistake| vec![mistake])?;
        Ok(Self { text: text.into(), file, fields, engine })
    }

    /// How long it is, in bytes.
    #[expect(clippy::len_without_is_empty, reason = "an empty one is refused")]
    pub fn len(&self) -> usize {
        self.text.len()
    }

    /// Whether it writes nothing but a token, or the value of a bearer header, with white space around it.
    pub fn spaced_token(&self) -> Option<SpacedToken> {
        let mut text = Vec::new();
        self.engine.write(&validate::sample_with_any_claim(&self.fields), &mut text).ok()?;
        SpacedToken::of_sample(std::str::from_utf8(&text).ok()?)
    }

    /// The fields of the reply that it may name.
    pub fn fields(&self) -> &BTreeSet<ReplyField> {
        &self.fields
    }

    /// The file it was read from.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    pub(super) fn render(&self, content: &Content<'_>) -> Result<Rendered<'static>, RenderError> {
        let claims = if self.engine.names_claims() { Some(all_claims(content)?) } else { None };
        let document = Value::from(Serde(Document::of(content, claims, reply_fields(content, &self.fields))));
        let rendered = sized(|out| self.engine.write(&document, out).map_err(|error| failed(&error)))?;
        if rendered.bytes().trim_ascii().is_empty() { Err(RenderError::Empty) } else { Ok(rendered) }
    }
}

/// Two templates are equal if text, source and fields are equal. The engine follows from the text.
impl PartialEq for Template {
    fn eq(&self, other: &Self) -> bool {
        (&self.text, &self.file, &self.fields) == (&other.text, &other.file, &other.fields)
    }
}

impl Eq for Template {}

/// Omits the text, because an inserted variable may be secret.
impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Template({} bytes)", self.text.len())
    }
}

/// Leaves out the engine's message, because it may repeat a value.
fn failed(error: &Error) -> RenderError {
    let (what, remedy) = match error.kind() {
        ErrorKind::WriteFailure => return RenderError::TooLong,
        ErrorKind::UndefinedError => (
            "it names something that this token does not have",
            "ask for it with `is defined`, or give it a `default(…)`",
        ),
        ErrorKind::OutOfFuel => (TOO_MUCH_WORK, SHORTEN_LOOPS),
        _ => ("what it does with a value cannot be done with the one of this token", "mind its type"),
    };
    RenderError::Template { line: error.line().unwrap_or(1), what, remedy }
}

/// The longest template.
pub const TEMPLATE_BYTES_MAX: usize = 64 * 1024;
const TOO_DEEP: &str = "it is longer or deeper than an expression can be";
