//! A reply of a server with its headers: a session or a refusal, whose message repeats nothing of the server.
//!
//! ```text
//! refreshToken 200
//! Date: Mon, 23 Nov 2026 12:00:00 GMT
//!
//! {"sessionJwt":"SESSION"}
//! ---
//! {"iss":"P2abc","iat":1795435200,"exp":1795435800}
//! ```
//!
//! `SESSION` stands for a token with the claims below.

mod senders;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::Value;
use tokenwell::{
    exchange::{Refused, Reply, Timing},
    renewal::{Refusal, policy::LIFETIME_MAX},
    session::{Granted, Jwt},
};

use super::{
    Judged,
    base64url::encoded,
    text::{CANARY, assert_one_line, assert_silent, parts},
    world::{NOON, at},
};
use senders::{PRESENTED, Sender};

/// Checks what becomes of a reply.
pub fn check(input: &[u8]) -> Judged {
    let Some(input) = Input::parse(input) else { return Judged::Ignored };
    let outcome = input.outcome(&input.body);
    match &outcome.result {
        Ok(granted) => input.assert_granted(granted),
        Err(refused) => input.assert_refused(refused),
    }
    if let Some(rotated) = &outcome.rotated {
        assert!(input.sender.rotates() && input.status.is_success());
        assert!(Jwt::parse(rotated).is_ok() && rotated != PRESENTED);
    }
    // White space after the JSON changes nothing.
    let padded = input.outcome(&[&input.body, &b" \n"[..]].concat());
    assert_eq!(format!("{outcome:?}"), format!("{padded:?}"));
    if outcome.result.is_ok() { Judged::Accepted } else { Judged::Refused }
}

struct Input {
    sender: &'static Sender,
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

#[derive(Debug)]
struct Outcome {
    result: Result<Granted, Refused>,
    /// The refresh token that the reply replaces the presented one with.
    rotated: Option<String>,
}

impl Input {
    fn parse(input: &[u8]) -> Option<Self> {
        let [reply, claims] = parts(input);
        let head_end = reply.windows(2).position(|two| two == b"\n\n")?;
        let (head, body) = (str::from_utf8(&reply[..head_end]).ok()?, &reply[head_end + 2..]);
        let mut lines = head.lines();
        let (sender, status) = lines.next()?.split_once(' ')?;
        let mut headers = HeaderMap::new();
        for (name, value) in lines.filter_map(|line| line.split_once(':')).take(HEADERS_MAX) {
            let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
            headers.append(name, HeaderValue::from_bytes(value.trim().as_bytes()).ok()?);
        }
        Some(Self {
            sender: Sender::named(sender)?,
            status: StatusCode::from_bytes(status.as_bytes()).ok()?,
            headers,
            body: with_session(body, claims),
        })
    }

    fn outcome(&self, body: &[u8]) -> Outcome {
        let reply = Reply { status: self.status, headers: self.headers.clone(), body: body.to_vec().into() };
        // The local clock is a day behind.
        let timing = Timing { sent: at(NOON - 86_400), received: at(NOON - 86_399) };
        let (mut rotated, answer) = (None, self.sender.answer(&reply, timing));
        let result = answer.settle(|secret| {
            rotated = Some(secret.0.expose().to_owned());
            Ok::<_, ()>(())
        });
        Outcome { result: result.unwrap(), rotated }
    }

    fn assert_granted(&self, granted: &Granted) {
        assert!(self.status.is_success(), "a session from HTTP {}", self.status);
        let session = &granted.session;
        let token = session.jwt.expose();
        assert!(!token.is_empty() && !token.chars().any(|letter| letter.is_whitespace() || letter.is_control()));
        assert!(!session.grant.lifetime.is_zero() && session.grant.lifetime <= LIFETIME_MAX);
        assert!(session.grant.refresh_after.is_none_or(|after| !after.is_zero() && after.as_secs() < YEAR_10000));
        let claims = &session.claims;
        for name in [&claims.subject, &claims.key_id, &claims.signed_by].into_iter().flatten() {
            assert!(name.len() <= 255 && !name.chars().any(char::is_control));
        }
        assert_silent(&format!("{granted:?}"), token);
        if let Some(in_body) = self.only_member(self.sender.token_field()) {
            assert_eq!(in_body.as_str(), Some(token));
        }
        granted.notes.iter().for_each(|note| assert_one_line(&note.to_string(), MESSAGE_BYTES_MAX));
    }

    fn assert_refused(&self, refused: &Refused) {
        assert_one_line(&refused.message, MESSAGE_BYTES_MAX);
        // The host of a redirect is named.
        let names_canary = self.headers.get_all("location").iter().any(|value| contains(value.as_bytes(), CANARY));
        assert!(names_canary || !refused.message.contains(CANARY), "{}", refused.message);
        if let Some(remedy) = &refused.remedy {
            assert_one_line(remedy, MESSAGE_BYTES_MAX);
            assert!(!remedy.contains(CANARY), "{remedy}");
        }
        match refused.refusal {
            Refusal::Busy { retry_after: Some(wait) } => assert!(wait.as_secs() <= CENTURY_SECONDS),
            Refusal::Garbled => assert!(self.status.is_success(), "HTTP {} is garbled", self.status),
            Refusal::Blocked => assert!(matches!(self.status.as_u16(), 401 | 403), "HTTP {}", self.status),
            Refusal::Denied | Refusal::DeniedForGood => assert!(!self.status.is_server_error(), "HTTP {}", self.status),
            Refusal::Failed | Refusal::Busy { retry_after: None } => {}
            Refusal::Unreachable | Refusal::TimedOut => panic!("there is a reply: {refused:?}"),
        }
    }

    /// The value of a field that stands in the body once and in plain letters.
    fn only_member(&self, name: &str) -> Option<Value> {
        let body = str::from_utf8(&self.body).ok()?;
        if body.contains('\\') || body.matches(name).count() != 1 {
            return None;
        }
        serde_json::from_str::<Value>(body).ok()?.get(name).cloned()
    }
}

/// Fills in a token with these claims, if there are any.
fn with_session(body: &[u8], claims: &[u8]) -> Vec<u8> {
    if claims.is_empty() || !contains(body, SESSION) {
        return body.to_vec();
    }
    let header = encoded(br#"{"alg":"RS256","kid":"SK1","typ":"JWT"}"#);
    let token = format!("{header}.{}.c2lnbmF0dXJl", encoded(claims));
    let at = body.windows(SESSION.len()).position(|found| found == SESSION.as_bytes()).unwrap();
    [&body[..at], token.as_bytes(), &body[at + SESSION.len()..]].concat()
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|found| found == text.as_bytes())
}

const SESSION: &str = "SESSION";
const HEADERS_MAX: usize = 64;
const MESSAGE_BYTES_MAX: usize = 1024;
const CENTURY_SECONDS: u64 = 100 * 366 * 24 * 3600;
const YEAR_10000: u64 = 253_402_300_800;
