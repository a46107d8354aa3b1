//! Replies to a refresh, line by line.

use std::{
    fs,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use proptest::prelude::*;
use serde_json::{Value, json};
use tokenwell::{
    exchange::{Api, BaseUrl, ProjectId, Refused, Reply, Timing},
    renewal::{Refusal, RefusalClass},
    secret::Secret,
    session::{Granted, Jwt},
    source::{Kind, Material, RefreshToken, RotatedSecret, Source},
};

/// 2026-11-23 12:00:00.
const NOON: u64 = 1_795_435_200;
const DATE: &str = "Mon, 23 Nov 2026 12:00:00 GMT";

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn jwt(claims: &Value) -> String {
    let header = json!({"alg": "RS256", "kid": "SK1"});
    let parts = [header.to_string(), claims.to_string(), "CANARY-signature".to_owned()];
    parts.map(|part| URL_SAFE_NO_PAD.encode(part)).join(".")
}

/// A session of ten minutes.
fn session() -> String {
    jwt(&json!({"iss": "P2abc", "sub": "U2", "drn": "DS", "iat": NOON, "exp": NOON + 600}))
}

fn refresh_token(number: u64) -> String {
    jwt(&json!({"iss": "P2abc", "drn": "DSR", "exp": NOON + 86_400, "number": number}))
}

fn reply(status: u16, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Reply {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let name: HeaderName = name.parse().unwrap();
        map.append(name, HeaderValue::from_str(value).unwrap());
    }
    Reply { status: StatusCode::from_u16(status).unwrap(), headers: map, body: body.as_ref().to_vec().into() }
}

/// The first refresh token, as read from its file.
struct Mounted {
    source: Source,
    material: Material,
    api: Api,
}

impl Mounted {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("refresh");
        fs::write(&file, refresh_token(1)).unwrap();
        let source = Source::from(Kind::RefreshToken(RefreshToken::at(file)));
        let material = source.read().unwrap();
        let project = ProjectId::parse("P2abc").unwrap();
        Self { source, material, api: Api { base_url: BaseUrl::of_project(&project), project } }
    }

    /// Returns the result of a reply, and the rotated token that was stored before.
    fn interpret(&self, reply: &Reply) -> (Result<Granted, Refused>, Option<String>) {
        let timing = Timing { sent: at(NOON), received: at(NOON + 1) };
        let answer = self.material.reply(reply, timing, &self.source.expectation(&self.api));
        let mut stored = None;
        let result = answer.settle(|RotatedSecret(token): &RotatedSecret| -> Result<(), ()> {
            stored = Some(token.expose().to_owned());
            Ok(())
        });
        (result.unwrap(), stored)
    }
}

/// Returns what a reply means: `session` or the class of the refusal, and whether the refresh token rotates.
fn meaning(mounted: &Mounted, reply: &Reply) -> (&'static str, bool) {
    let (result, stored) = mounted.interpret(reply);
    let word = match &result {
        Ok(_) => "session",
        Err(refused) => {
            for word in ["CANARY", "eyJ", "customClaims"] {
                assert!(!refused.message.contains(word), "{}", refused.message);
            }
            let asks = refused.message.contains("a person must sign in again");
            assert_eq!(asks, refused.refusal.class() == RefusalClass::Denied, "{}", refused.message);
            refused.refusal.class().word()
        }
    };
    assert!(stored.as_ref().is_none_or(|token| *token == refresh_token(2)));
    (word, stored.is_some())
}

