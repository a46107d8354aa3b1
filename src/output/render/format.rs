//! The formats of a session, and its bytes in each of them.

use std::{collections::BTreeSet, io};

use super::{
    content::Content,
    document::{Document, chosen_claims, reply_fields},
    env::{self, Variable},
    rendered::{RenderError, Rendered, sized},
    spelling::Quotes,
    template::Template,
};
use crate::session::ReplyField;

/// The format of an output.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Format {
    /// The JWT's bytes alone.
    #[default]
    Jwt,
    /// An object on one line, see [`super::Field`].
    Json {
        /// The claims of the JWT that it includes, by name.
        claims: BTreeSet<String>,
        /// The fields of the reply that it includes.
        fields: BTreeSet<ReplyField>,
    },
    /// Lines of `NAME=value`.
    Env {
        /// The lines.
        variables: Vec<Variable>,
        /// Which values are in quotes.
        quotes: Quotes,
    },
    /// The line `Authorization: Bearer …`.
    Header,
    /// The value of that header, `Bearer …`, without a newline.
    Bearer,
    /// The result of a template.
    Template(Template),
}

impl Format {
    /// Its name in the configuration.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Jwt => "jwt",
            Self::Json { .. } => "json",
            Self::Env { .. } => "env",
            Self::Header => "header",
            Self::Bearer => "bearer",
            Self::Template(_) => "template",
        }
    }

    /// The fields of the reply that it includes.
    pub fn fields(&self) -> impl Iterator<Item = ReplyField> {
        let fields = match self {
            Self::Json { fields, .. } => Some(fields),
            Self::Template(template) => Some(template.fields()),
            Self::Jwt | Self::Env { .. } | Self::Header | Self::Bearer => None,
        };
        fields.into_iter().flatten().copied()
    }
}

/// The bytes of the session in that format.
pub(in crate::output) fn render<'c>(format: &Format, content: &Content<'c>) -> Result<Rendered<'c>, RenderError> {
    match format {
        Format::Jwt => Ok(Rendered::Token(&content.session.jwt)),
        Format::Json { claims, fields } => {
            json(&Document::of(content, chosen_claims(content, claims)?, reply_fields(content, fields)))
        }
        Format::Env { variables, quotes } => sized(|out| env::write(variables, *quotes, content, out)),
        Format::Header => sized(|out| Ok(writeln!(out, "{HEADER}{}", content.session.jwt.expose())?)),
        Format::Bearer => sized(|out| Ok(write!(out, "{BEARER}{}", content.session.jwt.expose())?)),
        Format::Template(template) => template.render(content),
    }
}

/// What precedes the token in the format `header`.
pub(in crate::output) const HEADER: &str = "Authorization: Bearer ";
/// What precedes the token in the format `bearer`.
pub(in crate::output) const BEARER: &str = "Bearer ";

/// Writes a document on one line.
fn json(document: &Document<'_>) -> Result<Rendered<'static>, RenderError> {
    sized(|out| {
        serde_json::to_writer(&mut *out, document).map_err(io::Error::from)?;
        Ok(out.write_all(b"\n")?)
    })
}
