//! Exchanges that are recorded, held and awaited.

use std::io::{self, Read as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tokenwell::sandbox::{Answer, RequestOutcome, Sandbox, Settings};
use tokio::task::JoinSet;

use crate::client::{
    PROJECT, default, exchange, exchange_of, json_of, logged, post, raw_exchange, refresh_token, request, sandbox,
    secret,
};

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

#[test]
fn an_exposed_sandbox_listens_on_every_address() {
    let sandbox = Sandbox::start_exposed("0.0.0.0:0".parse().unwrap(), default()).unwrap();
    assert!(sandbox.address().ip().is_unspecified());
    assert!(TcpStream::connect(("127.0.0.1", sandbox.address().port())).is_ok());
}

#[tokio::test]
async fn no_secret_of_any_endpoint_is_logged_or_shown() {
    let log = logged();
    let sandbox = Sandbox::start(Settings { rotate_refresh_tokens: true, ..default() }).unwrap();
    let token = refresh_token(&sandbox);
    let body = json!({"externalToken": "canary-external"});
    let reply = json_of(post(&sandbox, "/v1/auth/refresh", &token, &body).await).await;
    let texts = ["sessionJwt", "refreshJwt"].map(|name| reply[name].as_str().unwrap().to_owned());
    let assertion = "canary.assertion.x";
    let form = |body: &str| {
        let asked = request(&sandbox, Method::POST, "/oauth2/v1/token?client_secret=canary-query");
        asked.header("content-type", "application/x-www-form-urlencoded").body(body.to_owned())
    };
    form("grant_type=client_credentials&client_id=P2project&client_secret=canary-secret").send().await.unwrap();
    form(&format!("grant_type=x&assertion={assertion}"))
        .basic_auth("P2project", Some("canary-basic"))
        .send()
        .await
        .unwrap();
    exchange_of(&sandbox, PROJECT, "K2key:canary-management").send().await.unwrap();
    let mut shown = String::new();
    for path in ["/sandbox", "/sandbox/exchanges"] {
        shown += &request(&sandbox, Method::GET, path).send().await.unwrap().text().await.unwrap();
    }
    let log = String::from_utf8(log.lock().unwrap().clone()).unwrap();
    for (secrets, text) in [(&shown, "shown"), (&log, "log")] {
        for fingerprint in
            [&token, "canary-secret", assertion, "K2key"].map(|text| secret(text).fingerprint().to_string())
        {
            assert!(secrets.contains(&fingerprint), "{text}: {fingerprint}");
        }
        for canary in [&texts[0], &texts[1], &token, "canary-", assertion] {
            assert!(!secrets.contains(canary), "{text} contains {canary}");
        }
    }
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
