//! The sandbox as clients see it: over real sockets, with a third-party HTTP client.
#![cfg(feature = "sandbox")]
#![expect(clippy::unwrap_used, reason = "where a helper fails, its test fails")]

use std::collections::BTreeSet;
use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::{Arc, Mutex, Once};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::{Client, Method, RequestBuilder, Response};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use serde_json::{Value, json};
use tokenwell::sandbox::{Accepted, Answer, RateLimit, Reply, RequestOutcome, Sandbox, Settings, Shape, SigningKey};
use tokenwell::secret::Secret;
use tokio::task::JoinSet;

// ---- sessions

#[tokio::test]
async fn an_exchange_gives_a_session_signed_by_a_published_key() {
    let sandbox = sandbox();
    let body = json!({"loginOptions": {"customClaims": {"tier": "gold"}, "selectedTenant": "T2a"}}).to_string();
    let response = exchange_of(&sandbox, "P2project", "K2key").body(body).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/json");
    let reply = json_of(response).await;
    assert_eq!(names(&reply), ["keyId", "sessionJwt"]);

    let jwt = Jwt::of(&reply);
    assert_eq!(jwt.header, json!({"alg": "RS256", "kid": SigningKey::First.kid(), "typ": "JWT"}));
    assert!(jwt.is_vouched_for(&keys(&sandbox).await));
    assert_eq!(jwt.claims["iss"], "P2project");
    assert_eq!(jwt.claims["drn"], "DS");
    assert_eq!(jwt.claims["nsec"], json!({"tier": "gold"}));
    assert_eq!(jwt.claims["dct"], "T2a");
    assert_eq!(jwt.claims["tenants"], json!({"T2a": {}}));
    assert_eq!(jwt.life(), 60);
    assert_eq!(jwt.claims["sub"], reply["keyId"]);
    assert!(reply["keyId"].as_str().unwrap().starts_with('K'));
    assert!(jwt.claims.get("aud").is_none(), "the Python SDK refuses an audience that it was not told of");
}

#[tokio::test]
async fn every_exchange_gives_another_jwt_and_the_same_key_id() {
    let sandbox = sandbox();
    let (mut jwts, mut ids) = (BTreeSet::new(), BTreeSet::new());
    for _ in 0..20 {
        let reply = json_of(exchange(&sandbox, "K2key").await).await;
        jwts.insert(reply["sessionJwt"].to_string());
        ids.insert(reply["keyId"].to_string());
    }
    assert_eq!((jwts.len(), ids.len()), (20, 1));
    let other = json_of(exchange(&sandbox, "K2other").await).await;
    assert!(!ids.contains(&other["keyId"].to_string()));
}

#[tokio::test]
async fn settings_give_a_sessions_life_and_the_replys_fields() {
    let sandbox = sandbox();
    sandbox.set(|settings| {
        settings.life = Duration::from_secs(600);
        settings.next_refresh = Some(Duration::from_secs(120));
        settings.tell_expiration = true;
        settings.tell_session_expiration = true;
    });
    let reply = json_of(exchange(&sandbox, "K2key").await).await;
    let jwt = Jwt::of(&reply);
    assert_eq!(jwt.life(), 600);
    assert_eq!(reply["nextRefreshSeconds"], 120);
    assert_eq!(reply["expiration"], jwt.claims["exp"]);
    assert_eq!(reply["sessionExpiration"], jwt.claims["exp"]);
}

#[tokio::test]
async fn the_clock_of_the_sandbox_shows_in_the_jwt_and_in_the_date() {
    let sandbox = sandbox();
    let mut seen = Vec::new();
    for offset in [-3600, 0, 3600] {
        sandbox.set(|settings| settings.clock_offset_seconds = offset);
        let response = exchange(&sandbox, "K2key").await;
        let date = httpdate::parse_http_date(response.headers()["date"].to_str().unwrap()).unwrap();
        let jwt = Jwt::of(&json_of(response).await);
        seen.push((date, jwt.claims["iat"].as_u64().unwrap()));
    }
    for pair in seen.windows(2) {
        assert!(pair[1].0.duration_since(pair[0].0).unwrap() >= Duration::from_secs(3600), "{seen:?}");
        assert!(pair[1].1 - pair[0].1 >= 3600, "{seen:?}");
    }
    sandbox.advance(Duration::from_secs(7200));
    let jwt = Jwt::of(&json_of(exchange(&sandbox, "K2key").await).await);
    assert!(jwt.claims["iat"].as_u64().unwrap() >= seen[2].1 + 7200);
}

