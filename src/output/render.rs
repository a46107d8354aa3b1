//! What an output's file holds, byte for byte.

use super::Format;
use crate::session::Session;

/// The bytes of the session in that format. `jwt` is a borrow: no copy of the token is made.
pub(super) fn render<'s>(format: &Format, session: &'s Session) -> &'s [u8] {
    match format {
        Format::Jwt => session.jwt.expose().as_bytes(),
    }
}
