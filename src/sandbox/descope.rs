//! Descope's errors, as its SDKs know them: `{"errorCode", "errorDescription", "errorMessage"}`.

use serde_json::json;

use super::reply::Reply;

/// A status and the fields of Descope's JSON error.
pub(super) struct Error {
    status: u16,
    code: &'static str,
    description: &'static str,
}

impl Error {
    pub(super) fn reply(&self) -> Reply {
        self.reply_because(self.description)
    }

    /// Returns the same with a more specific `errorMessage`.
    pub(super) fn reply_because(&self, message: &str) -> Reply {
        let body = json!({"errorCode": self.code, "errorDescription": self.description, "errorMessage": message});
        Reply::new(self.status).json(&body)
    }
}

// The codes E011001, E062802, E062803, E064001 and E130429 are from go-sdk `errors.go` and swift-sdk `Error.swift`. No
// source documents the status of E062802, E062803 and E064001, the other codes, or the answers to unknown paths, wrong
// methods and long bodies: those are the sandbox's own choice.
pub(super) const MALFORMED: Error = Error { status: 400, code: "E011001", description: "Request is malformed" };
pub(super) const MISSING_KEY: Error = Error { status: 401, code: "E062802", description: "Missing access key" };
pub(super) const INVALID_KEY: Error = Error { status: 401, code: "E062803", description: "Invalid access key" };
pub(super) const MISSING_MANAGEMENT_KEY: Error =
    Error { status: 401, code: "E062804", description: "Missing auth management key" };
pub(super) const INVALID_MANAGEMENT_KEY: Error =
    Error { status: 403, code: "E062805", description: "Invalid auth management key" };
pub(super) const MISSING_REFRESH: Error = Error { status: 401, code: "E064002", description: "Missing refresh JWT" };
pub(super) const INVALID_REFRESH: Error = Error { status: 401, code: "E064003", description: "Invalid refresh JWT" };
pub(super) const REVOKED_REFRESH: Error =
    Error { status: 401, code: "E064001", description: "Refresh JWT expired by logout" };
pub(super) const REUSED_REFRESH: Error =
    Error { status: 401, code: "E064004", description: "Refresh JWT was replaced by rotation" };
pub(super) const WRONG_ANSWERS: Error = Error { status: 401, code: "E065001", description: "Wrong answers" };
pub(super) const LOCKED: Error =
    Error { status: 403, code: "E065002", description: "Security questions are locked after too many wrong answers" };
pub(super) const RATE_LIMIT: Error = Error { status: 429, code: "E130429", description: "Rate limit exceeded" };
pub(super) const NOT_FOUND: Error = Error { status: 404, code: "E011001", description: "Unknown path" };
pub(super) const METHOD: Error = Error { status: 405, code: "E011001", description: "Unknown method for this path" };
pub(super) const TOO_LONG: Error = Error { status: 413, code: "E011001", description: "Request is too long" };
pub(super) const BROKEN: Error = Error { status: 500, code: "E011001", description: "The sandbox failed" };
