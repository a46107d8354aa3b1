//! A session: the short-lived JWT, what it claims, and what the server granted with it.

mod jwt;
mod keys;
pub(crate) mod lenient;

use std::time::SystemTime;

use crate::{renewal::Grant, secret::Secret};

pub use jwt::{JWT_BYTES_MAX, Jwt, NotAJwt};
pub use keys::{Jwks, KEYS_MAX, NotAJwks, Verdict};

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
