//! A request that a source prepares and a client sends.

use http::{HeaderMap, HeaderValue, Method, header};
use serde_json::Value;
use zeroize::Zeroizing;

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
        Self { method: Method::GET, path, headers: HeaderMap::new(), body: None }
    }

    /// Returns a POST of JSON.
    pub fn post_json(path: String, body: &Value) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Self { method: Method::POST, path, headers, body: Some(Zeroizing::new(body.to_string().into_bytes())) }
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

const BEARER: &str = "Bearer ";

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
    fn a_get_has_no_body_and_a_post_has_a_content_type() {
        assert_eq!(Request::get("/x".to_owned()).body(), None);
        let post = Request::post_json("/x".to_owned(), &json!({"a": 1}));
        assert_eq!(post.body(), Some(&br#"{"a":1}"#[..]));
        assert_eq!(post.headers()[header::CONTENT_TYPE], "application/json");
    }
}
