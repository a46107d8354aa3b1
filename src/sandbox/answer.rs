//! What the sandbox may answer to an exchange: the usual, or whatever a test or an outage wants.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value};

use super::descope;
use super::signing::SigningKey;

/// One answer to one exchange. Scripted answers are taken before anything else is looked at.
#[derive(Clone, PartialEq, Debug)]
pub enum Answer {
    /// What the settings and the request call for: a session, a refusal, a rate limit, or the outage that is on.
    Usual,
    /// A session whatever the key, as the shape bends it. A request without a bearer is refused all the same.
    Session(Shape),
    /// These very bytes.
    Reply(Reply),
    /// 200 with a JSON body of this many bytes.
    Overlong {
        /// At most 16 MiB are sent.
        body_bytes: usize,
    },
    /// Nothing, until the client goes away.
    Hang,
    /// The connection is reset before any answer.
    Reset,
    /// Bytes that are not HTTP, then the end.
    Garbage,
    /// The head and half of a body, then the end.
    Truncated,
    /// The head and half of a body, then nothing until the client goes away.
    Stalled,
}

impl Answer {
    /// This status with an empty body, as an edge in front of the API would say it.
    pub fn status(status: u16) -> Self {
        Self::Reply(Reply::new(status))
    }

    /// 401 as Descope says it of an access key that it does not know (any more).
    pub fn denied() -> Self {
        Self::Reply(descope::INVALID_KEY.reply())
    }

    /// 429 as Descope says it, with `Retry-After` in whole seconds.
    pub fn busy(retry_after_seconds: u64) -> Self {
        Self::Reply(descope::RATE_LIMIT.reply().header("retry-after", &retry_after_seconds.to_string()))
    }

    /// A session of this life; a shorthand for the commonest [`Shape`].
    pub fn session_of(life: Duration) -> Self {
        Self::Session(Shape { life: Some(life), ..Shape::default() })
    }
}

/// How a session differs from the usual one. In the maps a member replaces the usual one, and a null takes it away.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Shape {
    /// Instead of the life in the settings, in whole seconds; zero makes a session that has ended.
    pub life: Option<Duration>,
    /// Instead of the signing key in the settings.
    pub signed_by: Option<SigningKey>,
    /// The JWT's header, such as another `kid` over the same signature.
    pub header: Map<String, Value>,
    /// The JWT's claims, such as another `iss` or no `exp`.
    pub claims: Map<String, Value>,
    /// The body of the reply, such as no `sessionJwt` or an `expiration` in quotes.
    pub body: Map<String, Value>,
    /// The headers of the reply.
    pub headers: Headers,
}

/// A status, headers and a body, sent as they are.
#[derive(Clone, PartialEq, Debug)]
pub struct Reply {
    /// 200 to 599.
    pub status: u16,
    /// Beside `Date` and `Content-Length`, which are there anyway.
    pub headers: Headers,
    /// Perhaps empty.
    pub body: Vec<u8>,
}

/// Headers of a reply by name: a value replaces what the sandbox would say, `None` leaves it out (as for `date`).
pub type Headers = BTreeMap<String, Option<String>>;

impl Reply {
    /// An empty body and no headers of its own.
    pub fn new(status: u16) -> Self {
        Self { status, headers: Headers::new(), body: Vec::new() }
    }

    /// With this header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_owned(), Some(value.to_owned()));
        self
    }

    /// Without a header that would be there anyway, such as `date`.
    #[must_use]
    pub fn without_header(mut self, name: &str) -> Self {
        self.headers.insert(name.to_owned(), None);
        self
    }

    /// With this body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// With this body and the content type of JSON.
    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json").body(body.to_string())
    }
}

impl From<Reply> for Answer {
    fn from(reply: Reply) -> Self {
        Self::Reply(reply)
    }
}
