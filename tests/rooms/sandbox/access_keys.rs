//! Sessions of access keys, and the keys that sign them.

use std::collections::BTreeSet;
use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tokenwell::sandbox::{Answer, Details, Endpoint, SigningKey};

use crate::client::{Jwt, exchange, exchange_of, json_of, keys, names, refusal, request, sandbox, secret, told};

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

#[tokio::test]
async fn a_closed_project_requires_the_auth_management_key() {
    let sandbox = sandbox();
    let expected = secret("M2good").fingerprint();
    told(&sandbox, Method::PATCH, "/sandbox", &json!({"authManagementKey": expected.to_string()})).await;
    let bearer = async |bearer: &str| {
        let asked = request(&sandbox, Method::POST, "/v1/auth/accesskey/exchange").bearer_auth(bearer).body("{}");
        asked.send().await.unwrap()
    };
    assert_eq!(refusal(bearer("P2project:K2key").await).await, (401, "E062804".to_owned()));
    assert_eq!(refusal(bearer("P2project:K2key:M2bad").await).await, (403, "E062805".to_owned()));
    assert_eq!(bearer("P2project:K2key:M2good").await.status(), 200);
    let seen = sandbox.exchanges();
    assert_eq!(seen[2].details, Details::AccessKey { management_key: Some(expected) });
    assert_eq!((seen[0].endpoint, seen[0].key), (Endpoint::AccessKey, Some(secret("K2key").fingerprint())));
    told(&sandbox, Method::PATCH, "/sandbox", &json!({"authManagementKey": null})).await;
    assert_eq!(bearer("P2project:K2key").await.status(), 200);
}