#[test]
fn every_reply_has_its_meaning() {
    let mounted = Mounted::new();
    let (session, other) = (session(), refresh_token(2));
    let ok = |body: Value| reply(200, &[("date", DATE)], body.to_string());
    let with_cookie = |cookie: &str| {
        reply(200, &[("set-cookie", "other=1"), ("set-cookie", cookie)], json!({"sessionJwt": session}).to_string())
    };
    let with_refresh = |refresh: Value| ok(json!({"sessionJwt": session, "refreshJwt": refresh}));
    let with_session = |session: Value| ok(json!({"sessionJwt": session, "refreshJwt": other}));
    let other_project = jwt(&json!({"iss": "P2other", "iat": NOON, "exp": NOON + 600}));
    let expired = jwt(&json!({"iss": "P2abc", "iat": NOON - 600, "exp": NOON}));
    let error = |code: &str| json!({"errorCode": code, "errorDescription": "CANARY"}).to_string();
    let twice = format!(r#"{{"sessionJwt":"{session}","sessionJwt":"{session}","refreshJwt":"{other}"}}"#);
    let torn = format!(r#"{{"refreshJwt":"{other}","sessionJwt":"{session}"#);
    let rows: [(&str, Reply, (&str, bool)); 47] = [
        ("no rotation", ok(json!({"sessionJwt": session})), ("session", false)),
        ("a rotation", with_refresh(json!(other)), ("session", true)),
        ("an empty refresh token", with_refresh(json!("")), ("session", false)),
        ("a null refresh token", with_refresh(Value::Null), ("session", false)),
        ("zero for a refresh token", with_refresh(json!(0)), ("session", false)),
        ("false for a refresh token", with_refresh(json!(false)), ("session", false)),
        ("a list for a refresh token", with_refresh(json!([other])), ("session", false)),
        ("an object for a refresh token", with_refresh(json!({"jwt": other})), ("session", false)),
        ("a refresh token that is no JWT", with_refresh(json!("refresh")), ("session", false)),
        ("half a refresh token", with_refresh(json!(&other[..other.len() / 2])), ("session", false)),
        ("white space after a refresh token", with_refresh(json!(format!("{other}\n"))), ("session", false)),
        ("the same refresh token", with_refresh(json!(refresh_token(1))), ("session", false)),
        (
            "unknown fields",
            ok(json!({"sessionJwt": session, "refreshJwt": other, "new": {"a": [1]}})),
            ("session", true),
        ),
        (
            "zero values",
            ok(
                json!({"sessionJwt": session, "refreshJwt": "", "cookieMaxAge": 0, "user": {}, "nextRefreshSeconds": 0}),
            ),
            ("session", false),
        ),
        (
            "cookies and numbers in quotes",
            ok(json!({"sessionJwt": session, "refreshJwt": other, "cookieExpiration": 4_000_000_000_u64,
                "sessionExpiration": (NOON + 600).to_string(), "nextRefreshSeconds": "60"})),
            ("session", true),
        ),
        ("a rotation in a cookie", with_cookie(&format!("DSR={other}; Path=/; HttpOnly")), ("session", true)),
        ("a cookie that ends", with_cookie("DSR=; Max-Age=0"), ("session", false)),
        ("a cookie that is no JWT", with_cookie("DSR=CANARY; Path=/"), ("session", false)),
        ("a session in a cookie", with_cookie(&format!("DS={other}")), ("session", false)),
        ("the same refresh token in a cookie", with_cookie(&format!("DSR={}", refresh_token(1))), ("session", false)),
        ("201", reply(201, &[], json!({"sessionJwt": session, "refreshJwt": other}).to_string()), ("session", true)),
        ("an empty session and a rotation", with_session(json!("")), ("garbled", true)),
        ("a null session and a rotation", with_session(Value::Null), ("garbled", true)),
        ("a number for a session and a rotation", with_session(json!(7)), ("garbled", true)),
        ("a session that is no JWT and a rotation", with_session(json!("session")), ("garbled", true)),
        ("a session of another project and a rotation", with_session(json!(other_project)), ("garbled", true)),
        ("an expired session and a rotation", with_session(json!(expired)), ("garbled", true)),
        ("no session and a rotation", ok(json!({"refreshJwt": other})), ("garbled", true)),
        ("a field that appears twice and a rotation", reply(200, &[], twice), ("session", true)),
        ("a body that is torn off", reply(200, &[], torn), ("garbled", false)),
        ("a body that is a list", reply(200, &[], json!([session, other]).to_string()), ("garbled", false)),
        ("an empty body", reply(200, &[], ""), ("garbled", false)),
        ("204", reply(204, &[], ""), ("garbled", false)),
        ("a page", reply(200, &[], "<html>CANARY</html>"), ("garbled", false)),
        ("401 with an error", reply(401, &[], error("E064001")), ("denied", false)),
        ("403 with an error", reply(403, &[], error("E062803")), ("denied", false)),
        ("400 with an error", reply(400, &[], error("E011004")), ("denied", false)),
        (
            "401 with an error and a refresh token",
            reply(401, &[], json!({"errorCode": "E064001", "refreshJwt": other}).to_string()),
            ("denied", false),
        ),
        ("401 without an error", reply(401, &[], "CANARY"), ("blocked", false)),
        ("403 of Cloudflare", reply(403, &[], "error code: 1010"), ("blocked", false)),
        ("400 without an error", reply(400, &[], "CANARY"), ("failed", false)),
        ("404", reply(404, &[], error("E011001")), ("failed", false)),
        ("429", reply(429, &[("retry-after", "7")], error("E130429")), ("busy", false)),
        ("503 with a wait", reply(503, &[("retry-after", "7")], ""), ("busy", false)),
        ("a redirect", reply(307, &[("location", "https://CANARY.example/")], ""), ("failed", false)),
        ("500", reply(500, &[], json!({"refreshJwt": other}).to_string()), ("failed", false)),
        ("522", reply(522, &[], ""), ("failed", false)),
    ];
    let wrong: Vec<_> = rows
        .iter()
        .map(|(name, reply, expected)| (name, meaning(&mounted, reply), expected))
        .filter(|(_, found, expected)| found != *expected)
        .collect();
    assert!(wrong.is_empty(), "name, meaning and expectation: {wrong:#?}");
}

#[test]
fn the_life_of_a_session_is_read_as_in_every_exchange() {
    let mounted = Mounted::new();
    let body = json!({"sessionJwt": session(), "nextRefreshSeconds": 120});
    let granted = mounted.interpret(&reply(200, &[("date", DATE)], body.to_string())).0.unwrap();
    assert_eq!(granted.session.grant.lifetime, Duration::from_secs(600));
    assert_eq!(granted.session.grant.refresh_after, Some(Duration::from_secs(120)));
}

#[test]
fn all_secrets_are_the_mounted_the_stored_and_the_external_one() {
    let folder = tempfile::tempdir().unwrap();
    let (file, external) = (folder.path().join("refresh"), folder.path().join("external"));
    fs::write(&file, refresh_token(1)).unwrap();
    fs::write(&external, "external-token").unwrap();
    let kind = RefreshToken { external_token_file: Some(external), ..RefreshToken::at(file) };
    let mut source = Source::from(Kind::RefreshToken(kind));
    source.keep_in(folder.path(), "a");
    let link = source.read().unwrap().link();
    source.store(link, &RotatedSecret(Secret::new(refresh_token(2)))).unwrap();
    let secrets: Vec<_> = source.read().unwrap().into_secrets();
    let secrets: Vec<_> = secrets.iter().map(Secret::expose).collect();
    assert!(secrets == [&refresh_token(2), &refresh_token(1), "external-token"], "{} secrets", secrets.len());
}

fn bodies() -> impl Strategy<Value = Vec<u8>> {
    let value = prop_oneof![
        Just(json!(refresh_token(1))),
        Just(json!(refresh_token(2))),
        Just(json!(session())),
        any::<i64>().prop_map(Value::from),
        Just(Value::Null),
        "CANARY[ -~]{0,30}".prop_map(Value::from),
    ];
    let name = prop::sample::select(vec!["sessionJwt", "refreshJwt", "errorCode", "nextRefreshSeconds", "other"]);
    let object = prop::collection::vec((name, value), 0..5).prop_map(|members| {
        let members: Vec<_> = members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        format!("{{{}}}", members.join(",")).into_bytes()
    });
    prop_oneof![2 => object, 1 => any::<Vec<u8>>(), 1 => any::<Vec<u8>>().prop_map(|tail| [b"{CANARY", &tail[..]].concat())]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_reply_is_read_without_a_panic_and_rotates_only_to_a_jwt(status in 100_u16..600, body in bodies()) {
        let mounted = Mounted::new();
        let reply = reply(status, &[], &body);
        let (result, stored) = mounted.interpret(&reply);
        if let Some(token) = stored {
            prop_assert!(reply.status.is_success() && Jwt::parse(&token).is_ok() && token != refresh_token(1));
            prop_assert!(String::from_utf8_lossy(&body).contains(&token));
        }
        match result {
            Ok(_) => prop_assert!(reply.status.is_success()),
            Err(refused) => {
                prop_assert!(!refused.message.contains("CANARY") && !refused.message.contains("eyJ"));
                prop_assert!(refused.refusal != Refusal::Garbled || reply.status.is_success());
            }
        }
    }
}
