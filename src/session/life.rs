//! The lifetime of a session.

use std::{fmt, time::Duration};

use super::{jwt::Jwt, lenient::SECONDS_MAX};
use crate::renewal::policy::LIFETIME_MAX;

/// An anomaly of a usable session. It is logged once, not on every renewal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GrantNote {
    /// The lifetime in the reply exceeds [`LIFETIME_MAX`], and was cut to it.
    LifeCut {
        /// The lifetime in the reply.
        reported: Duration,
    },
    /// The server asks for a renewal sooner than the spacing allows.
    HintBelowSpacing {
        /// The delay that the reply asks for.
        reported: Duration,
        /// The spacing.
        spacing: Duration,
    },
    /// The requested delay of the next renewal is negative, or beyond the year 9999.
    HintOutOfBounds,
    /// The reply has no server time, so the expiry was measured by the local clock.
    LocalClock,
    /// The token was issued before the request, so something returns old ones.
    IssuedBefore {
        /// Time from its issue to the reply.
        age: Duration,
    },
}

impl fmt::Display for GrantNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = |length: &Duration| humantime::format_duration(Duration::from_secs(length.as_secs()));
        match self {
            Self::LifeCut { reported } => {
                let (reported, max) = (whole(reported), whole(&LIFETIME_MAX));
                write!(f, "the session's lifetime of {reported} exceeds the maximum and is cut to {max}")
            }
            Self::HintBelowSpacing { reported, spacing } => write!(
                f,
                "the reply's `nextRefreshSeconds` of {} is less than the spacing and is raised to {}",
                reported.as_secs_f64(),
                humantime::format_duration(*spacing)
            ),
            Self::HintOutOfBounds => {
                f.write_str("the reply's `nextRefreshSeconds` is negative or too large and is ignored")
            }
            Self::LocalClock => f.write_str(
                "the reply has no `Date` and the session no `iat`: its expiry is measured by the local clock, which must be right",
            ),
            Self::IssuedBefore { age } => {
                write!(f, "the session was issued {} before the reply: something returns old ones", whole(age))
            }
        }
    }
}

/// Every indication of a session's expiry, each since the Unix epoch by the server's clock.
pub struct Ends<'a> {
    /// The session.
    pub jwt: &'a Jwt<'a>,
    /// `sessionExpiration` of the reply.
    pub session_expiration: Option<Duration>,
    /// `expiration` of the reply.
    pub expiration: Option<Duration>,
    /// Whether any of them is out of range, such as a time in milliseconds. It is used only if no other is usable.
    pub is_too_large: bool,
}

/// Returns the lifetime of a session, counted from when the request was sent, and its anomalies; `None` if no valid
/// expiry is known.
///
/// In this order: `exp − iat` of the JWT, both by the server's clock; else the expiry in the reply minus its `Date`, or
/// minus the local time if there is no `Date`; else `exp` in the same way. The expiry in the reply is never later than
/// the `exp` of the JWT. For a token that was issued well before the reply, the lifetime is `exp − Date`.
pub fn life(ends: &Ends<'_>, date: Option<Duration>, sent: Duration) -> Option<(Duration, Vec<GrantNote>)> {
    let now = date.unwrap_or(sent);
    let left = |end: Duration| end.checked_sub(now).filter(|life| !life.is_zero());
    let by_exp = ends.jwt.expires_at.and_then(left);
    let by_jwt = by_exp_and_iat(ends.jwt, date);
    let by_reply = [ends.session_expiration, ends.expiration].into_iter().flatten().find_map(left);
    let by_reply = by_reply.map(|life| by_exp.map_or(life, |exp| life.min(exp)));

    let mut notes = Vec::new();
    let reported = if let Some((life, note)) = by_jwt {
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
    if reported > LIFETIME_MAX {
        notes.push(GrantNote::LifeCut { reported });
    }
    Some((reported.min(LIFETIME_MAX), notes))
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

/// The maximum age of a fresh token at its reply.
const ISSUED_BEFORE_MAX: Duration = Duration::from_secs(5);
