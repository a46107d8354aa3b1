//! Every reply of an OAuth token endpoint and its meaning, and the requests that lead to them.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    fs,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use proptest::prelude::*;
use tokenwell::{
    exchange::{Api, BaseUrl, ProjectId, Refused, Reply, Request, Timing, TokenUrl},
    renewal::{Refusal, policy::LIFETIME_MAX},
    session::{GrantNote, Granted, Signer},
    source::{ClientAuth, Kind, Material, OAuth, OAuthGrant, Rules, Source},
};

/// 2026-11-23 12:00:00 on the server's clock. Every `iat`, `exp` and `Date` below is relative to it.
const NOON: u64 = 1_795_435_200;
const DATE: &str = "Mon, 23 Nov 2026 12:00:00 GMT";
/// The local clock is a day behind, so a lifetime that is measured by it is obvious.
const LOCAL: u64 = NOON - 86_400;
const YEAR_9999: u64 = 253_402_300_799;
const SECRET: &str = "K2canary&=+ %";

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn api() -> Api {
    let project = ProjectId::parse("P2abc").unwrap();
    Api { base_url: BaseUrl::of_project(&project), project }
}

/// A client with its files, which hold `SECRET` and an assertion that does not expire soon.
struct Client {
    _folder: tempfile::TempDir,
    source: Source,
}

impl Client {
    fn new(grant: impl FnOnce(std::path::PathBuf) -> OAuthGrant, change: impl FnOnce(&mut OAuth)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        let grant = grant(path.clone());
        let content = match grant {
            OAuthGrant::ClientCredentials { .. } => SECRET.to_owned(),
            OAuthGrant::JwtBearer { .. } => jwt(r#"{"iss":"k","sub":"s","aud":"a"}"#),
        };
        fs::write(path, content + "\n").unwrap();
        let mut client = OAuth::new(grant);
        change(&mut client);
        Self { _folder: folder, source: Source::from(Kind::OAuth(client)) }
    }

    fn with_secret(change: impl FnOnce(&mut OAuth)) -> Self {
        Self::new(|secret_file| OAuthGrant::ClientCredentials { secret_file, auth: ClientAuth::Basic }, change)
    }

    fn with_assertion(change: impl FnOnce(&mut OAuth)) -> Self {
        Self::new(|assertion_file| OAuthGrant::JwtBearer { assertion_file }, change)
    }

    fn material(&self) -> Material {
        self.source.read_for_exchange().unwrap()
    }

    fn request(&self) -> Request {
        self.material().request(&api()).unwrap()
    }

    fn read(&self, reply: &Reply) -> Result<Granted, Refused> {
        let timing = Timing { sent: at(LOCAL), received: at(LOCAL + 1) };
        let answer = self.material().reply(reply, timing, &self.source.expectation(&api()));
        answer.settle(|_| -> Result<(), ()> { panic!("a client secret never rotates") }).unwrap()
    }
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
    Client::with_secret(|_| {}).read(reply)
}

fn jwt(claims: &str) -> String {
    let header = r#"{"alg":"RS256","kid":"SK1","typ":"JWT"}"#;
    format!("{}.{}.c2lnbmF0dXJl", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims))
}

