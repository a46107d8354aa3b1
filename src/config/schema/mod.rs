//! Describes what a configuration may contain, for people and for editors: the source of the JSON Schema and of the
//! manual page `tokenwell.yaml(5)`.
//!
//! The reader (`section/`, `value/`) stays the only validation. Bounds, words and defaults are the reader's own
//! constants. Names of fields and which ones are required are repeated here, and tests compare the two: every
//! configuration in `tests/rooms/config/` is validated against the schema as well (`tests/common/schema.rs`), and
//! `tests/rooms/texts.rs` compares the fields of every section.
//!
//! A new section is a file in this folder with its fields, and one `Entry` in `root.rs`.

mod access_key;
mod build;
mod credential;
mod entry;
mod form;
mod hook;
mod http;
mod json;
mod log;
mod oauth;
mod output;
mod pattern;
mod refresh_token;
mod renew;
mod root;
mod security_questions;
mod set;
mod status;
mod verify;

pub use entry::{Entry, Fallback, Form, Section};
pub use json::json;
pub use root::root;
