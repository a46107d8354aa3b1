//! Verification of signatures: public keys are requested once, cached, replaced, or missing.

use std::{fs, sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    rand::SystemRandom,
    signature::{RSA_PKCS1_SHA256, RsaKeyPair, RsaPublicKeyComponents},
};
use serde_json::json;
use tokenwell::{
    exchange::{BaseUrl, HttpSettings, Proxies, Refused, SignatureStatus, Trust},
    renewal::{Moment, Refusal},
    secret::Secret,
};

use crate::{
    ApiClient, client, impatient, patient,
    server::{Answer, Server},
};

const TEST_KEY: &[u8] = include_bytes!("../../data/public-test-key.rsa2048.pk8.der");

fn at(seconds: u64) -> Moment {
    Moment::since_boot(Duration::from_secs(seconds))
}

/// Returns a token that the test key signed with this key id.
fn token(kid: &str) -> Secret {
    let key = RsaKeyPair::from_pkcs8(TEST_KEY).unwrap();
    let header = json!({"alg": "RS256", "kid": kid}).to_string();
    let text = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(r#"{"iss":"P2abc"}"#));
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature).unwrap();
    Secret::new(format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

/// Returns a reply with the test key under these key ids.
fn keys(kids: &[&str]) -> Answer {
    published(kids, |n| n)
}

/// Returns the same reply with another key.
fn other_keys(kids: &[&str]) -> Answer {
    published(kids, |mut n| {
        n[100] ^= 1;
        n
    })
}

fn published(kids: &[&str], change: impl Fn(Vec<u8>) -> Vec<u8>) -> Answer {
    let public = RsaPublicKeyComponents::<Vec<u8>>::from(RsaKeyPair::from_pkcs8(TEST_KEY).unwrap().public());
    let (n, e) = (URL_SAFE_NO_PAD.encode(change(public.n)), URL_SAFE_NO_PAD.encode(public.e));
    let keys: Vec<_> = kids
        .iter()
        .map(|kid| json!({"alg": "RS256", "e": e, "kid": kid, "kty": "RSA", "n": n, "use": "sig"}))
        .collect();
    Answer::reply("200 OK", &json!({ "keys": keys }).to_string())
}

struct World {
    server: Server,
    client: ApiClient,
    trust: Arc<Trust>,
}

impl World {
    async fn new(answers: impl IntoIterator<Item = Answer>) -> Self {
        Self::with_state(answers, None).await
    }

    async fn with_state(answers: impl IntoIterator<Item = Answer>, state: Option<&std::path::Path>) -> Self {
        let server = Server::start(answers).await;
        let client = client(&format!("http://{}", server.address), &patient());
        let trust = Arc::new(Trust::open(state, &client.api));
        Self { server, client, trust }
    }

    async fn judge(&self, kid: &str, now: u64) -> Result<SignatureStatus, Refused> {
        self.trust.judge(&self.client.client, &token(kid), at(now)).await
    }

    fn fetches(&self) -> usize {
        self.server.requests().len()
    }
}

fn garbled(result: Result<SignatureStatus, Refused>) -> String {
    match result {
        Err(Refused { refusal: Refusal::Garbled, message, .. }) => message,
        other => panic!("{other:?}"),
    }
}

const UNKNOWN: &str = "the session is signed by a key that the project does not publish";

#[tokio::test]
async fn keys_are_asked_for_once_and_serve_every_session() {
    let world = World::new([keys(&["SK1", "SK2"])]).await;
    for kid in ["SK1", "SK2", "SK1"] {
        assert_eq!(world.judge(kid, 100).await, Ok(SignatureStatus::Verified));
    }
    assert_eq!(world.fetches(), 1);
    assert!(world.server.requests()[0].starts_with("GET /v2/keys/P2abc HTTP/1.1\r\n"));
    assert!(!world.server.requests()[0].to_ascii_lowercase().contains("authorization"));
}

#[tokio::test]
async fn a_process_that_stops_does_not_wait_for_keys_that_hang() {
    let world = World::new([Answer::Silence]).await;
    world.trust.hurry();
    let Ok(SignatureStatus::Unverified { why }) = world.judge("SK1", 100).await else { panic!("it was verified") };
    assert!(why.contains("the process stops"), "{why}");
}

#[tokio::test]
async fn an_unknown_key_costs_one_request_a_minute() {
    let old = || keys(&["SK1"]);
    let world = World::new([old(), old(), old(), keys(&["SK1", "SK9"])]).await;
    // The first request happens because no key is cached.
    for (now, fetches) in [(100, 1), (101, 2), (102, 2), (160, 2), (161, 3), (162, 3), (220, 3)] {
        assert_eq!(garbled(world.judge("SK9", now).await), UNKNOWN);
        assert_eq!(world.fetches(), fetches, "at {now}");
    }
    assert_eq!(world.judge("SK9", 221).await, Ok(SignatureStatus::Verified), "published at last");
    assert_eq!(world.fetches(), 4);
}

#[tokio::test]
async fn a_key_that_is_new_right_after_the_start_is_found_at_once() {
    let world = World::new([keys(&["SK1"]), keys(&["SK1", "SK2"])]).await;
    assert_eq!(world.judge("SK1", 100).await, Ok(SignatureStatus::Verified));
    assert_eq!(world.judge("SK2", 101).await, Ok(SignatureStatus::Verified));
    assert_eq!(garbled(world.judge("SK3", 102).await), UNKNOWN);
    assert_eq!(world.fetches(), 2, "two a minute at most");
}

#[tokio::test]
async fn sessions_that_come_together_share_one_request() {
    let world = World::new([keys(&["SK1"])]).await;
    // The token is signed once, before the request starts. Signing 50 tokens on a slow machine could exceed the
    // request's limit of five seconds.
    let token = token("SK1");
    let judging = (0..50).map(|_| world.trust.judge(&world.client.client, &token, at(100)));
    let judged = futures_util::future::join_all(judging).await;
    assert!(judged.into_iter().all(|standing| standing == Ok(SignatureStatus::Verified)));
    assert_eq!(world.fetches(), 1);
}

#[tokio::test]
async fn a_bad_signature_is_garbled() {
    let world = World::new([other_keys(&["SK1"])]).await;
    let message = garbled(world.judge("SK1", 100).await);
    assert_eq!(message, "the session's signature is not that of the key it names");
    assert_eq!(world.fetches(), 1);
}

#[tokio::test]
async fn a_key_replaced_under_its_old_name_is_found() {
    let world = World::new([other_keys(&["SK1"]), keys(&["SK1"])]).await;
    garbled(world.judge("SK1", 100).await);
    assert_eq!(world.judge("SK1", 160).await, Ok(SignatureStatus::Verified));
}

#[tokio::test]
async fn keys_that_cannot_be_had_stop_nothing_and_are_caught_up_with() {
    for (answer, why) in [
        (Answer::reply("503 Sorry", ""), "cannot get the public keys of project `P2abc`: HTTP 503"),
        (
            Answer::reply("200 OK", "{\"keys\":[]}"),
            "cannot get the public keys of project `P2abc`: the reply holds no usable key",
        ),
        (
            Answer::reply("200 OK", "<html>"),
            "cannot get the public keys of project `P2abc`: the body is not a JSON object: it is a page of HTML or XML",
        ),
        (
            Answer::reply("200 OK\r\nContent-Encoding: gzip", "\u{1f}"),
            "the body is compressed (gzip), although the request asks for `Accept-Encoding: identity`: something in front of the API changes its replies",
        ),
        (Answer::ThenClose(String::new()), "the connection was closed before the complete reply arrived"),
    ] {
        let world = World::new([answer, keys(&["SK1"])]).await;
        for now in [100, 159] {
            let Ok(SignatureStatus::Unverified { why: told }) = world.judge("SK1", now).await else {
                panic!("at {now}")
            };
            assert!(told.ends_with(why), "{told}");
        }
        assert_eq!(world.fetches(), 1);
        assert_eq!(world.judge("SK1", 160).await, Ok(SignatureStatus::Verified));
    }
}

#[tokio::test]
async fn a_request_that_hangs_is_bounded_and_delays_no_known_key() {
    let world = World::new([keys(&["SK1"]), Answer::Silence]).await;
    assert_eq!(world.judge("SK1", 100).await, Ok(SignatureStatus::Verified));
    let (trust, patient_client) = (Arc::clone(&world.trust), world.client.client.clone());
    let hanging = tokio::spawn(async move { trust.judge(&patient_client, &token("SK9"), at(200)).await });
    world.server.has_requests(2).await;
    assert_eq!(world.judge("SK1", 200).await, Ok(SignatureStatus::Verified));
    assert!(!hanging.is_finished());

    // A cancelled task frees the place for the next request, but counts as a request.
    hanging.abort();
    assert!(hanging.await.unwrap_err().is_cancelled());
    let cancelled = SignatureStatus::Unverified { why: "the request for the public keys was cancelled".to_owned() };
    assert_eq!(world.judge("SK9", 259).await, Ok(cancelled));

    // The time-out is long enough for the request to arrive and be counted.
    let hasty = HttpSettings { timeout: Duration::from_secs(3), ..patient() };
    let hasty = client(&format!("http://{}", world.server.address), &hasty);
    let Ok(SignatureStatus::Unverified { why }) = world.trust.judge(&hasty.client, &token("SK9"), at(260)).await else {
        panic!()
    };
    assert!(why.contains("within 3s: "), "{why}");
    assert_eq!(world.fetches(), 3);
}

#[tokio::test]
async fn a_restart_uses_its_cache_and_ignores_a_foreign_one() {
    let state = tempfile::tempdir().unwrap();
    let world = World::with_state([keys(&["SK1"])], Some(state.path())).await;
    assert_eq!(world.judge("SK1", 100).await, Ok(SignatureStatus::Verified));

    let trust = Trust::open(Some(state.path()), &world.client.api);
    assert_eq!(trust.judge(&world.client.client, &token("SK1"), at(5)).await, Ok(SignatureStatus::Verified));
    assert_eq!(world.fetches(), 1);

    let other = BaseUrl::parse("http://127.0.0.1:9/other", false).unwrap();
    let elsewhere = ApiClient::build(&other, &impatient(), &Proxies::none()).unwrap();
    let trust = Trust::open(Some(state.path()), &elsewhere.api);
    let standing = trust.judge(&elsewhere.client, &token("SK1"), at(5)).await;
    assert!(matches!(standing, Ok(SignatureStatus::Unverified { .. })), "{standing:?}");
}

#[tokio::test]
async fn a_stale_cache_is_replaced_if_it_can_be_written() {
    let state = tempfile::tempdir().unwrap();
    let world = World::with_state([other_keys(&["SK1"]), keys(&["SK1"])], Some(state.path())).await;
    garbled(world.judge("SK1", 100).await);
    let trust = Trust::open(Some(state.path()), &world.client.api);
    assert_eq!(trust.judge(&world.client.client, &token("SK1"), at(5)).await, Ok(SignatureStatus::Verified));
    assert_eq!(world.fetches(), 2);

    fs::remove_dir_all(state.path()).unwrap();
    world.server.answer(keys(&["SK1"]));
    let trust = Trust::open(Some(state.path()), &world.client.api);
    assert_eq!(trust.judge(&world.client.client, &token("SK1"), at(5)).await, Ok(SignatureStatus::Verified));
}

#[tokio::test]
async fn a_text_that_is_no_token_is_garbled_without_a_request() {
    let world = World::new([]).await;
    let result = world.trust.judge(&world.client.client, &Secret::new("canary canary".to_owned()), at(100)).await;
    assert_eq!(garbled(result), "the session is not a JWT: it contains white space");
    assert_eq!(world.fetches(), 0);
}
