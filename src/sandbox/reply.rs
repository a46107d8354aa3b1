//! HTTP replies of the sandbox, as plain data.

use std::collections::BTreeMap;

use serde_json::Value;

/// A status, headers and a body, sent as they are.
#[derive(Clone, PartialEq, Debug)]
pub struct Reply {
    /// 200 to 599.
    pub status: u16,
    /// Headers in addition to `Date` and `Content-Length`.
    pub headers: Headers,
    /// May be empty.
    pub body: Vec<u8>,
}

/// Headers of a reply by name: a value replaces the sandbox's own, `None` removes it (for example `date`).
pub type Headers = BTreeMap<String, Option<String>>;

impl Reply {
    /// Creates a reply with an empty body and no extra headers.
    pub fn new(status: u16) -> Self {
        Self { status, headers: Headers::new(), body: Vec::new() }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_owned(), Some(value.to_owned()));
        self
    }

    /// Removes a header that is sent by default, such as `date`.
    #[must_use]
    pub fn without_header(mut self, name: &str) -> Self {
        self.headers.insert(name.to_owned(), None);
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Sets a JSON body and its content type.
    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json").body(body.to_string())
    }
}
