//! Every reply to an exchange and its meaning, line by line of the contract's table of replies.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use proptest::prelude::*;
use tokenwell::{
    exchange::{Api, BaseUrl, ProjectId, Refused, Reply, Timing},
    renewal::{Refusal, policy::LIFETIME_MAX},
    secret::Secret,
    session::{GrantNote, Granted},
    source::{AccessKey, AccessKeyMaterial, LoginOptions, Material, Secrets, Source},
};

/// 2026-11-23 12:00:00 on the server's clock. Every `iat`, `exp` and `Date` below is relative to it.
const NOON: u64 = 1_795_435_200;
const DATE: &str = "Mon, 23 Nov 2026 12:00:00 GMT";
/// The local clock is a day behind, so a lifetime that is measured by it is obvious.
const LOCAL: u64 = NOON - 86_400;
const DENIED: &str =
    r#"{"errorCode":"E062803","errorDescription":"CANARY-description","errorMessage":"CANARY-message"}"#;

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn reply(status: u16, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Reply {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let name: HeaderName = name.parse().unwrap();
        map.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    Reply { status: StatusCode::from_u16(status).unwrap(), headers: map, body: body.as_ref().to_vec().into() }
}

fn read(reply: &Reply) -> Result<Granted, Refused> {
    read_at(reply, at(LOCAL), at(LOCAL + 1))
}

/// Classifies the reply to the exchange of an access key.
fn read_at(reply: &Reply, sent: SystemTime, received: SystemTime) -> Result<Granted, Refused> {
    let project = ProjectId::parse("P2abc").unwrap();
    let api = Api { base_url: BaseUrl::of_project(&project), project };
    let key = Secret::new("K2abc".to_owned());
    let material = Material::from(Secrets::AccessKey(AccessKeyMaterial {
        options: LoginOptions::default(),
        key,
        auth_management_key: None,
    }));
    let expectation = Source::from(AccessKey::at("/keys/app")).expectation(&api);
    let answer = material.reply(reply, Timing { sent, received }, &expectation);
    answer.settle(|_| -> Result<(), ()> { panic!("an access key never rotates") }).unwrap()
}

fn jwt(claims: &str) -> String {
    let header = r#"{"alg":"RS256","kid":"SK1","typ":"JWT"}"#;
    format!("{}.{}.c2lnbmF0dXJl", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims))
}

