//! The JSON object in the body of a reply.

use super::reply::Reply;
use crate::session::{json_object::JsonObject, not_an_object::NotAnObject};

/// Why a body is no JSON object.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum BodyError {
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

impl BodyError {
    /// Returns what a person can do, if that is known.
    pub(crate) fn remedy(self) -> Option<&'static str> {
        match self {
            Self::Compressed { .. } => Some(
                "let the operator of the proxy or gateway in front of the API switch compression off for this host, at least for \
                 requests that ask for none",
            ),
            Self::NotAnObject(_) => None,
        }
    }
}

/// Reads the body of a reply, which must be a JSON object.
pub(crate) fn json_object(reply: &Reply) -> Result<JsonObject<'_>, BodyError> {
    JsonObject::parse(&reply.body).map_err(|why| match compression(reply) {
        Some(coding) => BodyError::Compressed { coding },
        None => BodyError::NotAnObject(why),
    })
}

/// Returns the outermost coding of a body that is no JSON, by the header or by its first bytes; `None` if it is empty or not
/// compressed. A coding without a known name is not repeated.
pub(super) fn compression(reply: &Reply) -> Option<&'static str> {
    if reply.body.is_empty() {
        return None;
    }
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
        None => BEGINNINGS.iter().find(|(begin, _)| reply.body.starts_with(begin)).map(|(_, coding)| *coding),
    }
}

/// The first bytes of a compressed body. A stream of brotli has none of its own.
const BEGINNINGS: [(&[u8], &str); 5] = [
    (&[0x1f, 0x8b], "gzip"),
    (&[0x28, 0xb5, 0x2f, 0xfd], "zstd"),
    (&[0x78, 0x01], "deflate"),
    (&[0x78, 0x9c], "deflate"),
    (&[0x78, 0xda], "deflate"),
];
const CODINGS: [&str; 6] = ["gzip", "deflate", "br", "zstd", "compress", "aws-chunked"];
