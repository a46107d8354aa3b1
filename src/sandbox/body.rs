//! Reads request bodies with a bound.

use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::Bytes;
use hyper::body::Incoming;

use super::descope;
use super::reply::Reply;

/// Reads the whole body, or returns the reply that refuses it.
pub(super) async fn read(body: Incoming) -> Result<Bytes, Reply> {
    match Limited::new(body, BODY_BYTES_MAX).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(descope::TOO_LONG.reply()),
        Err(_) => Err(descope::MALFORMED.reply()),
    }
}

const BODY_BYTES_MAX: usize = 1 << 20;
