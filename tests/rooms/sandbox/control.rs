//! The control endpoint.

use reqwest::Method;
use serde_json::json;

use crate::client::{Jwt, PROJECT, exchange, json_of, post, refresh_token, request, sandbox, secret, statuses, told};

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
async fn the_control_endpoint_lists_what_each_request_presented() {
    let sandbox = sandbox();
    let token = refresh_token(&sandbox);
    post(&sandbox, "/v1/auth/refresh", &token, &json!({"externalToken": "x"})).await;
    let answers = json!({"answers": [{"id": "q1", "answer": "blue"}], "stepup": false});
    post(&sandbox, "/v1/auth/security-questions/verify", &token, &answers).await;
    let form = "grant_type=client_credentials&scope=read&audience=my-api";
    let asked = request(&sandbox, Method::POST, "/oauth2/v1/token").basic_auth(PROJECT, Some("K2key"));
    asked.header("content-type", "application/x-www-form-urlencoded").body(form).send().await.unwrap();
    let listed = json_of(request(&sandbox, Method::GET, "/sandbox/exchanges").send().await.unwrap()).await;
    let line = |at: usize| (listed[at]["endpoint"].as_str().unwrap(), listed[at]["details"].clone());
    assert_eq!(line(0), ("refresh", json!({"externalToken": secret("x").fingerprint().to_string()})));
    let questions = json!({"loginId": null, "questions": ["q1"], "stepup": false});
    assert_eq!(line(1), ("questions-verify", questions));
    let oauth = json!({"grantType": "clientCredentials", "clientAuth": "basic", "scope": "read", "audience": "my-api"});
    assert_eq!(line(2), ("oauth", oauth));
    let overview = json_of(request(&sandbox, Method::GET, "/sandbox").send().await.unwrap()).await;
    assert_eq!(overview["counters"]["endpoints"]["oauth"], 1);
    assert_eq!(overview["counters"]["endpoints"]["access-key"], 0);
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

    assert_eq!(
        (&listed[0]["endpoint"], &listed[0]["details"]),
        (&json!("access-key"), &json!({"authManagementKey": null}))
    );

    let most = json!(vec!["usual"; 10_000]);
    assert_eq!(told(&sandbox, Method::POST, "/sandbox/script", &most).await.status(), 200);
    assert_eq!(told(&sandbox, Method::POST, "/sandbox/script", &json!(["usual"])).await.status(), 400);
    assert_eq!(sandbox.scripted(), 10_000);
}
