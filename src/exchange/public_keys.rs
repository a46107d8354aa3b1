//! The public keys in a reply of success.

use super::{
    json_body::{BodyError, json_object},
    reply::Reply,
};
use crate::session::Jwks;

/// Why a reply of success holds no public key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum NoKeys {
    /// It is not JSON.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// It has no list of keys, or none of them can be used.
    #[error("the reply holds no usable key")]
    NoneUsable,
}

impl NoKeys {
    /// Returns what a person can do, if that is known.
    pub(crate) fn remedy(self) -> Option<&'static str> {
        match self {
            Self::Body(error) => error.remedy(),
            Self::NoneUsable => None,
        }
    }
}

/// Returns the public keys in a reply of success; at least one.
pub(crate) fn public_keys(reply: &Reply) -> Result<Jwks, NoKeys> {
    match Jwks::parse(&reply.body) {
        Ok(keys) if !keys.is_empty() => Ok(keys),
        Ok(_) => Err(NoKeys::NoneUsable),
        Err(_) => Err(json_object(reply).map_or_else(NoKeys::Body, |_| NoKeys::NoneUsable)),
    }
}
