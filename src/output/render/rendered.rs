//! Rendered bytes in a buffer that is zeroed when dropped, within a bound, and why a session could not be rendered.

use std::{
    borrow::Cow,
    io::{self, Write},
};

use zeroize::Zeroizing;

use super::spelling::UnquotableValue;
use crate::{secret::Secret, session::NAME_BYTES_MAX};

/// The content for a file. It is secret.
pub(in crate::output) enum Rendered<'c> {
    /// The token alone, without a copy.
    Token(&'c Secret),
    /// Any other content.
    Made(Zeroizing<Vec<u8>>),
}

impl Rendered<'_> {
    pub(in crate::output) fn bytes(&self) -> &[u8] {
        match self {
            Self::Token(token) => token.expose().as_bytes(),
            Self::Made(bytes) => bytes,
        }
    }
}

/// Why a session cannot be rendered. The message repeats nothing of the session.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RenderError {
    /// The claims are needed and cannot be read.
    #[error("the claims of this token cannot be read; {}", self.remedy())]
    Claims,
    /// The template failed.
    #[error("line {line} of its template: {what}; {remedy}")]
    Template {
        /// Counted from one.
        line: usize,
        /// The problem.
        what: &'static str,
        /// The remedy.
        remedy: &'static str,
    },
    /// A value that the readers of `env` files do not read alike.
    #[error("the value of its variable `{name}`, `{field}`, has {why}, which {} would misread; {}", why.readers(), self.remedy())]
    Variable {
        /// The name of the variable.
        name: Cow<'static, str>,
        /// The name of its field.
        field: &'static str,
        /// What the value has.
        why: UnquotableValue,
    },
    /// The token has a subject that is no text, is too long, or has characters that are never written.
    #[error("the claim `sub` of this token, for its variable `{name}`, is not a text of at most {NAME_BYTES_MAX} bytes of UTF-8 without control characters; {}", self.remedy())]
    UnusableSubject {
        /// The name of the variable.
        name: Cow<'static, str>,
    },
    /// The result of the template is empty.
    #[error("its template comes to nothing for this token; {}", self.remedy())]
    Empty,
    /// Longer than any token file may be.
    #[error("it would be longer than {} KiB; {}", RENDERED_BYTES_MAX / 1024, self.remedy())]
    TooLong,
}

impl RenderError {
    /// The remedy.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Claims => "choose a format that does without them",
            Self::Template { remedy, .. } => remedy,
            Self::Variable { why: UnquotableValue::NeedsQuotes, .. } => {
                "remove `quotes: never`, or set the variable to another field"
            }
            Self::Variable { why: UnquotableValue::SingleQuote, .. } => {
                "write `quotes: auto` if the kubelet does not read the file, or set the variable to another field"
            }
            Self::UnusableSubject { .. } => "set the variable to another field",
            Self::Variable { .. } => {
                "set the variable to another field, or write the value with `format: json` or a template for your reader"
            }
            Self::Empty => "write something outside of its conditions",
            Self::TooLong => "shorten its template or its variables",
        }
    }
}

/// Writes twice: once to count, and once into a buffer of the exact size, so that growing leaves no part of a token
/// behind.
pub(super) fn sized(
    write: impl Fn(&mut dyn Write) -> Result<(), RenderError>,
) -> Result<Rendered<'static>, RenderError> {
    let mut count = Count { bytes: 0 };
    write(&mut count)?;
    let mut bytes = Zeroizing::new(vec![0; count.bytes]);
    write(&mut bytes.as_mut_slice())?;
    Ok(Rendered::Made(bytes))
}

/// Counts up to the bound.
struct Count {
    bytes: usize,
}

impl Write for Count {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        self.bytes += piece.len();
        if self.bytes > RENDERED_BYTES_MAX { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(piece.len()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writing to memory fails only at the bound.
impl From<io::Error> for RenderError {
    fn from(_: io::Error) -> Self {
        Self::TooLong
    }
}

/// The longest content of a file: a token has at most a quarter of it.
pub const RENDERED_BYTES_MAX: usize = 256 * 1024;
