//! A JWT: read twice, by the program and by hand, with the same result.
//!
//! Either the token, or its parts in plain text: header, claims and signature, with a line of `---` between them.

use serde_json::{Map, Value};
use tokenwell::session::{Jwks, Jwt, NotAJwt, SignatureVerdict};

use super::{
    Judged,
    base64url::{decoded, encoded},
    text::{assert_one_line, parts},
    world::PROJECT,
};

/// Checks what is read of a token.
pub fn check(input: &[u8]) -> Judged {
    let text = if input.starts_with(b"{") {
        let [header, claims, signature] = parts(input);
        let Ok(signature) = str::from_utf8(signature) else { return Judged::Ignored };
        format!("{}.{}.{signature}", encoded(header), encoded(claims))
    } else {
        let Ok(text) = str::from_utf8(input) else { return Judged::Ignored };
        text.to_owned()
    };
    match Jwt::parse(&text) {
        Ok(jwt) => {
            assert_read(&jwt, &text);
            Judged::Accepted
        }
        Err(error) => {
            assert_refused(error, &text);
            Judged::Refused
        }
    }
}

fn assert_read(jwt: &Jwt<'_>, text: &str) {
    assert!(!text.chars().any(char::is_whitespace));
    let parts: Vec<_> = text.split('.').collect();
    assert!(parts.len() == 3 && parts.iter().all(|part| !part.is_empty()));
    assert_eq!(Jwks::default().verify(jwt), SignatureVerdict::UnknownKey);
    assert!(!jwt.names_project(PROJECT) || jwt.is_of_project(PROJECT));
    for time in [jwt.issued_at, jwt.expires_at] {
        assert!(time.is_none_or(|time| !time.is_zero() && time.as_secs() <= SECONDS_MAX), "{time:?}");
    }
    assert!(!jwt.expiry_out_of_range || jwt.expires_at.is_none());
    let (header, claims) = (decoded(parts[0]).unwrap(), decoded(parts[1]).unwrap());
    if let Some(header) = object(&header) {
        assert_eq!(member(&header, "alg"), Some(jwt.alg.as_str()));
        assert_eq!(member(&header, "kid"), jwt.kid.as_deref());
    }
    let Some(claims) = object(&claims) else { return };
    assert_eq!(member(&claims, "sub"), jwt.subject.as_deref());
    assert_eq!(member(&claims, "drn") == Some("DSR"), jwt.is_refresh_token);
    for (name, read) in [("iat", jwt.issued_at), ("exp", jwt.expires_at)] {
        if let Some(seconds) = claims.get(name).and_then(Value::as_u64) {
            let in_range = (1..=SECONDS_MAX).contains(&seconds).then_some(seconds);
            assert_eq!(read.map(|read| read.as_secs()), in_range, "`{name}` is {seconds}");
        }
    }
    if let Some(issuer) = member(&claims, "iss") {
        assert!(!jwt.is_of_project(PROJECT) || issuer.split('/').any(|part| part == PROJECT), "`{issuer}`");
    }
    assert_eq!(jwt.all_claims(), claims);
}

fn assert_refused(error: NotAJwt, text: &str) {
    assert_one_line(&error.to_string(), 200);
    let parts: Vec<_> = text.split('.').collect();
    let [header, claims, signature] = parts[..] else { return };
    let read = |part| decoded(part).and_then(|bytes| object(&bytes));
    let (Some(header), Some(_)) = (read(header), read(claims)) else { return };
    let is_signature = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    let is_signed = !signature.is_empty() && signature.bytes().all(is_signature);
    assert!(!is_signed || member(&header, "alg").is_none() || text.len() > 64 * 1024, "{error} for {text}");
}

/// Returns an object that has no name twice, and no escape in it.
fn object(bytes: &[u8]) -> Option<Map<String, Value>> {
    let text = str::from_utf8(bytes).ok()?;
    let once = |name: &str| text.matches(&format!("\"{name}\"")).count() <= 1;
    if text.contains('\\') || !["alg", "kid", "iss", "sub", "iat", "exp", "nbf", "drn"].into_iter().all(once) {
        return None;
    }
    serde_json::from_str(text).ok()
}

/// Returns a text that is not empty.
fn member<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    object.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// The last second of the year 9999.
const SECONDS_MAX: u64 = 253_402_300_799;
