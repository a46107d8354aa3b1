//! What an output's file holds, byte for byte. Rendering touches no disk: the same session gives the same bytes, so that a
//! file can be compared with what it should be.
//!
//! The bytes stand in a buffer of the very size that is zeroed when dropped; `jwt` borrows the token itself. What the
//! template engine copies on its way cannot be zeroed: it lives for the time of one rendering.

mod content;
mod document;
mod engine;
mod env;
mod format;
mod nesting;
mod rendered;
mod template;
mod validate;

pub use content::Content;
pub use document::Field;
pub use engine::TEMPLATE_WORDS;
pub use env::Variable;
pub use format::Format;
pub(super) use format::render;
pub use rendered::{RENDERED_BYTES_MAX, RenderError};
pub use template::{TEMPLATE_BYTES_MAX, Template};
pub use validate::TemplateMistake;
