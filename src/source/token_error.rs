//! The errors of an OAuth token endpoint: the codes of RFC 6749 section 5.2, of its extensions, and Descope's own.

/// The server's own error in a reply.
#[derive(Debug)]
pub(super) struct OwnError {
    /// What a known code means; `None` if the status decides.
    pub(super) class: Option<ErrorClass>,
    /// The text that messages add. It contains known codes only, never text of the server.
    pub(super) text: String,
}

/// The meaning of an error code, as the class of a refusal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ErrorClass {
    /// The same request is denied again until something is changed.
    Denied,
    /// The server has a problem of its own.
    Failed,
    /// The server asks for fewer requests.
    Busy,
}

impl OwnError {
    /// Classifies `error` of RFC 6749. An unknown code is not repeated.
    pub(super) fn of_oauth(code: &str) -> Self {
        match CODES.iter().find(|(known, ..)| *known == code) {
            Some((known, class, meaning)) => Self { class: Some(*class), text: format!(", {known} ({meaning})") },
            None => Self { class: None, text: ", with an error code that is not among those of OAuth".to_owned() },
        }
    }

    /// Returns the error with a code of Descope, which may be empty.
    pub(super) fn of_descope(code: &str) -> Self {
        let text = if code.is_empty() { String::new() } else { format!(", {code}") };
        Self { class: None, text }
    }

    /// Returns the error with a code of a rate limit.
    pub(super) fn of_rate_limit(code: &str) -> Self {
        Self { class: Some(ErrorClass::Busy), text: format!(", {code}") }
    }
}

/// RFC 6749 sections 4.1.2.1 and 5.2, RFC 8628 section 3.5, RFC 8707 section 2.
const CODES: [(&str, ErrorClass, &str); 11] = [
    ("invalid_client", ErrorClass::Denied, "the client is unknown, or its secret or its authentication is wrong"),
    ("invalid_grant", ErrorClass::Denied, "the server does not accept the assertion"),
    ("unauthorized_client", ErrorClass::Denied, "the client may not use this grant"),
    ("unsupported_grant_type", ErrorClass::Denied, "the server does not support `grant`"),
    ("invalid_scope", ErrorClass::Denied, "check `scope`"),
    ("invalid_target", ErrorClass::Denied, "check `audience`"),
    ("access_denied", ErrorClass::Denied, "the server's policy forbids it"),
    ("invalid_request", ErrorClass::Denied, "a parameter is missing or not accepted; check `scope` and `audience`"),
    ("temporarily_unavailable", ErrorClass::Failed, "the server is overloaded or under maintenance"),
    ("server_error", ErrorClass::Failed, "an error of the server"),
    ("slow_down", ErrorClass::Busy, "too many requests"),
];
