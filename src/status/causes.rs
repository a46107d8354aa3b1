//! A reason that several credentials share, as plain data.

use std::{borrow::Cow, time::SystemTime};

use serde::{Deserialize, Serialize};

use super::json::{self, Word};

/// One reason for which several credentials are not fresh.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cause {
    /// The class of refusal, or `key`, `output`, `token`, `host`, `hook`.
    #[serde(deserialize_with = "json::word")]
    pub class: Word,
    /// What happened, in a few words.
    pub summary: Cow<'static, str>,
    /// The reason in one line; the parts in which the credentials differ are `…`.
    pub message: String,
    /// What a person should do, if it is the same for all of them.
    pub remedy: Option<String>,
    /// Whether it lasts until a person acts.
    pub needs_person: bool,
    /// The number of credentials.
    pub credentials: usize,
    /// The first names; at most ten.
    pub names: Vec<String>,
    /// How many of their tokens have expired.
    pub dead: usize,
    /// How many of them have had no token yet: none was granted, or no output took it.
    pub without_token: usize,
    /// When the next of their tokens expires.
    #[serde(with = "json::time_if_any")]
    pub next_expiry: Option<SystemTime>,
    /// Since when the first of them is not fresh.
    #[serde(with = "json::time_if_any")]
    pub since: Option<SystemTime>,
    /// The address of the page that explains it.
    pub runbook: Option<String>,
}
