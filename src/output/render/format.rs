//! How a session is written.

use std::collections::BTreeSet;

use super::{env::Variable, template::Template};

/// How a session is written.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Format {
    /// The JWT's bytes alone.
    #[default]
    Jwt,
    /// An object on one line, see [`super::Field`].
    Json {
        /// The claims of the JWT that stand in it, by name.
        claims: BTreeSet<String>,
    },
    /// Lines of `NAME=value`.
    Env {
        /// The lines.
        variables: Vec<Variable>,
    },
    /// The line `Authorization: Bearer …`.
    Header,
    /// Whatever a template makes of it.
    Template(Template),
}

impl Format {
    /// The word of the configuration for it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Jwt => "jwt",
            Self::Json { .. } => "json",
            Self::Env { .. } => "env",
            Self::Header => "header",
            Self::Template(_) => "template",
        }
    }
}