/// A token of the project with a lifetime of ten minutes, issued at noon.
fn good() -> String {
    jwt(&format!(r#"{{"iss":"https://api.descope.com/P2abc","sub":"K2sub","iat":{NOON},"exp":{}}}"#, NOON + 600))
}

fn body(token: &str, rest: &str) -> String {
    format!(r#"{{"access_token":"{token}","token_type":"Bearer"{rest}}}"#)
}

/// Returns the lifetime in seconds from a reply with this token and these additional fields.
fn life(client: &Client, token: &str, rest: &str) -> Result<(u64, Vec<GrantNote>), String> {
    match client.read(&reply(200, &[("date", DATE)], body(token, rest))) {
        Ok(granted) => Ok((granted.session.grant.lifetime.as_secs(), granted.notes)),
        Err(Refused { refusal: Refusal::Garbled, message, .. }) => Err(message),
        Err(other) => panic!("{other:?}"),
    }
}

fn form(request: &Request) -> String {
    String::from_utf8(request.body().unwrap().to_vec()).unwrap()
}

fn authorization(request: &Request) -> Option<&str> {
    request.headers().get(header::AUTHORIZATION).map(|value| value.to_str().unwrap())
}

// ---- requests

#[test]
fn basic_sends_the_secret_in_the_header_alone() {
    let request = Client::with_secret(|_| {}).request();
    assert_eq!((request.method().as_str(), request.path()), ("POST", "/oauth2/v1/token"));
    assert_eq!(form(&request), "grant_type=client_credentials");
    let pair = STANDARD.encode("P2abc:K2canary%26%3D%2B+%25");
    assert_eq!(authorization(&request), Some(format!("Basic {pair}").as_str()));
    assert!(request.headers()[header::AUTHORIZATION].is_sensitive());
    assert_eq!(request.headers()[header::ACCEPT], "application/json");
}

#[test]
fn post_sends_the_secret_in_the_form_alone() {
    let request = Client::new(
        |secret_file| OAuthGrant::ClientCredentials { secret_file, auth: ClientAuth::Post },
        |client| {
            client.token_url = Some(TokenUrl::parse("https://login.example/t?p=1").unwrap());
            client.client_id = Some("my client".to_owned());
            client.scope = vec!["read".to_owned(), "write".to_owned()];
            client.audience = Some("my-api".to_owned());
        },
    )
    .request();
    assert_eq!(request.path(), "/t?p=1");
    assert_eq!(
        form(&request),
        "grant_type=client_credentials&scope=read+write&audience=my-api&client_id=my+client\
         &client_secret=K2canary%26%3D%2B+%25"
    );
    assert_eq!(authorization(&request), None);
}

#[test]
fn an_assertion_is_sent_in_the_form_without_a_client() {
    let assertion = jwt(r#"{"iss":"k","sub":"s","aud":"a"}"#);
    let request = Client::with_assertion(|_| {}).request();
    let grant = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer";
    assert_eq!(form(&request), format!("{grant}&assertion={assertion}"));
    assert_eq!(authorization(&request), None);
    let request = Client::with_assertion(|client| {
        client.client_id = Some("P2abc".to_owned());
        client.scope = vec!["read".to_owned()];
        client.audience = Some("my-api".to_owned());
    })
    .request();
    assert_eq!(form(&request), format!("{grant}&assertion={assertion}&scope=read&audience=my-api&client_id=P2abc"));
}

// ---- tokens

#[test]
fn a_token_is_the_token_and_what_is_said_of_it() {
    let reply =
        reply(200, &[("date", DATE)], body(&good(), r#","expires_in":60,"refresh_token":"canary","scope":"a""#));
    let granted = read(&reply).unwrap();
    assert_eq!(granted.session.jwt.expose(), good());
    assert_eq!(granted.session.grant.lifetime, Duration::from_secs(600), "its own life leads");
    assert_eq!(granted.session.grant.refresh_after, None);
    assert_eq!(granted.session.claims.subject.as_deref(), Some("K2sub"));
    assert_eq!((granted.signer, granted.notes), (Signer::Project, vec![]));
}

#[test]
fn any_success_with_a_usable_token_is_a_session() {
    for (status, body) in [
        (200, body(&good(), "")),
        (201, body(&good(), "")),
        (200, body(&good(), r#","expires_in":0,"id_token":null,"error":"","errorCode":"""#)),
        (200, body(&good(), r#","error":"invalid_client""#)),
        (200, body(&good(), r#","expires_in":-1"#)),
        (200, body(&good(), r#","expires_in":[],"scope":{"a":1},"issued_token_type":7"#)),
        (200, format!(r#"{{"access_token":"{}","token_type":"bearer"}}"#, good())),
        (200, format!(r#"{{"access_token":"{}","token_type":"BEARER"}}"#, good())),
        (200, format!(r#"{{"access_token":"{}","token_type":""}}"#, good())),
        (200, format!(r#"{{"access_token":"{}"}}"#, good())),
        (200, format!(" \r\n{}\n", body(&good(), ""))),
        (200, format!("\u{feff}{}", body(&good(), ""))),
        (200, body(&good(), r#","expires_in":1e400,"scope":"\ud800","x":-1e400"#)),
        (200, format!(r#"{{"access_token":"first",{}"#, body(&good(), "").trim_start_matches('{'))),
    ] {
        let granted = read(&reply(status, &[], &body)).unwrap_or_else(|refused| panic!("{refused:?} of {body}"));
        assert_eq!(granted.session.jwt.expose(), good());
        assert_eq!(granted.session.grant.lifetime, Duration::from_secs(600));
    }
}

#[test]
fn a_success_without_a_usable_token_is_garbled() {
    let expired = jwt(&format!(r#"{{"iss":"https://other.example","iat":{},"exp":{NOON}}}"#, NOON - 600));
    let lives = r#","expires_in":600"#;
    for (status, body, reason) in [
        (204, String::new(), "not a JSON object"),
        (200, String::new(), "not a JSON object"),
        (200, "<html>CANARY</html>".to_owned(), "not a JSON object"),
        (200, "access_token=CANARY&token_type=bearer".to_owned(), "not a JSON object"),
        (200, format!("[{}]", body(&good(), "")), "not a JSON object"),
        (200, body(&good(), r#","access_token":null"#), "no `access_token`"),
        (200, "{}".to_owned(), "no `access_token`"),
        (200, r#"{"access_token":"","token_type":"bearer"}"#.to_owned(), "no `access_token`"),
        (200, r#"{"access_token":null,"token_type":"bearer"}"#.to_owned(), "no `access_token`"),
        (200, r#"{"access_token":7,"token_type":"bearer"}"#.to_owned(), "no `access_token`"),
        (200, r#"{"id_token":"CANARY","refresh_token":"CANARY"}"#.to_owned(), "no `access_token`"),
        (200, r#"{"error":"CANARY"}"#.to_owned(), "no `access_token`"),
        (200, r#"{"errorCode":"E062803","errorMessage":"CANARY"}"#.to_owned(), "no `access_token`"),
        (200, body("CANARY CANARY", lives), "white space"),
        (200, body(" CANARY", lives), "white space"),
        (200, body("CANARY\\n", lives), "white space"),
        (200, body("CANARY\\u0000", lives), "white space"),
        (200, body("CANARY\\u007f", lives), "white space"),
        (200, body("CANARY\\u00e9", lives), "white space"),
        (200, body("CANARY\u{2028}", lives), "white space"),
        (200, format!(r#"{{"access_token":"{}","token_type":"mac"}}"#, good()), "`token_type` is not `Bearer`"),
        (200, format!(r#"{{"access_token":"{}","token_type":"DPoP"}}"#, good()), "`token_type` is not `Bearer`"),
        (200, format!(r#"{{"access_token":"{}","token_type":"Bearer "}}"#, good()), "`token_type` is not `Bearer`"),
        (200, format!(r#"{{"access_token":"{}","token_type":7}}"#, good()), "`token_type` is not `Bearer`"),
        (200, body(&expired, lives), "had expired by the server's own clock"),
        (200, body("CANARY", ""), "its lifetime is unknown: the reply has no `expires_in`; set `oauth.lifetime`"),
        (200, body("CANARY", r#","expires_in":0"#), "its lifetime is unknown"),
        (200, body("CANARY", r#","expires_in":-600"#), "its lifetime is unknown"),
        (200, body("CANARY", r#","expires_in":"soon""#), "its lifetime is unknown"),
        (200, body("CANARY", r#","expires_in":null"#), "its lifetime is unknown"),
        (200, body(&jwt(r#"{"iss":"https://other.example"}"#), ""), "its lifetime is unknown"),
    ] {
        let waits = read(&reply(status, &[("date", DATE), ("retry-after", "30")], &body)).unwrap_err();
        assert_eq!(waits.refusal, Refusal::Busy { retry_after: Some(Duration::from_secs(30)) }, "{body:.80}");
        let refused = read(&reply(status, &[("date", DATE)], &body)).unwrap_err();
        assert_eq!(refused.refusal, Refusal::Garbled, "{body:.80}");
        assert!(refused.message.contains(reason), "{} for {body:.80}", refused.message);
        assert!(refused.message.starts_with(&format!("HTTP {status} ")), "{}", refused.message);
        assert!(!refused.message.contains("CANARY") && !waits.message.contains("CANARY"), "{}", refused.message);
    }
}

#[test]
fn a_token_only_in_a_cookie_or_compressed_has_its_remedy() {
    let cookie = format!("DS={}; Secure", good());
    for (fields, text, reason, remedy) in [
        (&[("set-cookie", cookie.as_str())][..], "{}", "the token is only in a cookie", "check that `oauth.tokenUrl`"),
        (&[("set-cookie", &cookie)], "", "the token is only in a cookie", "check that `oauth.tokenUrl`"),
        (&[("set-cookie", &cookie)], "<html>", "it is a page of HTML", ""),
        (&[("content-encoding", "br")], "CANARY", "the body is compressed (br)", "switch compression off"),
    ] {
        let refused = read(&reply(200, fields, text)).unwrap_err();
        assert_eq!(refused.refusal, Refusal::Garbled);
        assert!(refused.message.contains(reason) && !refused.message.contains("CANARY"), "{refused:?}");
        assert!(refused.remedy.unwrap_or_default().contains(remedy), "{text}");
    }
}

#[test]
fn an_error_with_a_status_of_success_keeps_its_meaning() {
    for (code, refusal) in [
        ("invalid_client", Refusal::Denied),
        ("invalid_scope", Refusal::Denied),
        ("server_error", Refusal::Failed),
        ("slow_down", Refusal::Busy { retry_after: None }),
    ] {
        let refused = read(&reply(200, &[], format!(r#"{{"error":"{code}"}}"#))).unwrap_err();
        assert_eq!(refused.refusal, refusal, "{code}");
        assert!(refused.message.contains(code), "{}", refused.message);
    }
}

#[test]
fn the_life_of_a_jwt_leads_over_the_reply() {
    let client = Client::with_secret(|client| client.lifetime = Some(Duration::from_secs(120)));
    let other = |claims: &str| jwt(&format!(r#"{{"iss":"https://other.example",{claims}}}"#));
    let whole = other(&format!(r#""iat":{NOON},"exp":{}"#, NOON + 900));
    assert_eq!(life(&client, &whole, r#","expires_in":60"#), Ok((900, vec![])));
    let end_only = other(&format!(r#""exp":{}"#, NOON + 300));
    assert_eq!(life(&client, &end_only, r#","expires_in":60"#), Ok((300, vec![])), "counted from `Date`");
    let without = other(r#""sub":"a""#);
    assert_eq!(life(&client, &without, r#","expires_in":60"#), Ok((60, vec![])));
    assert_eq!(life(&client, &without, ""), Ok((120, vec![])));
    let milliseconds = other(r#""exp":1795435200000"#);
    assert_eq!(life(&client, &milliseconds, r#","expires_in":60"#), Ok((60, vec![])));
    let (cut, notes) = life(&Client::with_secret(|_| {}), &milliseconds, "").unwrap();
    assert_eq!((cut, notes.len()), (LIFETIME_MAX.as_secs(), 1));
    let old = other(&format!(r#""iat":{},"exp":{}"#, NOON - 100, NOON + 500));
    let age = Duration::from_secs(100);
    assert_eq!(life(&client, &old, ""), Ok((500, vec![GrantNote::IssuedBefore { age }])));
}

#[test]
fn an_opaque_token_lives_as_the_reply_or_the_configuration_says() {
    let configured = Client::with_secret(|client| client.lifetime = Some(Duration::from_secs(120)));
    for (rest, seconds) in [
        (r#","expires_in":600"#, 600),
        (r#","expires_in":"600""#, 600),
        (r#","expires_in":600.9"#, 600),
        (r#","expires_in":0"#, 120),
        (r#","expires_in":"""#, 120),
        (r#","expires_in":-5"#, 120),
        (r#","expires_in":null"#, 120),
        (r#","expires_in":1e300"#, 120),
        ("", 120),
    ] {
        assert_eq!(life(&configured, "o~p+q/r==", rest), Ok((seconds, vec![])), "{rest}");
    }
    let bare = Client::with_secret(|_| {});
    for (rest, reported) in [
        (r#","expires_in":99999999"#, Duration::from_secs(99_999_999)),
        (r#","expires_in":1e300"#, Duration::from_secs(YEAR_9999)),
        (r#","expires_in":"99999999999999999999""#, Duration::from_secs(YEAR_9999)),
    ] {
        let cut = Ok((LIFETIME_MAX.as_secs(), vec![GrantNote::LifeCut { reported }]));
        assert_eq!(life(&bare, "opaque", rest), cut, "{rest}");
    }
}

#[test]
fn an_opaque_token_is_published_as_it_is() {
    let token = r"!#$%&'()*+,-./:;<=>?@[]^_`{|}~";
    let granted = read(&reply(200, &[], body(token, r#","expires_in":60"#))).unwrap();
    assert_eq!((granted.session.jwt.expose(), granted.signer), (token, Signer::Unknown));
    assert_eq!((granted.session.claims.subject, granted.session.claims.expires_at), (None, None));
}

#[test]
fn only_tokens_of_the_project_are_verified_with_its_keys() {
    let signer = |claims: &str| {
        let token = jwt(&format!(r#"{{{claims}"iat":{NOON},"exp":{}}}"#, NOON + 600));
        read(&reply(200, &[("date", DATE)], body(&token, ""))).unwrap().signer
    };
    assert_eq!(signer(r#""iss":"P2abc","#), Signer::Project);
    assert_eq!(signer(r#""iss":"https://api.descope.com/v1/apps/P2abc","#), Signer::Project);
    assert_eq!(signer(r#""iss":"https://other.example","#), Signer::Unknown);
    assert_eq!(signer(r#""iss":"P2abcd","#), Signer::Unknown);
    assert_eq!(signer(r#""iss":["P2abc"],"#), Signer::Unknown);
    assert_eq!(signer(""), Signer::Unknown);
}

#[test]
fn an_opaque_token_breaks_every_rule_for_claims() {
    let mut client = Client::with_secret(|_| {});
    client.source.rules = Rules { audience: Some("my-api".to_owned()), ..Rules::default() };
    let refused = client.read(&reply(200, &[], body("opaque", r#","expires_in":60"#))).unwrap_err();
    assert_eq!(refused.refusal, Refusal::Garbled);
    assert!(refused.message.contains("`verify`"), "{}", refused.message);
}

// ---- errors

#[test]
fn every_error_has_its_class() {
    use Refusal::{Blocked, Busy, Denied, Failed};
    let busy = Busy { retry_after: None };
    let code = |code: &str| format!(r#"{{"error":"{code}","error_description":"CANARY","error_uri":"CANARY"}}"#);
    for (status, body, refusal, said) in [
        (401, code("invalid_client"), Denied, "HTTP 401, invalid_client"),
        (400, code("invalid_client"), Denied, "HTTP 400, invalid_client"),
        (400, code("invalid_grant"), Denied, "invalid_grant"),
        (400, code("unauthorized_client"), Denied, "unauthorized_client"),
        (400, code("unsupported_grant_type"), Denied, "unsupported_grant_type"),
        (400, code("invalid_scope"), Denied, "invalid_scope"),
        (400, code("invalid_request"), Denied, "invalid_request"),
        (400, code("invalid_target"), Denied, "invalid_target"),
        (403, code("access_denied"), Denied, "access_denied"),
        (403, code("unauthorized_client"), Denied, "unauthorized_client"),
        (404, code("invalid_client"), Denied, "invalid_client"),
        (400, code("temporarily_unavailable"), Failed, "temporarily_unavailable"),
        (503, code("temporarily_unavailable"), Failed, "temporarily_unavailable"),
        (400, code("server_error"), Failed, "server_error"),
        (401, code("server_error"), Failed, "server_error"),
        (500, code("server_error"), Failed, "server_error"),
        (500, code("invalid_client"), Failed, "HTTP 500"),
        (400, code("slow_down"), busy, "slow_down"),
        (503, code("slow_down"), busy, "slow_down"),
        (429, code("invalid_client"), busy, "HTTP 429"),
        (429, String::new(), busy, "HTTP 429"),
        (400, code("CANARY"), Denied, "HTTP 400"),
        (401, code("CANARY"), Denied, "HTTP 401"),
        (403, code("CANARY"), Denied, "HTTP 403"),
        (400, code("INVALID_CLIENT"), Denied, "HTTP 400"),
        (400, r#"{"error":{"code":"CANARY"}}"#.to_owned(), Failed, "HTTP 400"),
        (400, r#"{"error":""}"#.to_owned(), Failed, "HTTP 400"),
        (400, "CANARY".to_owned(), Failed, "HTTP 400"),
        (401, String::new(), Blocked, "HTTP 401"),
        (401, "{}".to_owned(), Blocked, "HTTP 401"),
        (401, r#"{"error":7}"#.to_owned(), Blocked, "HTTP 401"),
        (403, "error code: 1010".to_owned(), Blocked, "error 1010"),
        (403, "<html>CANARY</html>".to_owned(), Blocked, "a proxy or firewall"),
        (401, r#"{"errorCode":"E062803","errorMessage":"CANARY"}"#.to_owned(), Denied, "HTTP 401, E062803"),
        (400, r#"{"errorCode":"CANARY"}"#.to_owned(), Denied, "HTTP 400"),
        (401, r#"{"errorCode":"e170429"}"#.to_owned(), Busy { retry_after: None }, "HTTP 401, E170429"),
        (401, r#"{"error":{"code":170429}}"#.to_owned(), Busy { retry_after: None }, "HTTP 401, E170429"),
        (404, "CANARY".to_owned(), Failed, "no such endpoint"),
        (405, String::new(), Failed, "HTTP 405"),
        (302, String::new(), Failed, "redirects are refused"),
        (500, "CANARY".to_owned(), Failed, "HTTP 500"),
        (522, String::new(), Failed, "HTTP 522"),
    ] {
        let refused = read(&reply(status, &[("date", DATE)], &body)).unwrap_err();
        assert_eq!(refused.refusal, refusal, "{status} {body}: {}", refused.message);
        assert!(refused.message.contains(said), "{status} {body}: {}", refused.message);
        assert!(!refused.message.contains("CANARY") && !refused.message.contains("canary"), "{}", refused.message);
        let waits = read(&reply(status, &[("date", DATE), ("retry-after", "7")], &body)).unwrap_err();
        assert_eq!(waits.refusal, Busy { retry_after: Some(Duration::from_secs(7)) }, "{status} {body}");
    }
}

#[test]
fn messages_name_the_server_the_secret_and_the_setting() {
    let said = |client: &Client, status: u16, body: &str| {
        client.read(&reply(status, &[("location", "https://elsewhere.example/")], body)).unwrap_err().message
    };
    let descope = Client::with_secret(|_| {});
    let other = Client::with_assertion(|client| {
        client.token_url = Some(TokenUrl::parse("https://login.example/t").unwrap());
    });
    insta::assert_snapshot!(said(&descope, 401, r#"{"error":"invalid_client"}"#), @"Descope denies the exchange: HTTP 401, invalid_client (the client is unknown, or its secret or its authentication is wrong)");
    insta::assert_snapshot!(said(&other, 400, r#"{"error":"invalid_grant"}"#), @"the OAuth server denies the exchange: HTTP 400, invalid_grant (the server does not accept the assertion)");
    insta::assert_snapshot!(said(&other, 400, r#"{"error":"x"}"#), @"the OAuth server denies the exchange: HTTP 400, with an error code that is not among those of OAuth");
    insta::assert_snapshot!(said(&descope, 401, ""), @"HTTP 401 without Descope's own error: a proxy or firewall may block the request before Descope sees the client secret (the body is empty)");
    insta::assert_snapshot!(said(&other, 401, ""), @"HTTP 401 without the OAuth server's own error: a proxy or firewall may block the request before the OAuth server sees the assertion (the body is empty)");
    insta::assert_snapshot!(said(&other, 400, r#"{"error":"slow_down"}"#), @"the token endpoint asks to slow down: HTTP 400, slow_down (too many requests)");
    insta::assert_snapshot!(said(&other, 302, ""), @"HTTP 302: redirects are refused because they would send the assertion elsewhere (`elsewhere.example`); set `tokenUrl` to where the API is");
    insta::assert_snapshot!(said(&other, 404, ""), @"no such endpoint: HTTP 404; is `tokenUrl` right?");
}

// ---- any bytes

proptest! {
    #[test]
    fn any_bytes_are_a_refusal_that_repeats_none(
        status in 200_u16..600,
        start in prop_oneof![Just(""), Just("{"), Just(r#"{"access_token":"#), Just(r#"{"error":"#)],
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let mut body = start.as_bytes().to_vec();
        body.extend(&bytes);
        if let Err(refused) = read(&reply(status, &[("date", DATE)], &body)) {
            prop_assert!(refused.message.is_ascii() && refused.message.len() < 300, "{}", refused.message);
        }
    }

    #[test]
    fn a_published_token_is_visible_and_lives(
        token in ".{0,20}", kind in "[Bb]earer|mac|", expires_in in prop_oneof!["-?[0-9]{1,25}", "-?[0-9]{1,9}\\.[0-9]{1,5}"],
    ) {
        let text = serde_json::to_string(&token).unwrap();
        let body = format!(r#"{{"access_token":{text},"token_type":"{kind}","expires_in":{expires_in}}}"#);
        if let Ok(granted) = read(&reply(200, &[("date", DATE)], body)) {
            prop_assert!(kind != "mac" && granted.session.jwt.expose() == token);
            prop_assert!(!token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic()));
            prop_assert!(!granted.session.grant.lifetime.is_zero() && granted.session.grant.lifetime <= LIFETIME_MAX);
        }
    }
}
