//! A complete reply.

use std::{fmt, time::SystemTime};

use http::{HeaderMap, StatusCode, header};
use zeroize::Zeroizing;

use super::http_date;

/// A complete reply. The body and the cookies may contain a session, so `Debug` prints the status only.
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, at most as long as the client accepts: [`BODY_BYTES_MAX`] unless it was built for longer ones.
    pub body: Zeroizing<Vec<u8>>,
}

/// When a request was sent and when its reply arrived, by the local wall clock. It is used only if the reply has no
/// `Date` header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timing {
    /// When the request was sent.
    pub sent: SystemTime,
    /// When the complete reply arrived.
    pub received: SystemTime,
}

impl Reply {
    /// Returns the server's time from the `Date` header, to the second.
    pub fn date(&self) -> Option<SystemTime> {
        http_date::parse(self.headers.get(header::DATE)?.to_str().ok()?)
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply").field("status", &self.status).finish_non_exhaustive()
    }
}

/// The longest body that is accepted from an API.
pub const BODY_BYTES_MAX: usize = 64 * 1024;