/// A token with a lifetime of ten minutes, issued at noon.
fn good() -> String {
    jwt(&format!(r#"{{"iss":"P2abc","sub":"K2sub","iat":{NOON},"exp":{}}}"#, NOON + 600))
}

fn body(token: &str, rest: &str) -> String {
    format!(r#"{{"keyId":"K2key","sessionJwt":"{token}"{rest}}}"#)
}

/// Returns the lifetime in seconds from a reply with this date, this token and these additional fields.
fn life(date: Option<&str>, claims: &str, rest: &str) -> Result<(u64, Vec<GrantNote>), String> {
    let headers: Vec<_> = date.map(|date| ("date", date)).into_iter().collect();
    match read(&reply(200, &headers, body(&jwt(claims), rest))) {
        Ok(granted) => Ok((granted.session.grant.lifetime.as_secs(), granted.notes)),
        Err(Refused { refusal: Refusal::Garbled, message, .. }) => Err(message),
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn a_session_is_the_token_and_what_is_said_of_it() {
    let granted = read(&reply(200, &[("date", DATE)], body(&good(), r#","unknown":{"a":[1,null]}"#))).unwrap();
    assert_eq!(granted.session.jwt.expose(), good());
    assert_eq!(granted.session.grant.lifetime, Duration::from_secs(600));
    assert_eq!(granted.session.grant.refresh_after, None);
    let claims = granted.session.claims;
    assert_eq!((claims.subject.as_deref(), claims.key_id.as_deref()), (Some("K2sub"), Some("K2key")));
    assert_eq!((claims.issued_at, claims.expires_at), (Some(at(NOON)), Some(at(NOON + 600))));
    assert_eq!(claims.signed_by.as_deref(), Some("SK1"));
    assert_eq!(granted.notes, []);
}

#[test]
fn any_success_with_a_usable_token_is_a_session() {
    let full = r#","refreshJwt":"","cookieDomain":"","cookieMaxAge":0,"firstSeen":false,"user":null,"sessionExpiration":0,"nextRefreshSeconds":0,"expiration":"""#;
    for (status, headers, body) in [
        (200, &[][..], body(&good(), "")),
        (200, &[], body(&good(), full)),
        (201, &[], body(&good(), "")),
        (200, &[("retry-after", "30")], body(&good(), "")),
        (200, &[("content-type", "text/html")], body(&good(), "")),
        (200, &[("date", "yesterday")], body(&good(), "")),
        (200, &[], format!(r#"{{"sessionJwt":"{}"}}"#, good())),
        (200, &[], format!(" \r\n{}\n", body(&good(), ""))),
        (
            200,
            &[],
            body(&good(), r#","keyId2":1e999,"expiration":{"seconds":1},"nextRefreshSeconds":[],"errorCode":7"#),
        ),
        (200, &[], format!(r#"{{"keyId":{{}},"sessionJwt":"{}","expiration":true}}"#, good())),
    ] {
        let granted = read(&reply(status, headers, &body)).unwrap_or_else(|refused| panic!("{refused:?} of {body}"));
        assert_eq!(granted.session.jwt.expose(), good());
        assert_eq!(granted.session.grant.lifetime, Duration::from_secs(600));
        assert_eq!(granted.session.grant.refresh_after, None);
    }
}

#[test]
fn no_odd_field_spoils_a_session() {
    let (deep, wide) = (format!("{}{}", "[".repeat(5000), "]".repeat(5000)), "9".repeat(400));
    let odd = ["1e400", "-1e400", &wide, r#""\ud800""#, r#""\udc00\ud800""#, &deep, r#"{"a":1,"a":2}"#, "1e-400"];
    for value in odd {
        for name in ["keyId", "keyId2", "sessionExpiration", "expiration", "nextRefreshSeconds", "errorCode", "x"] {
            let granted = read(&reply(200, &[("date", DATE)], body(&good(), &format!(r#","{name}":{value}"#))));
            let granted = granted.unwrap_or_else(|refused| panic!("{refused:?} for {name}: {value:.40}"));
            assert_eq!(granted.session.jwt.expose(), good());
            assert_eq!(granted.session.grant.lifetime, Duration::from_secs(600), "{name}: {value:.40}");
        }
        let claims = jwt(&format!(r#"{{"iss":"P2abc","x":{value},"sub":{value},"iat":{NOON},"exp":{}}}"#, NOON + 600));
        assert!(read(&reply(200, &[("date", DATE)], body(&claims, ""))).is_ok(), "a claim of {value:.40}");
    }
    let spoilt = |rest: &[u8]| [b"{", rest, body(&good(), "").trim_start_matches('{').as_bytes()].concat();
    for whole in [
        spoilt(b"\"x\":\"\xff\xfe\","),
        spoilt(b"\"\xff\":1,\"\\ud800\":2,"),
        spoilt(b"\"sessionJwt\":\"first\",\"keyId\":\"first\","),
        format!("\u{feff}{}", body(&good(), "")).into_bytes(),
        body(&good(), "").replacen("sessionJwt", "session\\u004awt", 1).into_bytes(),
    ] {
        let granted = read(&reply(200, &[("date", DATE)], &whole));
        let granted = granted.unwrap_or_else(|refused| panic!("{refused:?} for {}", String::from_utf8_lossy(&whole)));
        assert_eq!(granted.session.claims.key_id.as_deref(), Some("K2key"));
    }
}

#[test]
fn an_error_code_is_read_beside_any_odd_field() {
    for body in [
        r#"{"errorMessage":"\ud800","errorCode":"E062803","x":1e400}"#,
        "\u{feff}{\"errorCode\":\"E062803\"}",
        r#"{"errorCode":"E011001","errorCode":"E062803"}"#,
    ] {
        let refused = read(&reply(401, &[], body)).unwrap_err();
        assert_eq!(refused.message, "Descope denies the access key: HTTP 401, E062803 (invalid access key)", "{body}");
    }
}

#[test]
fn a_success_without_a_usable_token_is_garbled() {
    let other_project = jwt(&format!(r#"{{"iss":"P2other","iat":{NOON},"exp":{}}}"#, NOON + 600));
    let odd_issuer = jwt(&format!(r#"{{"iss":["P2abc"],"iat":{NOON},"exp":{}}}"#, NOON + 600));
    let expired = jwt(&format!(r#"{{"iss":"P2abc","iat":{},"exp":{NOON}}}"#, NOON - 600));
    let refresh_token = jwt(&format!(r#"{{"iss":"P2abc","drn":"DSR","iat":{NOON},"exp":{}}}"#, NOON + 600));
    let unsigned = good().replace("c2lnbmF0dXJl", "");
    for (status, body, reason) in [
        (204, String::new(), "not a JSON object: it is empty"),
        (200, "\r\n".to_owned(), "not a JSON object: it is empty"),
        (200, "<html>CANARY</html>".to_owned(), "not a JSON object: it is a page of HTML or XML"),
        (200, "null".to_owned(), "not a JSON object: it is a list, a text or another value"),
        (200, good(), "not a JSON object: it is no JSON"),
        (200, format!("[\"{}\"]", good()), "not a JSON object: it is a list, a text or another value"),
        (200, body("CANARY", r#","a":NaN"#), "`NaN` or `Infinity`, which JSON does not know, at byte 43"),
        (200, body("CANARY", ",\"a\":\"x\ny\""), "a text in it has a control character, at byte 45"),
        (200, body("CANARY", ","), "its syntax is wrong at byte 39"),
        (200, format!("{}x", body("CANARY", "")), "there is more after the object, at byte 39"),
        (200, body("CANARY", "").replace('}', ""), "it ends too early"),
        (200, body(&good(), &format!(",\"a\":{}", "[".repeat(60_000))), "its syntax is wrong at byte 60"),
        (200, body(&good(), "}{"), "there is more after the object"),
        (200, body(&good(), ",\"sessionJwt\":null"), "no `sessionJwt`"),
        (200, "{}".to_owned(), "no `sessionJwt`"),
        (200, r#"{"sessionJwt":""}"#.to_owned(), "no `sessionJwt`"),
        (200, r#"{"sessionJwt":null}"#.to_owned(), "no `sessionJwt`"),
        (200, r#"{"sessionJwt":7}"#.to_owned(), "no `sessionJwt`"),
        (200, r#"{"sessionJwt":{"jwt":"eyJ"}}"#.to_owned(), "no `sessionJwt`"),
        (200, DENIED.to_owned(), "no `sessionJwt`"),
        (200, body("CANARY", ""), "not a JWT"),
        (200, body("a.b.c", ""), "not a JWT"),
        (200, body(&format!("Bearer {}", good()), ""), "white space"),
        (200, body(&format!(" {}", good()), ""), "white space"),
        (200, body(&format!("{}\\n", good()), ""), "white space"),
        (200, body(&good().replacen('.', "\\t.", 1), ""), "white space"),
        (200, body(&unsigned, ""), "three parts"),
        (200, body(&other_project, ""), "not issued by project `P2abc`"),
        (200, body(&odd_issuer, ""), "not issued by project `P2abc`"),
        (200, body(&refresh_token, ""), "a refresh token and no session"),
        (200, body(&expired, ""), "had expired by the server's own clock"),
        (200, body(&jwt(r#"{"iss":"P2abc"}"#), ""), "its lifetime is unknown"),
    ] {
        let waits = read(&reply(status, &[("date", DATE), ("retry-after", "30")], &body)).unwrap_err();
        assert_eq!(waits.refusal, Refusal::Busy { retry_after: Some(Duration::from_secs(30)) }, "{body:.80}");
        assert!(waits.message.starts_with(&format!("Descope's API asks to wait: HTTP {status} ")), "{}", waits.message);
        assert!(waits.message.contains(reason) && !waits.message.contains("CANARY"), "{}", waits.message);
        let refused = read(&reply(status, &[("date", DATE), ("retry-after", "soon")], &body)).unwrap_err();
        assert_eq!(refused.refusal, Refusal::Garbled, "{body:.80}");
        assert!(refused.message.contains(reason), "{} for {body:.80}", refused.message);
        assert!(refused.message.starts_with(&format!("HTTP {status} ")), "{}", refused.message);
        assert!(!refused.message.contains("CANARY"));
    }
}

#[test]
fn the_life_is_that_of_the_token_whatever_the_local_clock_says() {
    let claims = format!(r#"{{"iat":{NOON},"exp":{}}}"#, NOON + 600);
    for date in [Some(DATE), None, Some("no date")] {
        assert_eq!(
            life(date, &claims, r#","sessionExpiration":1795435300,"expiration":1795435300"#),
            Ok((600, vec![]))
        );
    }
    let strings = format!(r#"{{"iat":"{NOON}","exp":"{}"}}"#, NOON + 600);
    assert_eq!(life(Some(DATE), &strings, ""), Ok((600, vec![])));
    let ahead = format!(r#"{{"iat":{},"exp":{}}}"#, NOON + 5, NOON + 605);
    assert_eq!(life(Some(DATE), &ahead, ""), Ok((600, vec![])), "two servers may differ a little");
}

#[test]
fn a_token_of_the_future_is_refused_as_sdks_refuse_it() {
    let later = format!(r#""exp":{}"#, NOON + 900);
    for (claims, reason) in [
        (format!(r#"{{"iat":{},{later}}}"#, NOON + 5), None),
        (format!(r#"{{"iat":{}.5,{later}}}"#, NOON + 5), Some("its `iat` is later")),
        (format!(r#"{{"iat":"{}",{later}}}"#, NOON + 6), Some("its `iat` is later")),
        (format!(r#"{{"nbf":{},{later}}}"#, NOON + 5), None),
        (format!(r#"{{"nbf":{},"iat":{NOON},{later}}}"#, NOON + 6), Some("its `nbf` is in the future")),
        (format!(r#"{{"nbf":1e300,{later}}}"#), Some("its `nbf` is in the future")),
        (format!(r#"{{"nbf":"soon","iat":[],{later}}}"#), None),
    ] {
        let said = life(Some(DATE), &claims, "");
        assert_eq!(
            said.as_ref().err().map(|said| said.contains(reason.unwrap_or("nothing"))),
            reason.map(|_| true),
            "{claims}: {said:?}"
        );
        let without_date = claims.replace(&later, &format!(r#""exp":{}"#, NOON + 86_400));
        assert!(life(None, &without_date, "").is_ok(), "without a `Date` nothing is in the future: {claims}");
    }
}

#[test]
fn without_iat_the_life_counts_from_the_replys_date() {
    let exp = format!(r#"{{"exp":{}}}"#, NOON + 900);
    let tell = |rest: &str| life(Some(DATE), &exp, rest);
    assert_eq!(tell(r#","sessionExpiration":1795435500"#), Ok((300, vec![])));
    assert_eq!(tell(r#","sessionExpiration":"1795435500""#), Ok((300, vec![])));
    assert_eq!(tell(r#","sessionExpiration":1795435500,"expiration":1795435600"#), Ok((300, vec![])));
    assert_eq!(tell(r#","sessionExpiration":0,"expiration":1795435600"#), Ok((400, vec![])));
    assert_eq!(tell(r#","sessionExpiration":"","expiration":"1795435600""#), Ok((400, vec![])));
    assert_eq!(
        tell(r#","sessionExpiration":1795435199,"expiration":1795435600"#),
        Ok((400, vec![])),
        "one in the past"
    );
    assert_eq!(tell(r#","sessionExpiration":1795438800"#), Ok((900, vec![])), "not beyond the end of the token");
    for zero in [
        "",
        r#","sessionExpiration":0,"expiration":0"#,
        r#","sessionExpiration":"0","expiration":null"#,
        r#","expiration":-5"#,
    ] {
        assert_eq!(tell(zero), Ok((900, vec![])), "{zero}");
    }
    assert_eq!(life(Some(DATE), "{}", r#","expiration":1795435600"#), Ok((400, vec![])), "no `exp` either");
    let backwards = format!(r#"{{"iat":{},"exp":{}}}"#, NOON + 5, NOON + 4);
    assert_eq!(life(Some(DATE), &backwards, r#","expiration":1795435600"#), Ok((4, vec![])), "`iat` is not sane");
}

#[test]
fn without_a_date_the_local_clock_when_sent_has_to_do() {
    let exp = format!(r#"{{"exp":{}}}"#, LOCAL + 900);
    assert_eq!(life(None, &exp, ""), Ok((900, vec![GrantNote::LocalClock])));
    assert_eq!(life(None, &exp, &format!(r#","expiration":{}"#, LOCAL + 300)), Ok((300, vec![GrantNote::LocalClock])));
    let past = format!(r#"{{"exp":{}}}"#, LOCAL - 1);
    assert!(life(None, &past, "").unwrap_err().contains("its lifetime is unknown"));
}

#[test]
fn a_token_from_a_cache_has_only_the_rest_of_its_life() {
    let issued = |ago: u64| format!(r#"{{"iat":{},"exp":{}}}"#, NOON - ago, NOON - ago + 600);
    assert_eq!(life(Some(DATE), &issued(5), ""), Ok((600, vec![])));
    let note = |age| vec![GrantNote::IssuedBefore { age: Duration::from_secs(age) }];
    assert_eq!(life(Some(DATE), &issued(6), ""), Ok((594, note(6))));
    assert_eq!(life(Some(DATE), &issued(599), ""), Ok((1, note(599))));
    assert!(life(Some(DATE), &issued(600), "").unwrap_err().contains("had expired"));
}

#[test]
fn an_unbelievable_life_is_cut_and_said() {
    let year = 365 * 86_400;
    let claims = format!(r#"{{"iat":{NOON},"exp":{}}}"#, NOON + year);
    let cut = vec![GrantNote::LifeCut { reported: Duration::from_secs(year) }];
    assert_eq!(life(Some(DATE), &claims, ""), Ok((LIFETIME_MAX.as_secs(), cut)));
    let month = format!(r#"{{"iat":{NOON},"exp":{}}}"#, NOON + LIFETIME_MAX.as_secs());
    assert_eq!(life(Some(DATE), &month, ""), Ok((LIFETIME_MAX.as_secs(), vec![])));
    for beyond in [
        "1795435800000",
        "1001795435200",
        "1e300",
        "9223372036854775807",
        "18446744073709551616",
        "\"99999999999999999999\"",
    ] {
        for iat in [NOON.to_string(), beyond.to_owned(), "0".to_owned()] {
            let claims = format!(r#"{{"iat":{iat},"exp":{beyond}}}"#);
            for date in [Some(DATE), None] {
                let (life, notes) = life(date, &claims, "").unwrap();
                assert_eq!(life, LIFETIME_MAX.as_secs(), "{claims}");
                assert!(matches!(notes[..], [GrantNote::LifeCut { .. }]), "{claims}: {notes:?}");
            }
        }
        let claims = format!(r#"{{"iat":{NOON},"exp":{beyond}}}"#);
        let sane = format!(r#","expiration":{}"#, NOON + 600);
        assert_eq!(life(Some(DATE), &claims, &sane), Ok((600, vec![])), "the reply says something sane");
        assert_eq!(
            life(Some(DATE), "{}", &format!(r#","sessionExpiration":{beyond}"#)).unwrap().0,
            LIFETIME_MAX.as_secs()
        );
    }
}

#[test]
fn a_hint_of_an_earlier_renewal_is_passed_on() {
    for (told, expected) in [
        ("120", Some(120)),
        ("\"120\"", Some(120)),
        ("120.0", Some(120)),
        ("0", None),
        ("\"\"", None),
        ("null", None),
        ("-3", None),
        ("\"soon\"", None),
        ("1e300", None),
        ("18446744073709551615", None),
        ("[120]", None),
    ] {
        let reply = reply(200, &[("date", DATE)], body(&good(), &format!(",\"nextRefreshSeconds\":{told}")));
        let granted = read(&reply).unwrap();
        assert_eq!(granted.session.grant.refresh_after, expected.map(Duration::from_secs), "{told}");
        let is_said = ["-3", "1e300", "18446744073709551615"].contains(&told);
        assert_eq!(granted.notes, if is_said { vec![GrantNote::HintOutOfBounds] } else { Vec::new() }, "{told}");
    }
}

#[test]
fn what_is_said_of_a_session_breaks_no_line_and_no_terminal() {
    let claims = format!(r#"{{"sub":"a\u001b[2Jb","iat":{NOON},"exp":{}}}"#, NOON + 600);
    let body = format!(r#"{{"keyId":"{}","sessionJwt":"{}"}}"#, "K".repeat(500), jwt(&claims));
    let claims = read(&reply(200, &[], body)).unwrap().session.claims;
    assert_eq!((claims.subject, claims.key_id), (None, None));
}

/// Status, headers, body, class, and the complete message.
type Row = (u16, &'static [(&'static str, &'static str)], &'static str, Refusal, &'static str);

const CLOUDFLARE: &[(&str, &str)] = &[("server", "cloudflare"), ("cf-ray", "8a1b2c3d4e5f-FRA")];

#[rustfmt::skip] // a table reads by its lines
const REFUSALS: &[Row] = &[
    // Descope denies the key.
    (401, &[], DENIED, Refusal::Denied, "Descope denies the access key: HTTP 401, E062803 (invalid access key)"),
    (403, CLOUDFLARE, DENIED, Refusal::Denied, "Descope denies the access key: HTTP 403, E062803 (invalid access key)"),
    (401, &[], r#"{"errorCode":"E062802"}"#, Refusal::Denied, "Descope denies the access key: HTTP 401, E062802 (missing access key)"),
    (401, &[], r#"{"errorCode":"E061234"}"#, Refusal::Denied, "Descope denies the access key: HTTP 401, E061234"),
    (403, &[], r#"{"errorCode":"CANARY words"}"#, Refusal::Denied, "Descope denies the access key: HTTP 403"),
    (403, &[], r#"{"errorCode":"E06280é"}"#, Refusal::Denied, "Descope denies the access key: HTTP 403"),
    (400, &[], r#"{"errorCode":"E011001"}"#, Refusal::Denied, "Descope denies the exchange: HTTP 400, E011001 (malformed request)"),
    (400, &[], r#"{"errorCode":"E011004"}"#, Refusal::Denied, "Descope denies the exchange: HTTP 400, E011004 (invalid arguments; check `projectId`, `customClaims` and `selectedTenant`)"),
    // A proxy in front of Descope denies the request.
    (403, CLOUDFLARE, "error code: 1010", Refusal::Blocked, "Cloudflare blocks the request before Descope sees the access key: HTTP 403, error 1010"),
    (403, &[], "error code: 1010\n", Refusal::Blocked, "Cloudflare blocks the request before Descope sees the access key: HTTP 403, error 1010"),
    (403, CLOUDFLARE, "<html>CANARY</html>", Refusal::Blocked, "Cloudflare blocks the request before Descope sees the access key: HTTP 403"),
    (403, &[("server", "cloudflare")], "error code: CANARY", Refusal::Blocked, "Cloudflare blocks the request before Descope sees the access key: HTTP 403"),
    (401, &[], "", Refusal::Blocked, "HTTP 401 without Descope's own error: a proxy or firewall may block the request before Descope sees the access key (the body is empty)"),
    (403, &[], r#"{"error":"CANARY"}"#, Refusal::Blocked, "HTTP 403 without Descope's own error: a proxy or firewall may block the request before Descope sees the access key (the body is JSON of another form)"),
    (403, &[], r#"{"errorCode":""}"#, Refusal::Blocked, "HTTP 403 without Descope's own error: a proxy or firewall may block the request before Descope sees the access key (the body is JSON of another form)"),
    (403, &[], r#"{"errorCode":403}"#, Refusal::Blocked, "HTTP 403 without Descope's own error: a proxy or firewall may block the request before Descope sees the access key (the body is JSON of another form)"),
    (401, &[], r#"["E062803"]"#, Refusal::Blocked, "HTTP 401 without Descope's own error: a proxy or firewall may block the request before Descope sees the access key (the body is JSON of another form)"),
    // The API asks the client to wait.
    (429, &[], "", busy(None), "Descope's API asks to slow down: HTTP 429"),
    (429, &[("retry-after", "7")], r#"{"errorCode":"E130429"}"#, busy(Some(7)), "Descope's API asks to slow down: HTTP 429, E130429 (rate limit)"),
    (429, &[("retry-after", " 7 ")], "<html>", busy(Some(7)), "Descope's API asks to slow down: HTTP 429"),
    (429, &[("retry-after", "0")], "", busy(Some(0)), "Descope's API asks to slow down: HTTP 429"),
    (429, &[("retry-after", "-7")], "", busy(None), "Descope's API asks to slow down: HTTP 429"),
    (429, &[("retry-after", "1.5")], "", busy(Some(2)), "Descope's API asks to slow down: HTTP 429"),
    (429, &[("retry-after", "299.997")], "", busy(Some(300)), "Descope's API asks to slow down: HTTP 429"),
    (429, &[("ratelimit-reset", "25")], "", busy(Some(25)), "Descope's API asks to slow down: HTTP 429"),
    (429, &[("retry-after", "7"), ("ratelimit-reset", "25")], "", busy(Some(7)), "Descope's API asks to slow down: HTTP 429"),
    (429, &[("retry-after", "soon"), ("ratelimit", "\"default\";r=0;t=25")], "", busy(Some(25)), "Descope's API asks to slow down: HTTP 429"),
    (429, &[("date", DATE), ("x-ratelimit-reset", "1795435225")], "", busy(Some(25)), "Descope's API asks to slow down: HTTP 429"),
    (429, &[("x-ratelimit-reset", "3600")], "", busy(Some(3600)), "Descope's API asks to slow down: HTTP 429; the wait is cut to the maximum of 5m"),
    (429, &[], r#"{"errorCode":"E170429"}"#, busy(None), "Descope's API asks to slow down: HTTP 429, E170429 (rate limit of this endpoint)"),
    (403, &[("ratelimit-reset", "25")], r#"{"errorCode":"E170429"}"#, busy(Some(25)), "Descope's API asks to slow down: HTTP 403, E170429 (rate limit of this endpoint)"),
    (400, &[("retry-after", "7")], r#"{"errorCode":"E130429"}"#, busy(Some(7)), "Descope's API asks to slow down: HTTP 400, E130429 (rate limit)"),
    (500, &[], r#"{"errorCode":"E060429"}"#, busy(None), "Descope's API asks to slow down: HTTP 500, E060429 (a rate limit)"),
    (401, &[], r#"{"errorCode":"e170429"}"#, busy(None), "Descope's API asks to slow down: HTTP 401, E170429 (rate limit of this endpoint)"),
    (401, &[("retry-after", "7 (seconds)")], r#"{"error":{"code":"E130429","message":"CANARY"}}"#, busy(Some(7)), "Descope's API asks to slow down: HTTP 401, E130429 (rate limit)"),
    (403, &[], r#"{"errorCode":170429}"#, busy(None), "Descope's API asks to slow down: HTTP 403, E170429 (rate limit of this endpoint)"),
    (403, &[], r#"{"error":{"code":"E062803"}}"#, Refusal::Blocked, "HTTP 403 without Descope's own error: a proxy or firewall may block the request before Descope sees the access key (the body is JSON of another form)"),
    (401, &[("content-encoding", "gzip")], "CANARY", Refusal::Blocked, "HTTP 401 without Descope's own error: a proxy or firewall may block the request before Descope sees the access key (the body is compressed, which hides what it says)"),
    (200, &[], r#"{"errorCode":"E170429"}"#, busy(None), "Descope's API asks to slow down: HTTP 200, E170429 (rate limit of this endpoint)"),
    (503, &[("ratelimit", "limit=9, remaining=0, reset=25")], "", busy(Some(25)), "Descope's API asks to wait: HTTP 503"),
    (503, &[("x-ratelimit-remaining", "99"), ("x-ratelimit-reset", "25")], "", Refusal::Failed, "Descope's API fails: HTTP 503"),
    (401, &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "25")], DENIED, Refusal::Denied, "Descope denies the access key: HTTP 401, E062803 (invalid access key)"),
    (429, &[("retry-after", "CANARY")], "", busy(None), "Descope's API asks to slow down: HTTP 429"),
    (429, &[("retry-after", "")], "", busy(None), "Descope's API asks to slow down: HTTP 429"),
    (429, &[("retry-after", "99999999999999999999999999")], "", busy(Some(3_153_600_000)), "Descope's API asks to slow down: HTTP 429; the wait is cut to the maximum of 5m"),
    (429, &[("retry-after", "18446744073709551615")], "", busy(Some(3_153_600_000)), "Descope's API asks to slow down: HTTP 429; the wait is cut to the maximum of 5m"),
    (429, &[("date", DATE), ("retry-after", "Mon, 23 Nov 2026 12:01:30 GMT")], "", busy(Some(90)), "Descope's API asks to slow down: HTTP 429"),
    (429, &[("retry-after", "Sun, 22 Nov 2026 12:01:30 GMT")], "", busy(Some(89)), "Descope's API asks to slow down: HTTP 429"),
    (429, &[("date", DATE), ("retry-after", "Mon, 23 Nov 2026 11:00:00 GMT")], "", busy(Some(0)), "Descope's API asks to slow down: HTTP 429"),
    (429, &[("retry-after", "soon"), ("retry-after", "7")], "", busy(Some(7)), "Descope's API asks to slow down: HTTP 429"),
    (503, &[("retry-after", "300")], "", busy(Some(300)), "Descope's API asks to wait: HTTP 503"),
    (503, &[("retry-after", "301")], "", busy(Some(301)), "Descope's API asks to wait: HTTP 503; the wait is cut to the maximum of 5m"),
    (503, &[("retry-after", "30")], "", busy(Some(30)), "Descope's API asks to wait: HTTP 503"),
    (401, &[("retry-after", "30")], DENIED, busy(Some(30)), "Descope's API asks to wait: HTTP 401, E062803 (invalid access key)"),
    (302, &[("retry-after", "30"), ("location", "https://CANARY")], "", busy(Some(30)), "Descope's API asks to wait: HTTP 302"),
    // All other replies.
    (503, &[("retry-after", "soon")], "", Refusal::Failed, "Descope's API fails: HTTP 503"),
    (500, &[], r#"{"errorCode":"E011003"}"#, Refusal::Failed, "Descope's API fails: HTTP 500, E011003 (validation failed; check `projectId`, `customClaims` and `selectedTenant`)"),
    (502, CLOUDFLARE, "<html>CANARY</html>", Refusal::Failed, "Descope's API fails: HTTP 502"),
    (520, CLOUDFLARE, "", Refusal::Failed, "Descope's API is not reachable from the edge in front of it: HTTP 520"),
    (522, CLOUDFLARE, "error code: 522", Refusal::Failed, "Descope's API is not reachable from the edge in front of it: HTTP 522"),
    (530, CLOUDFLARE, "error code: 1033", Refusal::Failed, "Descope's API is not reachable from the edge in front of it: HTTP 530"),
    (400, &[], "Bad Request", Refusal::Failed, "Descope's API refuses the request: HTTP 400"),
    (404, &[], "CANARY", Refusal::Failed, "no such endpoint: HTTP 404; is `baseUrl` right, and is `P2abc` your project's id?"),
    (405, &[], "", Refusal::Failed, "Descope's API refuses the request: HTTP 405"),
    (408, &[], "", Refusal::Failed, "Descope's API refuses the request: HTTP 408"),
    (404, &[], DENIED, Refusal::Failed, "no such endpoint: HTTP 404, E062803 (invalid access key); is `baseUrl` right, and is `P2abc` your project's id?"),
    (301, &[("location", "https://elsewhere.example/x?CANARY")], "", Refusal::Failed, "HTTP 301: redirects are refused because they would send the access key elsewhere (`elsewhere.example`); set `baseUrl` to where the API is"),
    (302, &[("location", "https://user:CANARY@elsewhere.example/")], "", Refusal::Failed, "HTTP 302: redirects are refused because they would send the access key elsewhere (`elsewhere.example`); set `baseUrl` to where the API is"),
    (307, &[("location", "/CANARY")], "", Refusal::Failed, "HTTP 307: redirects are refused because they would send the access key elsewhere; set `baseUrl` to where the API is"),
    (304, &[], "", Refusal::Failed, "HTTP 304: redirects are refused because they would send the access key elsewhere; set `baseUrl` to where the API is"),
    (100, &[], "", Refusal::Failed, "Descope's API fails: HTTP 100"),
    (999, &[], "", Refusal::Failed, "Descope's API fails: HTTP 999"),
];

const fn busy(seconds: Option<u64>) -> Refusal {
    let retry_after = match seconds {
        Some(seconds) => Some(Duration::from_secs(seconds)),
        None => None,
    };
    Refusal::Busy { retry_after }
}

#[test]
fn a_host_that_dns_cannot_have_is_not_repeated() {
    let redirect = |host: &str| {
        let location = format!("https://{host}/");
        read(&reply(302, &[("location", &location)], "")).unwrap_err().message
    };
    let longest = "a".repeat(253);
    assert!(redirect(&longest).contains(&format!("(`{longest}`)")));
    assert!(redirect(&"CANARY.".repeat(10_000)).len() < 200);
}

#[test]
fn every_refusal_has_its_class_and_its_words() {
    for (status, headers, body, refusal, message) in REFUSALS {
        let refused = read(&reply(*status, headers, body)).unwrap_err();
        assert_eq!((refused.refusal, refused.message.as_str()), (*refusal, *message), "{status} {headers:?} {body}");
        assert!(!refused.message.contains("CANARY"));
    }
}

#[test]
fn a_compressed_body_is_named() {
    let gzip = [&b"\x1f\x8b\x08\0CANARY"[..], &[0xff; 20]].concat();
    for (fields, coding) in [
        (&[("content-encoding", "gzip")][..], "gzip"),
        (&[("content-encoding", "X-GZip")], "gzip"),
        (&[("content-encoding", "identity, br")], "br"),
        (&[("content-encoding", "gzip"), ("content-encoding", "zstd")], "zstd"),
        (&[("content-encoding", "CANARY")], "in a coding of another name"),
        (&[("transfer-encoding", "gzip, chunked")], "gzip"),
        (&[("content-encoding", "identity")], "gzip"),
        (&[], "gzip"),
    ] {
        let refused = read(&reply(200, fields, &gzip)).unwrap_err();
        assert_eq!(refused.refusal, Refusal::Garbled);
        let words =
            format!("the body is compressed ({coding}), although the request asks for `Accept-Encoding: identity`");
        assert!(refused.message.contains(&words) && !refused.message.contains("CANARY"), "{refused:?}");
        assert!(refused.remedy.is_some_and(|remedy| remedy.contains("switch compression off")));
    }
    for (beginning, coding) in [(&[0x28, 0xb5, 0x2f, 0xfd][..], "zstd"), (&[0x78, 0x9c], "deflate")] {
        let refused = read(&reply(200, &[], [beginning, &[0xff; 20]].concat())).unwrap_err();
        assert!(refused.message.contains(&format!("the body is compressed ({coding})")), "{refused:?}");
    }
    for coding in ["gzip", "br", "utf-8", "aws-chunked"] {
        let plain = reply(200, &[("date", DATE), ("content-encoding", coding)], body(&good(), ""));
        assert!(read(&plain).is_ok(), "a body that is not compressed, whatever its header says: {coding}");
    }
}

#[test]
fn a_session_only_in_a_cookie_names_the_setting() {
    let session = good();
    for cookie in [
        format!("DS={session}; Path=/; HttpOnly; Secure"),
        format!("__Host-DS=\"{session}\"; Path=/"),
        format!("custom={session}"),
        "DS=CANARY".to_owned(),
    ] {
        for text in [r#"{"keyId":"K2"}"#, r#"{"sessionJwt":"","refreshJwt":""}"#, "", "\r\n"] {
            let refused = read(&reply(200, &[("set-cookie", "a=b"), ("set-cookie", &cookie)], text)).unwrap_err();
            assert_eq!(refused.refusal, Refusal::Garbled);
            assert!(
                refused.message.ends_with(
                    "the session is only in a cookie, because the project manages session tokens in cookies"
                )
            );
            assert!(refused.remedy.as_ref().is_some_and(|remedy| remedy.contains("\"Manage in response body\"")));
            assert!(!format!("{refused:?}").contains("CANARY") && !format!("{refused:?}").contains(&session));
        }
    }
    let refresh_token = jwt(r#"{"iss":"P2abc","drn":"DSR"}"#);
    for cookie in ["a=b".to_owned(), "DS=".to_owned(), format!("DSR={refresh_token}"), format!("x={refresh_token}")] {
        let refused = read(&reply(200, &[("set-cookie", &cookie)], "{}")).unwrap_err();
        assert!(refused.message.ends_with("the body has no `sessionJwt`"), "{refused:?}");
    }
}

#[test]
fn a_token_sent_with_a_refusal_is_not_taken() {
    for status in [100, 304, 400, 401, 429, 503] {
        assert!(read(&reply(status, &[("date", DATE)], body(&good(), ""))).is_err(), "{status}");
    }
}

#[test]
fn nothing_prints_a_session() {
    let reply = reply(200, &[("date", DATE), ("set-cookie", &format!("DS={}", good()))], body(&good(), ""));
    let granted = read(&reply).unwrap();
    let signature_and_claims = good().split_once('.').unwrap().1.to_owned();
    assert!(!format!("{reply:?} {granted:?}").contains(&signature_and_claims));
}

#[test]
fn a_key_id_that_is_a_token_is_none() {
    let text = format!(r#"{{"keyId":"{0}","sessionJwt":"{0}"}}"#, good());
    let granted = read(&reply(200, &[("date", DATE)], text)).unwrap();
    assert_eq!(granted.session.claims.key_id, None);
    assert!(!format!("{granted:?}").contains(&good()));
}

/// Bodies that are similar to real ones, with text of the server in every possible place.
fn bodies() -> impl Strategy<Value = Vec<u8>> {
    let value = prop_oneof![
        Just("\"CANARY\"".to_owned()),
        Just("\"E062803\"".to_owned()),
        Just(format!("\"{}\"", good())),
        Just(format!("\"{} \"", good())),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f64>().prop_map(|number| number.to_string()),
        "[0-9]{0,25}".prop_map(|digits| format!("\"{digits}\"")),
        Just("null".to_owned()),
        Just("[\"CANARY\"]".to_owned()),
        Just(format!("\"{}\"", jwt(r#"{"iss":"CANARY","exp":1e18,"iat":-1}"#))),
    ];
    let field = prop::sample::select(vec![
        "sessionJwt",
        "keyId",
        "expiration",
        "sessionExpiration",
        "nextRefreshSeconds",
        "errorCode",
        "errorMessage",
        "CANARY",
    ]);
    let object = prop::collection::btree_map(field, value, 0..8).prop_map(|fields| {
        let fields: Vec<_> = fields.into_iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        format!("{{{}}}", fields.join(",")).into_bytes()
    });
    prop_oneof![3 => object, 1 => any::<Vec<u8>>(), 1 => any::<Vec<u8>>().prop_map(|tail| [b"CANARY{", &tail[..]].concat())]
}

fn header_sets() -> impl Strategy<Value = Vec<(&'static str, Vec<u8>)>> {
    let name = prop::sample::select(vec!["date", "retry-after", "location", "server", "cf-ray", "content-type"]);
    let value = prop_oneof![
        Just(DATE.as_bytes().to_vec()),
        Just(b"https://x.example/CANARY?CANARY".to_vec()),
        "[0-9]{1,30}".prop_map(String::into_bytes),
        "CANARY[ -~]{0,20}".prop_map(String::into_bytes),
        prop::collection::vec(0x20_u8..=0x7e, 0..40),
        prop::collection::vec(0x80_u8..=0xff, 0..40),
    ];
    prop::collection::vec((name, value), 0..5)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_reply_is_read_without_a_panic_and_keeps_the_promises(
        status in 100_u16..1000,
        headers in header_sets(),
        body in bodies(),
        sent in 0_u64..300_000_000_000,
    ) {
        let mut reply = reply(status, &[], &body);
        for (name, value) in headers {
            reply.headers.append(name, HeaderValue::from_bytes(&value).unwrap());
        }
        match read_at(&reply, at(sent), at(sent)) {
            Ok(granted) => {
                prop_assert!(reply.status.is_success());
                let token = granted.session.jwt.expose();
                prop_assert!(!token.is_empty() && token.chars().all(|c| c.is_ascii_graphic()));
                let grant = granted.session.grant;
                prop_assert!(!grant.lifetime.is_zero() && grant.lifetime <= LIFETIME_MAX);
                prop_assert!(grant.refresh_after.is_none_or(|after| !after.is_zero()));
                let debug = format!("{granted:?}");
                prop_assert!(!debug.contains(token));
            }
            Err(refused) => {
                prop_assert!(!refused.message.is_empty() && refused.message.len() < 400);
                prop_assert!(!refused.message.to_ascii_uppercase().contains("CANARY"), "{}", refused.message);
                prop_assert!(!refused.message.contains("eyJ"), "{}", refused.message);
                prop_assert!(refused.message.chars().all(|c| !c.is_control()), "{}", refused.message);
                let of_a_success = matches!(refused.refusal, Refusal::Garbled | Refusal::Busy { retry_after: Some(_) });
                prop_assert!(of_a_success || !reply.status.is_success());
                prop_assert!(refused.refusal != Refusal::Garbled || reply.status.is_success());
            }
        }
    }
}
