//! A session, its claims and its times.

use std::time::{SystemTime, UNIX_EPOCH};

use super::{jwt::Jwt, life::GrantNote, reply_fields::ReplyFields};
use crate::{renewal::Grant, secret::Secret};

/// A usable session.
#[derive(Debug)]
pub struct Session {
    /// The token, exactly as readers get it. An OAuth server may return one that is not a JWT.
    pub jwt: Secret,
    /// Its lifetime, counted from when the request was sent.
    pub grant: Grant,
    /// Its claims, for display and metadata.
    pub claims: Claims,
    /// The fields of the reply that outputs name.
    pub fields: ReplyFields,
}

/// A session as granted, and what is odd about it.
#[derive(Debug)]
pub struct Granted {
    /// The session. Its signature is not verified here.
    pub session: Session,
    /// Whose public keys verify it.
    pub signer: Signer,
    /// What a person should know of it, once.
    pub notes: Vec<GrantNote>,
}

/// Whose public keys verify a session.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Signer {
    /// The project's.
    Project,
    /// Those of an issuer that this program does not know, or the token is not a JWT. TLS vouches for it.
    Unknown,
}

/// A session's times as published to readers, on the wall clock in whole seconds. They are fixed when the session is first
/// written and passed on to later processes, so that a rewritten output is identical to the byte.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Times {
    /// `iat` of the JWT, else the time of the request.
    pub issued_at: SystemTime,
    /// `exp` of the JWT, else computed from the lifetime that the server granted.
    pub expires_at: SystemTime,
    /// When it should be renewed.
    pub renew_at: SystemTime,
}

/// The claims of a session. None is secret, and none affects the schedule.
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
    /// Takes the claims from a token, which are none if it is not a JWT, and the `keyId` of its reply.
    pub fn of_token(token: &str, key_id: Option<&str>) -> Self {
        match Jwt::parse(token) {
            Ok(jwt) => Self::of(&jwt, key_id),
            Err(_) => Self { key_id: printable(key_id), ..Self::default() },
        }
    }

    /// Takes the claims from a JWT and the `keyId` of its reply. Names with control characters, or with a JWT in them, are left
    /// out.
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
    let is_name = |text: &&str| {
        text.len() <= NAME_BYTES_MAX && !text.chars().any(char::is_control) && !text.contains(ENCODED_OBJECT)
    };
    text.filter(is_name).map(str::to_owned)
}

/// What the base64url of a JSON object begins with, and so every JWT.
const ENCODED_OBJECT: &str = "eyJ";

/// The longest subject or key id that is used. Those of Descope have 28 characters; OIDC Core 1.0, section 2, permits
/// 255 for a subject.
pub const NAME_BYTES_MAX: usize = 255;
