//! What commands that draw have in common: lines with tones, and a screen that is drawn anew in place.

#[cfg(test)]
pub(super) mod samples;
pub(super) mod screen;
pub(super) mod span;
pub(super) mod text;
