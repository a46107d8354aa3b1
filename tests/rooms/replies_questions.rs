//! Requests with answers to security questions, every reply to them, and what becomes of the refresh token.

#![expect(clippy::unwrap_used, reason = "clippy lets tests unwrap, but not their helpers")]

use std::{
    fs,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use proptest::prelude::*;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokenwell::{
    exchange::{Api, BaseUrl, ProjectId, Refused, Reply, Request, Timing},
    renewal::Refusal,
    secret::Secret,
    session::Granted,
    source::{
        Answer, ChainLink, Identity, Kind, Material, RotatedSecret, SecretKind, SecurityQuestions, Source, TokenChain,
    },
};

/// 2026-11-23 12:00:00 on the server's clock.
const NOON: u64 = 1_795_435_200;
const DATE: &str = "Mon, 23 Nov 2026 12:00:00 GMT";
const DENIED: &str =
    r#"{"errorCode":"E062803","errorDescription":"CANARY-description","errorMessage":"CANARY-message"}"#;
const ANSWERS: &str = r#"[{"id":"pet","answer":"CANARY-rex"},{"id":"city","answer":"CANARY-rome"}]"#;

/// A user's files, and the state directory of their credential.
struct User {
    folder: TempDir,
    step_up: bool,
}

impl User {
    fn new() -> Self {
        let user = Self { folder: tempfile::tempdir().unwrap(), step_up: false };
        user.put("refresh", refresh_token("mounted"));
        user.put("answers.json", ANSWERS);
        user
    }

    fn put(&self, file: &str, text: impl AsRef<[u8]>) {
        fs::write(self.folder.path().join(file), text).unwrap();
    }

    fn source(&self) -> Source {
        let at = |file: &str| self.folder.path().join(file);
        let mut source = Source::from(Kind::SecurityQuestions(SecurityQuestions {
            login_id: "user@example.com".to_owned(),
            answers_file: at("answers.json"),
            chain: TokenChain::at(at("refresh")),
            step_up: self.step_up,
        }));
        source.keep_in(&at("state"), "user");
        source
    }

    fn material(&self) -> Material {
        self.source().read().unwrap()
    }

    fn identity(&self) -> Identity {
        self.material().identity()
    }

    /// Returns the user after a verification whose reply contained a refresh token.
    fn verified() -> Self {
        let user = Self::new();
        let link = user.material().link();
        user.source().store(link, &RotatedSecret(Secret::new(refresh_token("rotated")))).unwrap();
        assert!(matches!(user.material().link(), Some(ChainLink::Rotated(_))));
        user
    }

    fn answer(&self, reply: &Reply) -> Answer {
        let timing = Timing { sent: at(NOON), received: at(NOON + 1) };
        self.material().reply(reply, timing, &self.source().expectation(&api()))
    }

    fn read(&self, reply: &Reply) -> Result<Granted, Refused> {
        self.answer(reply).settle(|_| Ok::<_, ()>(())).unwrap()
    }
}

fn api() -> Api {
    let project = ProjectId::parse("P2abc").unwrap();
    Api { base_url: BaseUrl::of_project(&project), project }
}

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

fn jwt(claims: &Value) -> String {
    let header = r#"{"alg":"RS256","kid":"SK1","typ":"JWT"}"#;
    format!("{}.{}.c2lnbmF0dXJl", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims.to_string()))
}

fn refresh_token(label: &str) -> String {
    jwt(&json!({"drn": "DSR", "iss": "P2abc", "exp": NOON + 86_400, "jti": label}))
}

/// A session of ten minutes, issued at noon.
fn good() -> String {
    jwt(&json!({"iss": "P2abc", "sub": "U2sub", "iat": NOON, "exp": NOON + 600}))
}

fn sent(request: &Request) -> (String, String, Value) {
    let bearer = request.headers()[header::AUTHORIZATION].to_str().unwrap().to_owned();
    (request.path().to_owned(), bearer, serde_json::from_slice(request.body().unwrap()).unwrap())
}

