//! What commands share that draw or ask: colored lines, a screen that is redrawn in place, and questions.

pub(super) mod prompt;
#[cfg(test)]
pub(super) mod samples;
pub(super) mod screen;
pub(super) mod span;
pub(super) mod text;
