//! Answers of the sandbox to a request with a secret: the usual one, or any other for tests and outages.

use std::time::Duration;

use serde_json::{Map, Value};

use super::descope;
use super::reply::{Headers, Reply};
use super::signing::SigningKey;

/// One answer to one request. Scripted answers come before everything else.
#[derive(Clone, PartialEq, Debug)]
pub enum Answer {
    /// The answer by settings and request: a session, a refusal, a rate limit, or an outage.
    Usual,
    /// The endpoint's refusal of the secret: of an access key, a refresh JWT, answers, a client or an assertion.
    Denied,
    /// A session for any secret, changed by the shape. A malformed request, or one without a secret, is still refused.
    /// Endpoints without sessions answer as usual.
    Session(Shape),
    /// The usual answer with all its effects, such as the rotation of a refresh JWT, but instead of it the client gets
    /// a reset of the connection. Neither an outage nor the rate limit applies.
    Lost,
    /// These bytes.
    Reply(Reply),
    /// 200 with a JSON body of this many bytes.
    Overlong {
        /// At most 16 MiB.
        body_bytes: usize,
    },
    /// Nothing until the client leaves.
    Hang,
    /// A reset of the connection.
    Reset,
    /// Bytes that are not HTTP, then the end.
    Garbage,
    /// The headers and half of a body, then the end.
    Truncated,
    /// The headers and half of a body, then nothing until the client leaves.
    Stalled,
}

impl Answer {
    /// Returns an answer with this status and an empty body, as from a proxy in front of the API.
    pub fn status(status: u16) -> Self {
        Self::Reply(Reply::new(status))
    }

    /// Returns [`Self::Denied`].
    pub const fn denied() -> Self {
        Self::Denied
    }

    /// Returns Descope's 429, with `Retry-After` in whole seconds.
    pub fn busy(retry_after_seconds: u64) -> Self {
        Self::Reply(descope::RATE_LIMIT.reply().header("retry-after", &retry_after_seconds.to_string()))
    }

    /// Returns a session of this lifetime; a shorthand for the most common [`Shape`].
    pub fn session_of(life: Duration) -> Self {
        Self::Session(Shape { life: Some(life), ..Shape::default() })
    }
}

/// How a session differs from the usual one. Members of the maps replace the usual ones; null removes one.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Shape {
    /// Replaces the lifetime of the settings, in whole seconds; zero creates an expired session.
    pub life: Option<Duration>,
    /// Replaces the signing key of the settings.
    pub signed_by: Option<SigningKey>,
    /// Members of the JWT's header, such as another `kid` for the same signature.
    pub header: Map<String, Value>,
    /// Claims of the JWT, such as another `iss` or no `exp`.
    pub claims: Map<String, Value>,
    /// Members of the reply's body, such as no `sessionJwt` or an `expiration` in quotes.
    pub body: Map<String, Value>,
    /// Headers of the reply.
    pub headers: Headers,
}

impl From<Reply> for Answer {
    fn from(reply: Reply) -> Self {
        Self::Reply(reply)
    }
}
