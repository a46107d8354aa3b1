//! A reply, with the headers that all of them have.

use http::{
    HeaderValue, Response, StatusCode,
    header::{
        ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, REFERRER_POLICY,
        X_CONTENT_TYPE_OPTIONS,
    },
};
use http_body_util::Full;
use hyper::body::Bytes;

/// What a request gets.
pub(super) type Reply = Response<Full<Bytes>>;

/// A line or more for people and probes.
pub(super) fn text(status: StatusCode, text: impl Into<String>) -> Reply {
    let mut reply = of("text/plain; charset=utf-8", text.into().into());
    *reply.status_mut() = status;
    reply
}

/// What is read by programs or shown by browsers.
pub(super) fn of(content_type: &'static str, body: Bytes) -> Reply {
    let mut reply = Response::new(Full::new(body));
    let headers = reply.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    reply
}

/// To a method that is not allowed: those that are.
pub(super) fn only(allowed: &'static str, said: &'static str) -> Reply {
    let mut reply = text(StatusCode::METHOD_NOT_ALLOWED, said);
    reply.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    reply
}

/// Nothing is kept, guessed, framed or told to other sites; and no header lets another site read what is here.
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
