//! Converts a reply to an HTTP response.

use std::time::{Duration, UNIX_EPOCH};

use http::header::{DATE, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use http_body_util::Full;
use hyper::body::Bytes;

use super::descope;
use super::reply::Reply;

/// Returns the response with its `Date`. An invalid reply becomes a 500.
pub(super) fn of(reply: Reply, unix_seconds: u64) -> Response<Full<Bytes>> {
    let converted = converted(reply, unix_seconds).or_else(|| converted(descope::BROKEN.reply(), unix_seconds));
    converted.unwrap_or_default()
}

fn converted(reply: Reply, unix_seconds: u64) -> Option<Response<Full<Bytes>>> {
    let mut response = Response::new(Full::from(reply.body));
    *response.status_mut() = StatusCode::from_u16(reply.status).ok().filter(|status| !status.is_informational())?;
    let date = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(unix_seconds));
    response.headers_mut().insert(DATE, date.parse().ok()?);
    for (name, value) in reply.headers {
        let name: HeaderName = name.parse().ok()?;
        match value {
            Some(value) => {
                response.headers_mut().insert(name, HeaderValue::from_str(&value).ok()?);
            }
            None => {
                response.headers_mut().remove(name);
            }
        }
    }
    Some(response)
}