#[test]
fn an_ending_refresh_token_asks_for_a_sign_in_and_no_answers() {
    let user = User::new();
    let file = user.folder.path().join("refresh");
    let remedy = format!("a person must sign in again; put the new refresh token into `{}`", file.display());
    assert_eq!(user.source().sign_in_remedy(), Some(remedy));
}

#[test]
fn a_verification_sends_the_answers_in_the_order_of_the_file() {
    let mut user = User::new();
    let (path, bearer, body) = sent(&user.material().request(&api()).unwrap());
    assert_eq!(path, "/v1/auth/security-questions/verify");
    assert_eq!(bearer, format!("Bearer P2abc:{}", refresh_token("mounted")));
    let answers = json!([{"id": "pet", "answer": "CANARY-rex"}, {"id": "city", "answer": "CANARY-rome"}]);
    assert_eq!(body, json!({"loginId": "user@example.com", "answers": answers, "stepup": false}));
    user.step_up = true;
    assert_eq!(sent(&user.material().request(&api()).unwrap()).2["stepup"], true);
}

#[test]
fn a_token_of_a_verification_is_refreshed_without_answers() {
    let (path, bearer, body) = sent(&User::verified().material().request(&api()).unwrap());
    assert_eq!((path.as_str(), body), ("/v1/auth/refresh", json!({})));
    assert_eq!(bearer, format!("Bearer P2abc:{}", refresh_token("rotated")));
}