#[tokio::test]
async fn another_signing_key_is_vouched_for_only_once_it_is_published() {
    let sandbox = sandbox();
    sandbox.set(|settings| settings.signing_key = SigningKey::Second);
    let jwt = Jwt::of(&json_of(exchange(&sandbox, "K2key").await).await);
    assert!(!jwt.is_vouched_for(&keys(&sandbox).await));
    sandbox.set(|settings| settings.published_keys = vec![SigningKey::First, SigningKey::Second]);
    assert!(jwt.is_vouched_for(&keys(&sandbox).await));
    assert_eq!(sandbox.counters().keys_fetches, 2);
}

#[tokio::test]
async fn the_keys_come_as_a_set_and_as_a_bare_list() {
    let sandbox = sandbox();
    let set = keys(&sandbox).await;
    assert_eq!(names(&set["keys"][0]), ["alg", "e", "kid", "kty", "n", "use"]);
    let bare = json_of(request(&sandbox, Method::GET, "/v1/keys/P2project").send().await.unwrap()).await;
    assert_eq!(bare, set["keys"]);
    sandbox.set(|settings| settings.keys_outage = Some(Answer::status(503)));
    let response = request(&sandbox, Method::GET, "/v2/keys/P2project").send().await.unwrap();
    assert_eq!(response.status(), 503);
}

// ---- refusals

