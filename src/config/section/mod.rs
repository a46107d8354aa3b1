//! The sections of a configuration file, each read into its type.

pub(super) mod access_key;
pub(super) mod credential;
pub(super) mod format;
pub(super) mod hook;
pub(super) mod http;
pub(super) mod key_selection;
pub(super) mod log;
pub(super) mod oauth;
pub(super) mod on_expiry;
pub(super) mod output;
pub(super) mod refresh_token;
pub(super) mod renew;
pub(super) mod root;
pub(super) mod security_questions;
pub(super) mod set;
pub(super) mod source;
pub(super) mod status;
pub(super) mod verify;