#[test]
fn a_session_may_come_with_a_refresh_token_or_without() {
    for user in [User::new(), User::verified()] {
        let body = |rest: &str| {
            format!(r#"{{"sessionJwt":"{}","sessionExpiration":0,"user":{{"loginIds":7}}{rest}}}"#, good())
        };
        for (rest, is_rotated) in [
            (String::new(), false),
            (r#","refreshJwt":"""#.to_owned(), false),
            (r#","refreshJwt":null"#.to_owned(), false),
            (r#","refreshJwt":0"#.to_owned(), false),
            (r#","refreshJwt":"no JWT""#.to_owned(), false),
            (format!(r#","refreshJwt":"{}""#, refresh_token("next")), true),
        ] {
            let answer = user.answer(&reply(200, &[("date", DATE)], body(&rest)));
            assert_eq!((answer.is_rotated(), answer.ends_chain()), (is_rotated, false), "{rest}");
            let mut stored = None;
            let settled = answer.settle(|RotatedSecret(token)| {
                stored = Some(token.expose().to_owned());
                Ok::<_, ()>(())
            });
            assert_eq!(settled.unwrap().unwrap().session.jwt.expose(), good());
            assert_eq!(stored, is_rotated.then(|| refresh_token("next")));
        }
    }
}

#[test]
fn a_refresh_token_is_kept_although_its_session_is_unusable() {
    let body = format!(r#"{{"sessionJwt":"CANARY","refreshJwt":"{}"}}"#, refresh_token("next"));
    for user in [User::new(), User::verified()] {
        assert!(user.answer(&reply(200, &[], &body)).is_rotated());
        assert_eq!(user.read(&reply(200, &[], &body)).unwrap_err().refusal, Refusal::Garbled);
    }
}

/// Status, headers and body of a reply, its class, and a part of its message.
type Row = (u16, &'static [(&'static str, &'static str)], &'static str, Refusal, &'static str);

/// Replies to a verification.
const REPLIES: [Row; 33] = [
    (400, &[], DENIED, Refusal::DeniedForGood, "HTTP 400, E062803;"),
    (401, &[], DENIED, Refusal::DeniedForGood, "HTTP 401, E062803;"),
    (403, &[], DENIED, Refusal::DeniedForGood, "HTTP 403, E062803;"),
    (401, &[], r#"{"errorCode":"E011004"}"#, Refusal::DeniedForGood, "HTTP 401, E011004;"),
    (401, &[], r#"{"errorCode":"CANARY"}"#, Refusal::DeniedForGood, "HTTP 401;"),
    (401, &[("content-type", "text/html")], DENIED, Refusal::DeniedForGood, "HTTP 401, E062803;"),
    (401, &[], "", Refusal::Blocked, "before Descope sees the answers to the security questions"),
    (401, &[], "{}", Refusal::Blocked, "a proxy or firewall"),
    (401, &[], r#"{"errorCode":""}"#, Refusal::Blocked, "a proxy or firewall"),
    (401, &[], r#"{"errorCode":7}"#, Refusal::Blocked, "a proxy or firewall"),
    (403, &[], "<html>CANARY</html>", Refusal::Blocked, "a proxy or firewall"),
    (403, &[], "error code: 1010", Refusal::Blocked, "Cloudflare blocks the request"),
    (403, &[("cf-ray", "1")], "", Refusal::Blocked, "Cloudflare blocks the request"),
    (400, &[], "CANARY", Refusal::Failed, "Descope's API refuses the request: HTTP 400"),
    (404, &[], "", Refusal::Failed, "no such endpoint: HTTP 404"),
    (404, &[], DENIED, Refusal::Failed, "no such endpoint: HTTP 404"),
    (405, &[], "", Refusal::Failed, "HTTP 405"),
    (409, &[], DENIED, Refusal::Failed, "HTTP 409"),
    (500, &[], "", Refusal::Failed, "Descope's API fails: HTTP 500"),
    (500, &[], DENIED, Refusal::Failed, "Descope's API fails: HTTP 500"),
    (502, &[], "", Refusal::Failed, "HTTP 502"),
    (503, &[], "", Refusal::Failed, "HTTP 503"),
    (504, &[], "", Refusal::Failed, "HTTP 504"),
    (522, &[], "", Refusal::Failed, "not reachable from the edge"),
    (301, &[("location", "https://evil.example")], "", Refusal::Failed, "redirects are refused"),
    (
        302,
        &[("location", "https://evil.example")],
        "",
        Refusal::Failed,
        "send the answers to the security questions elsewhere",
    ),
    (429, &[], "", Refusal::Busy { retry_after: None }, "asks to slow down"),
    (429, &[("retry-after", "7")], DENIED, Refusal::Busy { retry_after: Some(Duration::from_secs(7)) }, "slow down"),
    (401, &[("retry-after", "7")], DENIED, Refusal::Busy { retry_after: Some(Duration::from_secs(7)) }, "asks to wait"),
    (204, &[], "", Refusal::Garbled, "not a JSON object"),
    (200, &[], "<html>CANARY</html>", Refusal::Garbled, "not a JSON object"),
    (200, &[], DENIED, Refusal::Garbled, "no `sessionJwt`"),
    (200, &[], r#"{"sessionJwt":"CANARY"}"#, Refusal::Garbled, "not a JWT"),
];

#[test]
fn every_reply_to_a_verification_has_its_class() {
    let user = User::new();
    for (status, headers, body, refusal, part) in REPLIES {
        let refused = user.read(&reply(status, headers, body)).unwrap_err();
        assert_eq!(refused.refusal, refusal, "{status} {body}: {}", refused.message);
        assert!(refused.message.contains(part) && !refused.message.contains("CANARY"), "{}", refused.message);
        assert!(!user.answer(&reply(status, headers, body)).ends_chain());
        if refusal == Refusal::DeniedForGood {
            let begins = "Descope denies the answers to the security questions: HTTP ";
            assert!(refused.message.starts_with(begins), "{}", refused.message);
            assert!(refused.message.contains("wrong answers can lock the account"), "{}", refused.message);
        }
    }
}

#[test]
fn a_refresh_that_is_denied_leads_back_to_the_answers() {
    let user = User::verified();
    for (status, headers, body, refusal, _) in REPLIES {
        let answer = user.answer(&reply(status, headers, body));
        let is_denied = refusal == Refusal::DeniedForGood;
        assert_eq!(answer.ends_chain(), is_denied, "{status} {body}");
        let refused = answer.settle(|_| Ok::<_, ()>(())).unwrap().unwrap_err();
        assert_eq!(refused.refusal, if is_denied { Refusal::Failed } else { refusal });
        assert!(
            !refused.message.contains("CANARY") && !refused.message.contains("sees the answers"),
            "{}",
            refused.message
        );
        assert_eq!(refused.message.contains("the security questions are answered again"), is_denied);
    }
}

#[test]
fn people_see_the_fingerprint_of_the_mounted_token_alone() {
    let (one, other, third) = (User::new(), User::new(), User::verified());
    other.put("answers.json", ANSWERS.replace("rex", "max"));
    let mounted = Secret::new(refresh_token("mounted")).fingerprint();
    for user in [&one, &other, &third] {
        assert_eq!(user.identity().shown, mounted);
        assert_ne!(user.identity().key, mounted);
        assert_eq!(user.source().shown_key(user.identity().key), None, "a key that is no longer present");
    }
    assert_ne!(one.identity().key, other.identity().key, "changed answers are used at once");
    assert_eq!(one.identity(), third.identity(), "rotation changes nothing");
    assert!(!format!("{:?} {:?}", one.material(), one.source()).contains("CANARY"));
    one.put("answers.json", format!("\n{}\n", ANSWERS.replace(',', " , ")));
    assert_eq!(one.identity(), third.identity(), "another layout of the same answers");
    one.put("refresh", refresh_token("other"));
    assert_ne!(one.identity().key, third.identity().key, "another refresh token");
}

#[test]
fn unusable_files_are_named_with_their_remedy() {
    for (file, text, said) in [
        (
            "answers.json",
            "[]".to_owned(),
            "its list is empty; write a list like `[{\"id\": \"…\", \"answer\": \"…\"}]` into it",
        ),
        ("answers.json", String::new(), "it is empty; write a list like"),
        ("answers.json", "CANARY".to_owned(), "it is not a JSON list of objects with `id` and `answer`"),
        (
            "answers.json",
            format!("\u{feff}{ANSWERS}"),
            "byte order mark, as some Windows programs write it; save it as UTF-8",
        ),
        ("answers.json", format!("{ANSWERS}{}", " ".repeat(65_536)), "more than 65536 bytes; it must hold the answers"),
        ("refresh", "CANARY".to_owned(), "cannot use refresh token file"),
        ("refresh", String::new(), "it is empty; write the refresh token into it"),
    ] {
        let user = User::new();
        user.put(file, text);
        let error = user.source().read().unwrap_err();
        assert_eq!(error.path, user.folder.path().join(file));
        assert!(error.to_string().contains(said) && !error.to_string().contains("CANARY"), "{error}");
        assert!(!format!("{error:?}").contains("CANARY"), "{error:?}");
    }
    let user = User::new();
    fs::remove_file(user.folder.path().join("answers.json")).unwrap();
    let error = user.source().read().unwrap_err();
    assert_eq!(error.kind, SecretKind::Answers);
    assert!(error.to_string().starts_with("answers file `/"), "{error}");
    assert!(
        error.to_string().ends_with("is missing, or is a link that leads nowhere; it is used as soon as it is there")
    );
}

#[test]
fn every_secret_is_known_to_the_redaction() {
    let secrets: Vec<_> = User::verified().material().into_secrets();
    let secrets: Vec<_> = secrets.iter().map(Secret::expose).collect();
    let (rotated, mounted) = (refresh_token("rotated"), refresh_token("mounted"));
    assert_eq!(secrets, [rotated.as_str(), mounted.as_str(), "CANARY-rex", "CANARY-rome"]);
}

proptest! {
    #[test]
    fn no_reply_is_repeated_in_a_message(
        status in 200_u16..600,
        body in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..300),
            "\\PC{0,80}".prop_map(|text| json!({"errorCode": text, "sessionJwt": "CANARY.CANARY.CANARY"}).to_string().into_bytes()),
        ],
        is_verified in any::<bool>(),
    ) {
        let user = if is_verified { User::verified() } else { User::new() };
        let answer = user.answer(&reply(status, &[], body));
        prop_assert!(!answer.is_rotated());
        prop_assert!(!answer.ends_chain() || is_verified && matches!(status, 400 | 401 | 403));
        let refused = answer.settle(|_| Ok::<_, ()>(())).unwrap().unwrap_err();
        prop_assert_eq!(refused.refusal == Refusal::DeniedForGood, refused.message.contains("can lock the account"));
        prop_assert!(refused.message.is_ascii() && !refused.message.contains("CANARY"), "{}", refused.message);
        prop_assert!(!is_verified || refused.refusal != Refusal::DeniedForGood);
    }
}
