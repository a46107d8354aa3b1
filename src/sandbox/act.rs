//! What the sandbox does with a connection, and the answers that do not depend on the request.

use super::answer::{Answer, Shape};
use super::reply::Reply;

/// What happens to a request.
pub(super) enum Act {
    Reply(Reply),
    /// Sends nothing until the client leaves.
    Hang,
    Break(Break),
}

/// An answer that depends on the request.
pub(super) enum ByRequest {
    Usual,
    Denied,
    Session(Shape),
    Lost,
}

/// How a connection is broken off.
pub(super) struct Break {
    /// Raw bytes that are written first.
    pub(super) bytes: &'static [u8],
    pub(super) after: After,
}

/// What follows the bytes.
pub(super) enum After {
    /// TCP's RST.
    Reset,
    /// TCP's FIN.
    Close,
    /// Nothing until the client leaves.
    Hang,
}

impl Act {
    /// Returns the action of an answer that does not depend on the request, or else how it depends on it.
    pub(super) fn forced(answer: Answer) -> Result<Self, ByRequest> {
        let broken = |bytes, after| Ok(Self::Break(Break { bytes, after }));
        match answer {
            Answer::Usual => Err(ByRequest::Usual),
            Answer::Denied => Err(ByRequest::Denied),
            Answer::Session(shape) => Err(ByRequest::Session(shape)),
            Answer::Lost => Err(ByRequest::Lost),
            Answer::Reply(reply) => Ok(Self::Reply(reply)),
            Answer::Overlong { body_bytes } => Ok(Self::Reply(overlong(body_bytes))),
            Answer::Hang => Ok(Self::Hang),
            Answer::Reset => Ok(Self::reset()),
            Answer::Garbage => broken(GARBAGE, After::Close),
            Answer::Truncated => broken(HALF_A_REPLY, After::Close),
            Answer::Stalled => broken(HALF_A_REPLY, After::Hang),
        }
    }

    pub(super) fn reset() -> Self {
        Self::Break(Break { bytes: b"", after: After::Reset })
    }
}

/// Returns valid JSON that is too long.
fn overlong(body_bytes: usize) -> Reply {
    let (head, tail) = (r#"{"keyId":""#, r#""}"#);
    let padding = body_bytes.min(OVERLONG_BYTES_MAX).saturating_sub(head.len() + tail.len());
    Reply::new(200).header("content-type", "application/json").body(format!("{head}{}{tail}", "K".repeat(padding)))
}

/// The most memory that one answer takes.
const OVERLONG_BYTES_MAX: usize = 16 << 20;
const GARBAGE: &[u8] = b"\x16\x03\x01 this is not HTTP\r\n\r\n";
const HALF_A_REPLY: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 400\r\n\r\n\
    {\"keyId\":\"K2half\",\"sessionJwt\":\"eyJ";
