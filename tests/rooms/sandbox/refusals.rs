//! Refusals by key, project, rate limit and outage.

use std::collections::BTreeSet;
use std::time::Duration;

use reqwest::Method;
use tokenwell::sandbox::{Accepted, Answer, RateLimit, Sandbox, Settings};

use crate::client::{default, exchange, exchange_of, json_of, names, request, sandbox, secret, statuses};

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