#[tokio::test]
async fn refusals_are_said_as_descope_says_them() {
    let sandbox = sandbox();
    let path = "/v1/auth/accesskey/exchange";
    let post = || request(&sandbox, Method::POST, path).body("{}");
    let good = || post().bearer_auth("P2project:K2key");
    for (expected, code, asked) in [
        (401, "E062802", post()),
        (401, "E062802", post().bearer_auth("P2project")),
        (401, "E062802", post().bearer_auth("P2project:")),
        (401, "E062802", post().basic_auth("P2project", Some("K2key"))),
        (400, "E011001", good().body("{")),
        (400, "E011001", good().body(r#"{"loginOptions": {"customClaims": 1}}"#)),
        (413, "E011001", good().body("x".repeat((1 << 20) + 1))),
        (405, "E011001", request(&sandbox, Method::GET, path)),
        (404, "E011001", request(&sandbox, Method::GET, "/v1/mgmt/license")),
        (404, "E011001", request(&sandbox, Method::GET, "/v2/keys/")),
        (404, "E011001", request(&sandbox, Method::POST, "//v1/auth/accesskey/exchange")),
    ] {
        let response = asked.send().await.unwrap();
        assert_eq!(response.status(), expected);
        let error = json_of(response).await;
        assert_eq!(error["errorCode"], code);
        assert_eq!(names(&error), ["errorCode", "errorDescription", "errorMessage"]);
    }
    assert_eq!(good().send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_revoked_key_is_refused_and_a_rotated_one_works() {
    let sandbox = sandbox();
    let (old, new) = (secret("K2old"), secret("K2new"));
    sandbox.set(|settings| settings.accepted = Accepted::Only(BTreeSet::from([old.fingerprint()])));
    assert_eq!(statuses(&sandbox, ["K2old", "K2new"]).await, [200, 401]);
    sandbox.rotate(&old, &new);
    assert_eq!(statuses(&sandbox, ["K2old", "K2new"]).await, [401, 200]);
    sandbox.revoke(&new);
    let response = exchange(&sandbox, "K2new").await;
    assert_eq!(json_of(response).await["errorCode"], "E062803");
}

#[tokio::test]
async fn key_files_are_read_again_at_each_exchange() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (folder.path().join("first"), folder.path().join("second"));
    std::fs::write(&first, "K2one\n").unwrap();
    let sandbox =
        Sandbox::start(Settings { accepted: Accepted::Files(vec![first.clone(), second.clone()]), ..default() })
            .unwrap();
    assert_eq!(statuses(&sandbox, ["K2one", "K2two", "K2three"]).await, [200, 401, 401]);
    std::fs::write(&second, "K2two").unwrap();
    std::fs::write(&first, "K2three").unwrap();
    assert_eq!(statuses(&sandbox, ["K2one", "K2two", "K2three"]).await, [401, 200, 200]);
}

#[tokio::test]
async fn another_project_than_the_only_one_is_refused() {
    let sandbox = Sandbox::start(Settings { project: Some("P2mine".to_owned()), ..default() }).unwrap();
    let status = async |project| exchange_of(&sandbox, project, "K2key").send().await.unwrap().status().as_u16();
    assert_eq!((status("P2mine").await, status("P2other").await), (200, 401));
}

#[tokio::test]
async fn a_rate_limit_says_when_its_window_is_over_and_keeps_its_word() {
    let sandbox = sandbox();
    let window = Duration::from_secs(60);
    sandbox.set(|settings| settings.rate_limit = Some(RateLimit { exchanges: 2, window }));
    assert_eq!(statuses(&sandbox, ["K2a", "K2b"]).await, [200, 200]);
    let refused = exchange(&sandbox, "K2c").await;
    assert_eq!(refused.status(), 429);
    let wait = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert_eq!(json_of(refused).await["errorCode"], "E130429");
    sandbox.advance(Duration::from_secs(wait));
    assert_eq!(statuses(&sandbox, ["K2a", "K2b", "K2c"]).await, [200, 200, 429]);
}

#[tokio::test]
async fn a_script_goes_before_an_outage() {
    let sandbox = sandbox();
    sandbox.set(|settings| settings.outage = Some(Answer::status(503)));
    sandbox.script([Answer::session_of(Duration::from_secs(5)), Answer::Usual, Answer::busy(7)]);
    assert_eq!(statuses(&sandbox, ["K2a"; 5]).await, [200, 503, 429, 503, 503]);
    assert_eq!(sandbox.scripted(), 0);
    sandbox.set(|settings| settings.outage = None);
    assert_eq!(statuses(&sandbox, ["K2a"]).await, [200]);
}

// ---- scripted answers

#[tokio::test]
async fn a_scripted_session_may_be_bent_in_every_part() {
    let sandbox = sandbox();
    sandbox.revoke(&secret("K2key"));
    let map = |value: Value| value.as_object().unwrap().clone();
    sandbox.script([
        Answer::Session(Shape { life: Some(Duration::ZERO), ..Shape::default() }),
        Answer::Session(Shape { claims: map(json!({"exp": null, "iss": "P2other"})), ..Shape::default() }),
        Answer::Session(Shape { body: map(json!({"sessionJwt": null, "expiration": "7"})), ..Shape::default() }),
        Answer::Session(Shape {
            signed_by: Some(SigningKey::Stranger),
            header: map(json!({"kid": SigningKey::First.kid()})),
            headers: [("date".to_owned(), None), ("x-a".to_owned(), Some("b".to_owned()))].into(),
            ..Shape::default()
        }),
    ]);
    let ended = Jwt::of(&json_of(exchange(&sandbox, "K2key").await).await);
    assert_eq!(ended.life(), 0);
    let bent = Jwt::of(&json_of(exchange(&sandbox, "K2key").await).await);
    assert_eq!((&bent.claims["iss"], bent.claims.get("exp")), (&json!("P2other"), None));
    let none = json_of(exchange(&sandbox, "K2key").await).await;
    assert_eq!((none.get("sessionJwt"), &none["expiration"]), (None, &json!("7")));
    let response = exchange(&sandbox, "K2key").await;
    assert!(response.headers().get("date").is_none());
    assert_eq!(response.headers()["x-a"], "b");
    let forged = Jwt::of(&json_of(response).await);
    assert_eq!(forged.header["kid"], SigningKey::First.kid());
    assert!(!forged.is_vouched_for(&keys(&sandbox).await));
    assert_eq!(exchange(&sandbox, "K2key").await.status(), 401, "the script is over");
}

#[tokio::test]
async fn a_scripted_reply_is_sent_as_it_is() {
    let sandbox = sandbox();
    let date = "Sun, 06 Nov 1994 08:49:37 GMT";
    sandbox.script([
        Reply::new(403).body("error code: 1010").header("date", date).into(),
        Reply::new(302).header("location", "http://127.0.0.1:1/").into(),
        Reply::new(200).body([0xff, 0xfe]).without_header("date").into(),
        Answer::Overlong { body_bytes: 100_000 },
        Reply::new(200).header("not a header", "x").into(),
    ]);
    let edge = exchange(&sandbox, "K2key").await;
    assert_eq!((edge.status().as_u16(), edge.headers()["date"].to_str().unwrap()), (403, date));
    assert_eq!(edge.bytes().await.unwrap(), "error code: 1010");
    let moved = exchange(&sandbox, "K2key").await;
    assert_eq!((moved.status().as_u16(), moved.headers()["location"].to_str().unwrap()), (302, "http://127.0.0.1:1/"));
    let bytes = exchange(&sandbox, "K2key").await;
    assert!(bytes.headers().get("date").is_none());
    assert_eq!(bytes.bytes().await.unwrap()[..], [0xff, 0xfe]);
    let long = exchange(&sandbox, "K2key").await;
    assert_eq!(long.bytes().await.unwrap().len(), 100_000);
    assert_eq!(exchange(&sandbox, "K2key").await.status(), 500, "what HTTP cannot say is no silent success");
}

#[tokio::test]
async fn a_hanging_exchange_ends_with_its_client() {
    let sandbox = sandbox();
    sandbox.script([Answer::Hang]);
    let hanging = tokio::spawn(exchange_of(&sandbox, "P2project", "K2hang").send());
    sandbox.exchanges_reach(1).await;
    assert_eq!(exchange(&sandbox, "K2key").await.status(), 200);
    assert_eq!(sandbox.exchanges()[0].outcome, RequestOutcome::Waiting);
    assert!(!hanging.is_finished());
    hanging.abort();
    sandbox.until(|counters| counters.abandoned == 1).await;
    assert_eq!(sandbox.exchanges()[0].outcome, RequestOutcome::Abandoned);
    assert_eq!(sandbox.counters().in_flight, 0);
}

#[test]
fn a_broken_exchange_breaks_as_scripted() {
    let sandbox = sandbox();
    sandbox.script([Answer::Reset, Answer::Garbage, Answer::Truncated, Answer::Stalled]);
    let reset = raw_exchange(&sandbox).read_to_end(&mut Vec::new()).unwrap_err();
    assert_eq!(reset.kind(), io::ErrorKind::ConnectionReset);

    let mut garbage = Vec::new();
    raw_exchange(&sandbox).read_to_end(&mut garbage).unwrap();
    assert!(!garbage.is_empty() && !garbage.starts_with(b"HTTP/"));

    let mut half = Vec::new();
    raw_exchange(&sandbox).read_to_end(&mut half).unwrap();
    let text = String::from_utf8(half.clone()).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("content-length: 400") && !body.is_empty() && body.len() < 400);

    let mut stalled = raw_exchange(&sandbox);
    let mut same = vec![0; half.len()];
    stalled.read_exact(&mut same).unwrap();
    assert_eq!(same, half);
    stalled.set_nonblocking(true).unwrap();
    assert_eq!(stalled.read(&mut [0]).unwrap_err().kind(), io::ErrorKind::WouldBlock);
    assert_eq!(sandbox.counters().cut, 4);
    assert!(sandbox.exchanges().iter().all(|seen| seen.outcome == RequestOutcome::Cut));
}

// ---- observed, held and awaited exchanges

#[tokio::test]
async fn held_exchanges_are_judged_when_they_are_released() {
    let sandbox = sandbox();
    let hold = sandbox.hold();
    let second_hold = sandbox.hold();
    let mut waiting = JoinSet::new();
    for key in 0..5 {
        waiting.spawn(exchange_of(&sandbox, "P2project", &format!("K2key{key}")).send());
        sandbox.exchanges_reach(key + 1).await;
    }
    assert_eq!(sandbox.counters().in_flight, 5);
    assert!(sandbox.exchanges().iter().all(|seen| seen.outcome == RequestOutcome::Waiting));
    sandbox.revoke(&secret("K2key3"));
    drop(second_hold);
    assert_eq!(sandbox.counters().in_flight, 5, "one hold is enough");
    hold.release();
    let answered = waiting.join_all().await;
    assert_eq!(answered.into_iter().filter(|response| response.as_ref().unwrap().status() == 200).count(), 4);

    let seen = sandbox.exchanges();
    assert_eq!(seen.iter().map(|seen| seen.in_flight).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    assert_eq!(seen.iter().map(|seen| seen.ordinal).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    assert!(seen.is_sorted_by_key(|seen| seen.arrived));
    assert_eq!(seen[3].key, Some(secret("K2key3").fingerprint()));
    assert_eq!((seen[3].outcome, seen[4].outcome), (RequestOutcome::Replied { status: 401 }, RequestOutcome::Session));
}

#[tokio::test]
async fn held_exchanges_are_let_go_in_the_order_of_their_arrival() {
    let sandbox = sandbox();
    let hold = sandbox.hold();
    let mut waiting = JoinSet::new();
    for ordinal in 1..=20 {
        waiting.spawn(exchange_of(&sandbox, "P2project", "K2key").send());
        sandbox.exchanges_reach(ordinal).await;
    }
    sandbox.script((1..=20).map(|ordinal| Answer::status(500 + ordinal)));
    hold.release();
    waiting.join_all().await;
    for (seen, status) in sandbox.exchanges().iter().zip(501..) {
        assert_eq!(seen.outcome, RequestOutcome::Replied { status });
    }
}

#[tokio::test]
async fn an_exchange_is_remembered_with_its_client() {
    let sandbox = sandbox();
    exchange_of(&sandbox, "P2project", "K2key").header("user-agent", "tester/1").send().await.unwrap();
    request(&sandbox, Method::POST, "/v1/auth/accesskey/exchange").send().await.unwrap();
    let seen = sandbox.exchanges();
    assert_eq!((seen[0].project.as_deref(), seen[0].user_agent.as_deref()), (Some("P2project"), Some("tester/1")));
    assert_eq!((&seen[1].project, seen[1].key), (&None, None));
}

#[tokio::test]
async fn latency_delays_the_answer_and_not_the_arrival() {
    let sandbox = Sandbox::start(Settings { latency: Duration::from_secs(3600), ..default() }).unwrap();
    let slow = tokio::spawn(exchange_of(&sandbox, "P2project", "K2key").send());
    sandbox.exchanges_reach(1).await;
    assert_eq!(sandbox.counters().in_flight, 1);
    sandbox.set(|settings| settings.latency = Duration::ZERO);
    assert_eq!(exchange(&sandbox, "K2key").await.status(), 200);
    assert!(!slow.is_finished());
    slow.abort();
}

#[test]
fn a_test_without_a_runtime_can_wait_for_the_sandbox() {
    let sandbox = Arc::new(sandbox());
    let _client = raw_exchange(&sandbox);
    let looked = Arc::clone(&sandbox);
    let counters = sandbox.until_within(Duration::from_secs(600), move |counters| {
        counters.sessions == 1 && looked.exchanges()[0].outcome == RequestOutcome::Session
    });
    assert_eq!(counters.map(|counters| counters.exchanges), Some(1));
    assert_eq!(sandbox.until_within(Duration::ZERO, |counters| counters.exchanges > 1), None);
}

#[test]
fn dropping_the_sandbox_closes_its_connections_and_its_port() {
    let sandbox = sandbox();
    let address = sandbox.address();
    sandbox.script([Answer::Hang]);
    let mut client = raw_exchange(&sandbox);
    sandbox.until_within(Duration::from_secs(600), |counters| counters.exchanges == 1).unwrap();
    drop(sandbox);
    assert!(matches!(client.read(&mut [0]), Ok(0) | Err(_)));
    assert_eq!(TcpStream::connect(address).unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
}

#[test]
fn an_address_that_is_taken_or_open_to_others_is_refused() {
    let sandbox = sandbox();
    let kind = |address| Sandbox::start_on(address, default()).err().unwrap().kind();
    assert_eq!(kind(sandbox.address()), io::ErrorKind::AddrInUse);
    assert_eq!(kind("0.0.0.0:0".parse().unwrap()), io::ErrorKind::InvalidInput);
}

#[tokio::test]
async fn no_access_key_and_no_jwt_is_ever_logged() {
    let log = logged();
    let sandbox = sandbox();
    sandbox.script([Answer::Usual, Answer::denied(), Answer::Reset]);
    let jwt = json_of(exchange(&sandbox, "K2canary").await).await["sessionJwt"].as_str().unwrap().to_owned();
    exchange(&sandbox, "K2canary").await;
    exchange_of(&sandbox, "P2project", "K2canary").send().await.unwrap_err();
    drop(sandbox);
    let text = String::from_utf8(log.lock().unwrap().clone()).unwrap();
    let lines = text.lines().filter(|line| line.contains(&secret("K2canary").fingerprint().to_string()));
    let lines: Vec<_> = lines.collect();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines[0].contains("session") && lines[1].contains("401") && lines[2].contains("cut"), "{lines:?}");
    assert!(!text.contains("K2canary") && !text.contains(&jwt));
}

// ---- control

#[tokio::test]
async fn the_control_endpoint_shows_and_changes_settings() {
    let sandbox = sandbox();
    let before = json_of(request(&sandbox, Method::GET, "/sandbox").send().await.unwrap()).await;
    assert_eq!((&before["settings"]["life"], &before["counters"]["exchanges"]), (&json!("1m"), &json!(0)));
    let changes = json!({"life": "90s", "outage": {"status": 503, "retryAfter": "7s"}, "revoked": []});
    let response = told(&sandbox, Method::PATCH, "/sandbox", &changes).await;
    assert_eq!(response.status(), 200);
    assert_eq!(json_of(response).await["life"], "1m 30s");
    let out = exchange(&sandbox, "K2key").await;
    assert_eq!((out.status().as_u16(), out.headers()["retry-after"].to_str().unwrap()), (503, "7"));
    let mark = secret("K2gone").fingerprint().to_string();
    told(&sandbox, Method::PATCH, "/sandbox", &json!({"outage": null, "revoked": [mark]})).await;
    assert_eq!(Jwt::of(&json_of(exchange(&sandbox, "K2key").await).await).life(), 90);
    assert_eq!(exchange(&sandbox, "K2gone").await.status(), 401);
    let after = json_of(request(&sandbox, Method::GET, "/sandbox").send().await.unwrap()).await;
    assert_eq!((&after["counters"]["sessions"], &after["counters"]["replies"]), (&json!(1), &json!(2)));
}

#[tokio::test]
async fn a_wrong_change_is_refused_whole_with_every_mistake_named() {
    let sandbox = sandbox();
    let changes = json!({"latency": "200ms", "life": "x7secret", "lief": "90s", "colour": 1});
    let response = told(&sandbox, Method::PATCH, "/sandbox", &changes).await;
    assert_eq!(response.status(), 400);
    let message = json_of(response).await["errorMessage"].to_string();
    assert!(["`life` must", "`lief` is unknown", "`colour` is unknown"].iter().all(|part| message.contains(part)));
    assert!(!message.contains("x7secret"), "{message}");
    for (method, path, body) in [
        (Method::PATCH, "/sandbox", "{"),
        (Method::PATCH, "/sandbox", "[]"),
        (Method::POST, "/sandbox/script", r#"{"status": 503}"#),
        (Method::POST, "/sandbox/script", r#"["hang", "nap"]"#),
    ] {
        assert_eq!(request(&sandbox, method, path).body(body).send().await.unwrap().status(), 400, "{path} {body}");
    }
    assert_eq!(request(&sandbox, Method::DELETE, "/sandbox").send().await.unwrap().status(), 405);
    let settings = json_of(request(&sandbox, Method::GET, "/sandbox").send().await.unwrap()).await["settings"].clone();
    assert_eq!(settings["latency"], "0s");
    assert_eq!(sandbox.scripted(), 0, "a script is taken whole or not at all");
}

#[tokio::test]
async fn the_control_endpoint_bounds_scripts_and_lists_exchanges() {
    let sandbox = sandbox();
    let script = json!(["denied", {"session": {"life": "5s"}}, {"status": 429, "retryAfter": "5s"}, "usual"]);
    assert_eq!(told(&sandbox, Method::POST, "/sandbox/script", &script).await.status(), 200);
    assert_eq!(statuses(&sandbox, ["K2a"; 4]).await, [401, 200, 429, 200]);
    let listed = json_of(request(&sandbox, Method::GET, "/sandbox/exchanges").send().await.unwrap()).await;
    let outcomes: Vec<_> = listed.as_array().unwrap().iter().map(|line| line["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["401", "session", "429", "session"]);
    assert_eq!(listed[0]["key"], secret("K2a").fingerprint().to_string());

    let most = json!(vec!["usual"; 10_000]);
    assert_eq!(told(&sandbox, Method::POST, "/sandbox/script", &most).await.status(), 200);
    assert_eq!(told(&sandbox, Method::POST, "/sandbox/script", &json!(["usual"])).await.status(), 400);
    assert_eq!(sandbox.scripted(), 10_000);
}

// ---- helpers

fn sandbox() -> Sandbox {
    Sandbox::start(default()).unwrap()
}

fn default() -> Settings {
    Settings::default()
}

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

fn request(sandbox: &Sandbox, method: Method, path: &str) -> RequestBuilder {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| rustls::crypto::ring::default_provider().install_default().unwrap());
    let client = Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    client.request(method, format!("{}{path}", sandbox.base_url()))
}

fn exchange_of(sandbox: &Sandbox, project: &str, key: &str) -> RequestBuilder {
    request(sandbox, Method::POST, "/v1/auth/accesskey/exchange").bearer_auth(format!("{project}:{key}")).body("{}")
}

async fn exchange(sandbox: &Sandbox, key: &str) -> Response {
    exchange_of(sandbox, "P2project", key).send().await.unwrap()
}

async fn statuses<const N: usize>(sandbox: &Sandbox, keys: [&str; N]) -> [u16; N] {
    let mut statuses = [0; N];
    for (status, key) in statuses.iter_mut().zip(keys) {
        *status = exchange(sandbox, key).await.status().as_u16();
    }
    statuses
}

async fn told(sandbox: &Sandbox, method: Method, path: &str, body: &Value) -> Response {
    request(sandbox, method, path).body(body.to_string()).send().await.unwrap()
}

async fn keys(sandbox: &Sandbox) -> Value {
    json_of(request(sandbox, Method::GET, "/v2/keys/P2project").send().await.unwrap()).await
}

async fn json_of(response: Response) -> Value {
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
}

fn names(object: &Value) -> Vec<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

/// Sends an exchange without an HTTP client, and returns the stream with the answer still unread.
fn raw_exchange(sandbox: &Sandbox) -> TcpStream {
    let mut stream = TcpStream::connect(sandbox.address()).unwrap();
    let head = "POST /v1/auth/accesskey/exchange HTTP/1.1\r\nhost: sandbox\r\nauthorization: Bearer P2:K2\r\n";
    stream.write_all(format!("{head}content-length: 2\r\n\r\n{{}}").as_bytes()).unwrap();
    stream
}

struct Jwt {
    header: Value,
    claims: Value,
    signed: String,
    signature: Vec<u8>,
}

impl Jwt {
    fn of(reply: &Value) -> Self {
        let text = reply["sessionJwt"].as_str().unwrap();
        let (signed, signature) = text.rsplit_once('.').unwrap();
        let (header, claims) = signed.split_once('.').unwrap();
        let bytes = |part| URL_SAFE_NO_PAD.decode(part).unwrap();
        let json = |part| serde_json::from_slice(&bytes(part)).unwrap();
        Self { header: json(header), claims: json(claims), signed: signed.to_owned(), signature: bytes(signature) }
    }

    fn life(&self) -> u64 {
        self.claims["exp"].as_u64().unwrap() - self.claims["iat"].as_u64().unwrap()
    }

    fn is_vouched_for(&self, jwks: &Value) -> bool {
        let keys = jwks["keys"].as_array().unwrap();
        let Some(key) = keys.iter().find(|key| key["kid"] == self.header["kid"]) else { return false };
        let number = |name| URL_SAFE_NO_PAD.decode(key[name].as_str().unwrap()).unwrap();
        let public = RsaPublicKeyComponents { n: number("n"), e: number("e") };
        public.verify(&RSA_PKCS1_2048_8192_SHA256, self.signed.as_bytes(), &self.signature).is_ok()
    }
}

/// Returns everything that this process logs from the first call on, at every level. The sandbox logs on its own
/// thread.
fn logged() -> Arc<Mutex<Vec<u8>>> {
    struct Log(Arc<Mutex<Vec<u8>>>);
    impl io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let log = Arc::new(Mutex::new(Vec::new()));
    let writer = Arc::clone(&log);
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_ansi(false);
    let subscriber = subscriber.with_writer(move || Log(Arc::clone(&writer))).finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();
    log
}
