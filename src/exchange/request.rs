//! A request that a source prepares and a client sends.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use serde_json::Value;
use zeroize::Zeroizing;

use super::form;

/// A request to a path of an origin. Its headers and body may contain secrets, so it has no `Debug`.
pub struct Request {
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Option<Zeroizing<Vec<u8>>>,
}

/// A secret contains characters that are not allowed in a header.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("characters that cannot be sent")]
pub struct NotSendable;

impl Request {
    /// Returns a GET without a body; `path` begins with a slash.
    pub fn get(path: String) -> Self {
        Self { method: Method::GET, path, headers: header_fields(&[]), body: None }
    }

    /// Returns a POST of JSON.
    pub fn post_json(path: String, body: &Value) -> Self {
        let headers = header_fields(&[(header::CONTENT_TYPE, "application/json")]);
        Self { method: Method::POST, path, headers, body: Some(Zeroizing::new(body.to_string().into_bytes())) }
    }

    /// Returns a request whose body has this type, and whose reply is asked for in JSON.
    pub(crate) fn typed(method: Method, path: String, content_type: &'static str, body: Zeroizing<Vec<u8>>) -> Self {
        let headers = header_fields(&[(header::CONTENT_TYPE, content_type), (header::ACCEPT, "application/json")]);
        Self { method, path, headers, body: Some(body) }
    }

    /// Returns a POST of a form (`application/x-www-form-urlencoded`) that asks for a reply in JSON.
    pub fn post_form(path: String, fields: &[(&str, &str)]) -> Self {
        let headers = header_fields(&[
            (header::CONTENT_TYPE, "application/x-www-form-urlencoded"),
            (header::ACCEPT, "application/json"),
        ]);
        let body = Zeroizing::new(form::encode(fields).into_bytes());
        Self { method: Method::POST, path, headers, body: Some(body) }
    }

    /// Adds `Authorization: Basic …` for an OAuth client: both halves are form-encoded before they are joined (RFC 6749
    /// section 2.3.1). The header is marked sensitive.
    #[must_use]
    pub fn basic(mut self, client_id: &str, client_secret: &str) -> Self {
        let pair = Zeroizing::new(format!("{}:{}", *form::encoded(client_id), *form::encoded(client_secret)));
        let text = Zeroizing::new(format!("{BASIC}{}", *Zeroizing::new(STANDARD.encode(pair.as_bytes()))));
        let value = HeaderValue::from_bytes(text.as_bytes());
        let mut value = value.unwrap_or_else(|_| unreachable!("base64 has only characters that a header allows"));
        value.set_sensitive(true);
        self.headers.insert(header::AUTHORIZATION, value);
        self
    }

    /// Adds `Authorization: Bearer <parts>`, with the parts joined by colons. The header is marked sensitive.
    pub fn bearer(mut self, parts: &[&str]) -> Result<Self, NotSendable> {
        let length = BEARER.len() + parts.iter().map(|part| part.len() + 1).sum::<usize>();
        // The buffer never grows, because that would leave copies of the secret.
        let mut text = Zeroizing::new(String::with_capacity(length));
        text.push_str(BEARER);
        for (n, part) in parts.iter().enumerate() {
            text.push_str(if n == 0 { "" } else { ":" });
            text.push_str(part);
        }
        let mut value = HeaderValue::from_bytes(text.as_bytes()).map_err(|_| NotSendable)?;
        value.set_sensitive(true);
        self.headers.insert(header::AUTHORIZATION, value);
        Ok(self)
    }

    /// Returns the method.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// Returns the path on the origin.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the headers, without those that the client adds to every request.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Returns the body, if there is one.
    pub fn body(&self) -> Option<&[u8]> {
        self.body.as_ref().map(|body| body.as_slice())
    }
}

/// Returns these header fields, and the one that asks for a reply without compression, because none is decoded.
fn header_fields(fields: &[(HeaderName, &'static str)]) -> HeaderMap {
    let all = [(header::ACCEPT_ENCODING, "identity")];
    let all = all.iter().chain(fields);
    all.map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect()
}

/// The edge in front of the API answers the default user agents of libraries with a 403 that looks like a denied key.
pub(super) const USER_AGENT: &str = concat!("tokenwell/", env!("CARGO_PKG_VERSION"));
const BEARER: &str = "Bearer ";
const BASIC: &str = "Basic ";

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_bearer_is_joined_by_colons_and_marked_sensitive() {
        let request = Request::post_json("/x".to_owned(), &json!({})).bearer(&["P2abc", "K2abc", "M2abc"]).unwrap();
        let bearer = &request.headers()[header::AUTHORIZATION];
        assert_eq!(bearer.to_str().unwrap(), "Bearer P2abc:K2abc:M2abc");
        assert!(bearer.is_sensitive());
        assert_eq!(format!("{:?}", request.headers()[header::AUTHORIZATION]), "Sensitive");
    }

    #[test]
    fn a_secret_that_is_invalid_in_a_header_is_not_sent() {
        let request = Request::get("/x".to_owned()).bearer(&["P2abc", "K2\r\nx: y"]);
        assert_eq!(request.err(), Some(NotSendable));
    }

    #[test]
    fn basic_form_encodes_both_halves_and_is_sensitive() {
        let request = Request::post_form("/token".to_owned(), &[]).basic("my client:1", "a+b/c=d%&:ü");
        let basic = &request.headers()[header::AUTHORIZATION];
        // printf 'my+client%%3A1:a%%2Bb%%2Fc%%3Dd%%25%%26%%3A%%C3%%BC' | base64
        assert_eq!(basic.to_str().unwrap(), "Basic bXkrY2xpZW50JTNBMTphJTJCYiUyRmMlM0RkJTI1JTI2JTNBJUMzJUJD");
        assert!(basic.is_sensitive());
    }

    #[test]
    fn a_form_says_what_it_is_and_asks_for_json() {
        let request = Request::post_form("/token".to_owned(), &[("scope", "read write"), ("audience", "a&b")]);
        assert_eq!(request.body(), Some(&b"scope=read+write&audience=a%26b"[..]));
        assert_eq!(request.headers()[header::CONTENT_TYPE], "application/x-www-form-urlencoded");
        assert_eq!(request.headers()[header::ACCEPT], "application/json");
        assert!(!request.headers().contains_key(header::AUTHORIZATION));
    }

    #[test]
    fn a_get_has_no_body_and_a_post_has_a_content_type() {
        assert_eq!(Request::get("/x".to_owned()).body(), None);
        let post = Request::post_json("/x".to_owned(), &json!({"a": 1}));
        assert_eq!(post.body(), Some(&br#"{"a":1}"#[..]));
        assert_eq!(post.headers()[header::CONTENT_TYPE], "application/json");
    }
}
