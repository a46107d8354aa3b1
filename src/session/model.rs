//! A session, its claims and its times.

use std::time::{SystemTime, UNIX_EPOCH};

use super::jwt::Jwt;
use crate::{renewal::Grant, secret::Secret};

/// A whole, usable session.
#[derive(Debug)]
pub struct Session {
    /// Exactly the bytes to hand to readers.
    pub jwt: Secret,
    /// Its life, counted from when the request was sent.
    pub grant: Grant,
    /// What is said of it to people and in metadata.
    pub claims: Claims,
}

/// A session's life as readers are told of it, on the wall clock in whole seconds. It is fixed when the session is first
/// written and handed from process to process, so that what is written again is the same to the byte.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Times {
    /// `iat` of the JWT, else when it was asked for.
    pub issued_at: SystemTime,
    /// `exp` of the JWT, else by what the server said of its life.
    pub expires_at: SystemTime,
    /// When it is to be renewed.
    pub renew_at: SystemTime,
}

/// What a session says of itself. Nothing here is secret, and none of it drives the schedule.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Claims {
    /// `sub`: the access key's id, or the user it is bound to.
    pub subject: Option<String>,
    /// `keyId` of the reply.
    pub key_id: Option<String>,
    /// `iat`, by the server's clock.
    pub issued_at: Option<SystemTime>,
    /// `exp`, by the server's clock.
    pub expires_at: Option<SystemTime>,
    /// `kid` of the JWT's header: the key that signed it.
    pub signed_by: Option<String>,
}

impl Claims {
    /// What a JWT says, and the `keyId` that came with it. Names that could break a line or a terminal are left out.
    pub fn of(jwt: &Jwt<'_>, key_id: Option<&str>) -> Self {
        Self {
            subject: printable(jwt.subject.as_deref()),
            key_id: printable(key_id),
            issued_at: jwt.issued_at.and_then(|at| UNIX_EPOCH.checked_add(at)),
            expires_at: jwt.expires_at.and_then(|at| UNIX_EPOCH.checked_add(at)),
            signed_by: printable(jwt.kid.as_deref()),
        }
    }
}

fn printable(text: Option<&str>) -> Option<String> {
    text.filter(|text| text.len() <= NAME_BYTES_MAX && !text.chars().any(char::is_control)).map(str::to_owned)
}

/// The longest subject or key id that is repeated; Descope's own have 28 characters.
const NAME_BYTES_MAX: usize = 128;
