//! The JSON object in the body of a reply.

use crate::{
    exchange::Reply,
    session::{json_object::JsonObject, not_an_object::NotAnObject},
};

/// Why a body is no JSON object.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the body is not a JSON object: {0}")]
pub(super) struct BodyError(#[from] NotAnObject);

/// Reads the body of a reply, which must be a JSON object.
pub(super) fn object(reply: &Reply) -> Result<JsonObject<'_>, BodyError> {
    JsonObject::parse(&reply.body).map_err(BodyError)
}
