//! A whole reply as it came.

use std::{fmt, time::SystemTime};

use http::{HeaderMap, StatusCode, header};
use zeroize::Zeroizing;

/// A whole reply. Its body may hold a session, and so may its cookies: it prints as its status alone.
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, at most [`BODY_BYTES_MAX`].
    pub body: Zeroizing<Vec<u8>>,
}

/// When a request was sent and when its reply was there, by the local wall clock. It matters only where the server does not
/// tell the time itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timing {
    /// When the request was sent.
    pub sent: SystemTime,
    /// When the whole reply was there.
    pub received: SystemTime,
}

impl Reply {
    /// The server's clock as the `Date` header tells it, to the second.
    pub fn date(&self) -> Option<SystemTime> {
        httpdate::parse_http_date(self.headers.get(header::DATE)?.to_str().ok()?).ok()
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply").field("status", &self.status).finish_non_exhaustive()
    }
}

/// The longest body that is read.
pub const BODY_BYTES_MAX: usize = 64 * 1024;
