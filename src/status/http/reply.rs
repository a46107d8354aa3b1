//! Responses, with the headers that all of them have.

use http::{
    HeaderValue, Response, StatusCode,
    header::{
        ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, REFERRER_POLICY, RETRY_AFTER,
        X_CONTENT_TYPE_OPTIONS,
    },
};
use http_body_util::Full;
use hyper::body::Bytes;

use super::{bounds::ANSWER_TIMEOUT, query::Unanswered};

/// A response.
pub(super) type Reply = Response<Full<Bytes>>;

/// Returns a plain text response.
pub(super) fn text(status: StatusCode, text: impl Into<String>) -> Reply {
    let mut reply = of("text/plain; charset=utf-8", text.into().into());
    *reply.status_mut() = status;
    reply
}

/// Returns a successful response with this content.
pub(super) fn of(content_type: &'static str, body: Bytes) -> Reply {
    let mut reply = Response::new(Full::new(body));
    let headers = reply.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    reply
}

/// Returns the response to a query without an answer. `late` explains what took too long.
pub(super) fn unanswered(why: Unanswered, late: impl Into<String>) -> Reply {
    match why {
        Unanswered::Late => text(StatusCode::SERVICE_UNAVAILABLE, late),
        Unanswered::Closing => later("the daemon stops, or serves elsewhere now\n"),
    }
}

/// Returns the response if the loop does not answer.
pub(super) fn stuck(why: Unanswered) -> Reply {
    let seconds = ANSWER_TIMEOUT.as_secs();
    unanswered(why, format!("the daemon's loop has not answered for {seconds} s\n"))
}

/// Returns the response to a request that may succeed in a moment.
pub(super) fn later(why: &str) -> Reply {
    let mut reply = text(StatusCode::SERVICE_UNAVAILABLE, why);
    reply.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_SECONDS));
    reply
}

/// Returns the response to a method that is not allowed, with the allowed ones.
pub(super) fn only(allowed: &'static str, message: &'static str) -> Reply {
    let mut reply = text(StatusCode::METHOD_NOT_ALLOWED, message);
    reply.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    reply
}

const RETRY_AFTER_SECONDS: &str = "1";

/// The headers of every response: no caching, no content sniffing, no framing, no referrer, and no access by other sites.
const ALWAYS: [(HeaderName, &str); 5] = [
    (CACHE_CONTROL, "no-store"),
    (
        CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'",
    ),
    (REFERRER_POLICY, "no-referrer"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];
