//! What a reply means: a session or a refusal. Pure, so that every reply ever seen can be a line in a table.

mod life;
mod refusal;

use std::{
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::{ProjectId, Refused};
use crate::{
    renewal::Grant,
    secret::Secret,
    session::{Claims, Jwt, Session, lenient::Lenient},
};

pub use life::GrantNote;

/// A whole reply as it came. Its body may hold a session, and so may its cookies: it prints as its status alone.
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, at most [`super::BODY_BYTES_MAX`].
    pub body: Zeroizing<Vec<u8>>,
}

/// A session as granted, and what is odd about it.
#[derive(Debug)]
pub struct Granted {
    /// The session. Its signature has not been looked at: that is [`super::Trust`].
    pub session: Session,
    /// What a person should know of it, once.
    pub notes: Vec<GrantNote>,
}

impl Reply {
    /// The server's clock as the `Date` header tells it, to the second.
    pub fn date(&self) -> Option<SystemTime> {
        httpdate::parse_http_date(self.headers.get(header::DATE)?.to_str().ok()?).ok()
    }

    /// Why this is no success, of whatever request; `None` for one. `received` is as for [`Reply::read`].
    pub fn refused(&self, received: SystemTime) -> Option<Refused> {
        let is_success = self.status.is_success();
        (!is_success).then(|| refusal::of(self, Body::parse(&self.body).ok().as_ref(), received))
    }

    /// The session in the reply to an exchange, or why there is none. `sent` and `received` are readings of the local wall
    /// clock; they matter only where the server does not tell the time itself.
    ///
    /// Every row of the table of answers in the contract is decided here, except a bad signature. Messages hold the status, a
    /// known-looking error code and words of our own, never what the server said.
    pub fn read(&self, sent: SystemTime, received: SystemTime, project: &ProjectId) -> Result<Granted, Refused> {
        let body = Body::parse(&self.body);
        if !self.status.is_success() {
            return Err(refusal::of(self, body.ok().as_ref(), received));
        }
        let granted = body.map_err(str::to_owned).and_then(|body| granted(&body, self.date(), sent, project));
        granted.map_err(|reason| refusal::without_a_session(self, &reason, received))
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply").field("status", &self.status).finish_non_exhaustive()
    }
}

/// The fields that matter, of a session and of Descope's errors alike. All are optional, and none may spoil another.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Body<'a> {
    #[serde(borrow)]
    session_jwt: Lenient<'a>,
    #[serde(borrow)]
    key_id: Lenient<'a>,
    #[serde(borrow)]
    session_expiration: Lenient<'a>,
    #[serde(borrow)]
    expiration: Lenient<'a>,
    #[serde(borrow)]
    next_refresh_seconds: Lenient<'a>,
    #[serde(borrow)]
    error_code: Lenient<'a>,
}

impl<'a> Body<'a> {
    /// Why the body is no JSON object that can be read, if it is none; serde would take a list for a struct as well.
    fn parse(bytes: &'a [u8]) -> Result<Self, &'static str> {
        if bytes.starts_with(BYTE_ORDER_MARK) {
            return Err("the body begins with a byte order mark, which no JSON does");
        }
        if !bytes.trim_ascii_start().starts_with(b"{") {
            return Err(NO_OBJECT);
        }
        serde_json::from_slice(bytes).map_err(|error| {
            let is_twice = error.is_data() && error.to_string().starts_with("duplicate field");
            if is_twice { "a field stands twice in the body" } else { NO_OBJECT }
        })
    }
}

fn granted(
    body: &Body<'_>,
    date: Option<SystemTime>,
    sent: SystemTime,
    project: &ProjectId,
) -> Result<Granted, String> {
    let text = body.session_jwt.text().ok_or("the body has no `sessionJwt`")?;
    let jwt = Jwt::parse(text).map_err(|error| format!("`sessionJwt` is not a JWT: {error}"))?;
    if !jwt.is_of_project(project.as_str()) {
        return Err(format!("the session is not of project `{project}`"));
    }
    let date = date.map(since_epoch);
    if let (Some(end), Some(date)) = (jwt.expires_at, date)
        && end <= date
    {
        return Err("it had expired by the server's own clock".to_owned());
    }
    let ends = life::Ends {
        jwt: &jwt,
        session_expiration: body.session_expiration.seconds(),
        expiration: body.expiration.seconds(),
        is_too_large: jwt.expiry_out_of_range
            || body.session_expiration.is_too_large()
            || body.expiration.is_too_large(),
    };
    let (lifetime, mut notes) = life::of(&ends, date, since_epoch(sent))
        .ok_or("nothing tells how long it lives: no `exp`, `sessionExpiration` or `expiration` in the future")?;
    if body.next_refresh_seconds.is_out_of_bounds() {
        notes.push(GrantNote::HintOutOfBounds);
    }
    let claims = Claims::of(&jwt, body.key_id.text());
    let grant = Grant { lifetime, refresh_after: body.next_refresh_seconds.seconds() };
    Ok(Granted { session: Session { jwt: Secret::new(text.to_owned()), grant, claims }, notes })
}

const NO_OBJECT: &str = "the body is not a JSON object";
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

fn since_epoch(time: SystemTime) -> Duration {
    time.duration_since(UNIX_EPOCH).unwrap_or_default()
}
