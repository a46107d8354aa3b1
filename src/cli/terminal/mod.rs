//! What commands that draw share: colored lines, and a screen that is redrawn in place.

#[cfg(test)]
pub(super) mod samples;
pub(super) mod screen;
pub(super) mod span;
pub(super) mod text;
