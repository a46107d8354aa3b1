//! The content of an output's file, byte for byte. Rendering touches no disk, and the same session gives the same
//! bytes, so a file can be compared with its wanted content.
//!
//! The bytes are in a buffer of the exact size that is zeroed when dropped; `jwt` borrows the token itself. Copies
//! inside the template engine cannot be zeroed; they live as long as one rendering.

mod content;
mod document;
mod engine;
mod env;
mod format;
mod nesting;
mod rendered;
mod spaced;
mod spelling;
mod tag;
mod template;
mod validate;
mod vocabulary;
mod words;

pub use content::Content;
pub use document::Field;
pub use env::Variable;
pub use format::Format;
pub(super) use format::{BEARER, HEADER, render};
pub use rendered::{RENDERED_BYTES_MAX, RenderError};
pub use spaced::SpacedToken;
pub use spelling::{Quotes, SpecialCharacter, Spelling, UnquotableValue, spelling};
pub use template::{TEMPLATE_BYTES_MAX, Template};
pub use validate::TemplateMistake;
pub use vocabulary::TEMPLATE_WORDS;
pub use words::UsedAs;
