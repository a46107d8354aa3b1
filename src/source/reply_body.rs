//! The JSON object in the body of a reply.

use crate::{
    exchange::Reply,
    session::{json_object::JsonObject, not_an_object::NotAnObject},
};

/// Why a body is no JSON object.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub(super) enum BodyError {
    /// It is compressed, and tokenwell decodes no compression.
    #[error(
        "the body is compressed ({coding}), although the request asks for `Accept-Encoding: identity`: something in front of \
         the API changes its replies"
    )]
    Compressed {
        /// Its coding.
        coding: &'static str,
    },
    /// It is another text.
    #[error("the body is not a JSON object: {0}")]
    NotAnObject(NotAnObject),
}

/// Reads the body of a reply, which must be a JSON object.
pub(super) fn object(reply: &Reply) -> Result<JsonObject<'_>, BodyError> {
    JsonObject::parse(&reply.body).map_err(|why| match coding(reply) {
        Some(coding) if !reply.body.is_empty() => BodyError::Compressed { coding },
        Some(_) | None => BodyError::NotAnObject(why),
    })
}

/// Returns the outermost coding of a body, by the header or by its first bytes. A coding without a known name is not repeated.
fn coding(reply: &Reply) -> Option<&'static str> {
    let named = ["content-encoding", "transfer-encoding"].into_iter().find_map(|name| {
        let fields = reply.headers.get_all(name).iter().rev().filter_map(|value| value.to_str().ok());
        let mut codings = fields.flat_map(|value| value.rsplit(',')).map(|coding| coding.trim().to_ascii_lowercase());
        codings.find(|coding| !["", "identity", "none", "chunked"].contains(&coding.as_str()))
    });
    match named {
        Some(named) => {
            let known = CODINGS.into_iter().find(|known| *known == named.trim_start_matches("x-"));
            Some(known.unwrap_or("in a coding of another name"))
        }
        None => reply.body.starts_with(&[0x1f, 0x8b]).then_some("gzip"),
    }
}

const CODINGS: [&str; 6] = ["gzip", "deflate", "br", "zstd", "compress", "aws-chunked"];
