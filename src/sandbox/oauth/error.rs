//! Errors of the OAuth token endpoint: RFC 6749, section 5.2.

use serde_json::json;

use crate::sandbox::details::ClientAuthentication;
use crate::sandbox::reply::Reply;

/// An error, with a description where there are several causes.
pub(super) enum OAuthError {
    InvalidRequest(&'static str),
    InvalidClient(ClientAuthentication),
    InvalidGrant(&'static str),
    UnsupportedGrantType,
    InvalidScope,
}

impl OAuthError {
    pub(super) fn reply(&self) -> Reply {
        let (error, description) = match self {
            Self::InvalidRequest(why) => ("invalid_request", *why),
            Self::InvalidClient(_) => ("invalid_client", "the client is unknown, or its secret is wrong"),
            Self::InvalidGrant(why) => ("invalid_grant", *why),
            Self::UnsupportedGrantType => ("unsupported_grant_type", "the grant type is not supported"),
            Self::InvalidScope => ("invalid_scope", "the scope is malformed"),
        };
        let reply = match self {
            Self::InvalidClient(ClientAuthentication::Basic) => {
                Reply::new(401).header("www-authenticate", r#"Basic realm="sandbox", charset="UTF-8""#)
            }
            Self::InvalidClient(ClientAuthentication::Post)
            | Self::InvalidRequest(_)
            | Self::InvalidGrant(_)
            | Self::UnsupportedGrantType
            | Self::InvalidScope => Reply::new(400),
        };
        reply.header("cache-control", "no-store").json(&json!({"error": error, "error_description": description}))
    }
}
