//! How long a session lives.

use std::{fmt, time::Duration};

use super::{jwt::Jwt, lenient::SECONDS_MAX};
use crate::renewal::policy::LIFETIME_MAX;

/// What is odd about a session that is usable all the same. Said once, not on every renewal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GrantNote {
    /// The life that the server told is longer than is believed, and was cut to [`LIFETIME_MAX`].
    LifeCut {
        /// The life as told.
        told: Duration,
    },
    /// The server asks for a renewal sooner than the spacing allows.
    HintBelowSpacing {
        /// After how long it asks for it.
        told: Duration,
        /// The spacing.
        spacing: Duration,
    },
    /// What the server says of an earlier renewal is negative, or beyond the year 9999.
    HintOutOfBounds,
    /// The server told no time of its own, so its expiry was measured by the local clock.
    LocalClock,
    /// The token had been issued before it was asked for: something hands out old ones.
    IssuedBefore {
        /// How long before the reply.
        age: Duration,
    },
}

impl fmt::Display for GrantNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = |length: &Duration| humantime::format_duration(Duration::from_secs(length.as_secs()));
        match self {
            Self::LifeCut { told } => {
                write!(f, "the session's life of {} is not believed and counts as {}", whole(told), whole(&LIFETIME_MAX))
            }
            Self::HintBelowSpacing { told, spacing } => write!(
                f,
                "the reply's `nextRefreshSeconds` of {} is less than the spacing and counts as {}",
                told.as_secs_f64(),
                humantime::format_duration(*spacing)
            ),
            Self::HintOutOfBounds => {
                f.write_str("the reply's `nextRefreshSeconds` is negative or beyond all bounds and counts for nothing")
            }
            Self::LocalClock => f.write_str(
                "the reply has no `Date` and the session no `iat`: its end is measured by the local clock, which must be right",
            ),
            Self::IssuedBefore { age } => {
                write!(f, "the session had been issued {} before the reply: something hands out old ones", whole(age))
            }
        }
    }
}

/// All that is said of a session's end, each since the Unix epoch by the server's clock.
pub struct Ends<'a> {
    /// The session.
    pub jwt: &'a Jwt<'a>,
    /// `sessionExpiration` of the reply.
    pub session_expiration: Option<Duration>,
    /// `expiration` of the reply.
    pub expiration: Option<Duration>,
    /// Whether any of them says a time that no calendar holds, in milliseconds perhaps. It counts where nothing else does.
    pub is_too_large: bool,
}

/// The life of a session, counted from when the request was sent, and what is odd about it; `None` if nothing sane is said.
///
/// In this order: `exp − iat` of the JWT, both by the server's clock; else what the reply says against its `Date`, else
/// against the local clock; else `exp` in the same way. What the reply says never outlives the `exp` of the JWT. A token that
/// was issued well before the reply has only `exp − Date` left.
pub fn life(ends: &Ends<'_>, date: Option<Duration>, sent: Duration) -> Option<(Duration, Vec<GrantNote>)> {
    let now = date.unwrap_or(sent);
    let left = |end: Duration| end.checked_sub(now).filter(|life| !life.is_zero());
    let by_exp = ends.jwt.expires_at.and_then(left);
    let by_jwt = by_exp_and_iat(ends.jwt, date);
    let by_reply = [ends.session_expiration, ends.expiration].into_iter().flatten().find_map(left);
    let by_reply = by_reply.map(|life| by_exp.map_or(life, |exp| life.min(exp)));

    let mut notes = Vec::new();
    let told = if let Some((life, note)) = by_jwt {
        notes.extend(note);
        life
    } else {
        match by_reply.or(by_exp) {
            Some(life) => {
                notes.extend(date.is_none().then_some(GrantNote::LocalClock));
                life
            }
            None => ends.is_too_large.then_some(Duration::from_secs(SECONDS_MAX)).and_then(left)?,
        }
    };
    if told > LIFETIME_MAX {
        notes.push(GrantNote::LifeCut { told });
    }
    Some((told.min(LIFETIME_MAX), notes))
}

fn by_exp_and_iat(jwt: &Jwt<'_>, date: Option<Duration>) -> Option<(Duration, Option<GrantNote>)> {
    let (end, start) = (jwt.expires_at?, jwt.issued_at?);
    let whole = end.checked_sub(start).filter(|life| !life.is_zero())?;
    let Some(date) = date else { return Some((whole, None)) };
    let age = date.saturating_sub(start);
    if age <= ISSUED_BEFORE_MAX {
        return Some((whole, None));
    }
    let left = end.checked_sub(date).filter(|life| !life.is_zero())?;
    Some((left, Some(GrantNote::IssuedBefore { age })))
}

/// A fresh token is at most so much older than the reply that brings it.
const ISSUED_BEFORE_MAX: Duration = Duration::from_secs(5);
