//! The message for every mistake in a configuration, and the meaning of a valid configuration.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "clippy lets tests unwrap, but not their helpers")]

#[path = "../../common/schema.rs"]
mod schema;

mod case;

mod addresses;
mod bounds;
mod claims;
mod commands;
mod credentials;
mod fields;
mod formats;
mod hooks;
mod kinds;
mod messages;
mod model;
mod oauth;
mod paths;
mod places;
mod readers;
mod reply_fields;
mod security_questions;
mod sets;
mod sources;
mod syntax;
mod templates;
mod unseen;
mod values;
mod variables;
mod verify;
