//! The fields of a reply that outputs may name beside the session.

use std::collections::BTreeMap;

use serde_json::Value;

/// A field of Descope's reply with a session, which `outputs[].fields` can choose. Tokens are not among them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ReplyField {
    /// `user.userId`.
    UserId,
}

/// The chosen fields of a reply with their values.
pub type ReplyFields = BTreeMap<ReplyField, Value>;
