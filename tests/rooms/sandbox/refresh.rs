//! Refreshes: the reply for a user, and the rotation of refresh JWTs.

use std::time::Duration;

use reqwest::{Method, Response};
use serde_json::{Value, json};
use tokenwell::sandbox::{Answer, Details, Endpoint, RequestOutcome, Sandbox, Settings, Shape, SigningKey};

use crate::client::{
    Jwt, PROJECT, default, exchange, json_of, keys, names, post, refresh_token, refusal, request, sandbox, secret, told,
};

const PATH: &str = "/v1/auth/refresh";

#[tokio::test]
async fn a_refresh_gives_the_whole_reply_of_a_user() {
    let sandbox = sandbox();
    let token = refresh_token(&sandbox);
    let response = refresh(&sandbox, &token).await;
    assert_eq!(
        (response.status().as_u16(), &response.headers()["content-type"]),
        (200, &"application/json".parse().unwrap())
    );
    let reply = json_of(response).await;
    let mut members = SEED_MEMBERS;
    members.sort_unstable();
    assert_eq!(names(&reply), members);
    let mut members = SEED_USER_MEMBERS;
    members.sort_unstable();
    assert_eq!(names(&reply["user"]), members);
    assert_eq!(reply["refreshJwt"], "");
    assert_eq!(
        (&reply["firstSeen"], &reply["nextRefreshSeconds"], &reply["externalToken"]),
        (&json!(false), &json!(0), &json!(""))
    );

    let (jwt, presented) = (Jwt::of(&reply), Jwt::read(&json!(token)));
    assert!(jwt.is_vouched_for(&keys(&sandbox).await) && presented.is_vouched_for(&keys(&sandbox).await));
    assert_eq!((&jwt.claims["iss"], &jwt.claims["drn"], jwt.life()), (&json!(PROJECT), &json!("DS"), 60));
    assert_eq!(
        (&presented.claims["iss"], &presented.claims["drn"], presented.life()),
        (&json!(PROJECT), &json!("DSR"), 86400)
    );
    assert_eq!((&jwt.claims["sub"], &presented.claims["sub"]), (&reply["user"]["userId"], &reply["user"]["userId"]));
    assert_eq!(reply["sessionExpiration"], jwt.claims["exp"]);
    assert_eq!(reply["cookieExpiration"], presented.claims["exp"]);
    let ends = Duration::from_secs(presented.claims["exp"].as_u64().unwrap());
    let rexp = humantime::parse_rfc3339(jwt.claims["rexp"].as_str().unwrap()).unwrap();
    assert_eq!(rexp, std::time::UNIX_EPOCH + ends);
    assert_eq!(jwt.claims["roles"], reply["user"]["roleNames"]);
    let tenant = reply["user"]["userTenants"][0]["tenantId"].as_str().unwrap();
    assert!(jwt.claims["tenants"].get(tenant).is_some());
}

#[tokio::test]
async fn every_usual_form_of_a_refresh_is_accepted() {
    let sandbox = sandbox();
    sandbox.set(|settings| settings.next_refresh = Some(Duration::from_secs(40)));
    let token = refresh_token(&sandbox);
    for body in ["", "{}", r#"{"externalToken":"canary"}"#, r#"{"externalToken":null,"other":1}"#] {
        let asked = request(&sandbox, Method::POST, PATH).bearer_auth(format!("{PROJECT}:{token}")).body(body);
        let response = asked.send().await.unwrap();
        assert_eq!(response.status(), 200, "{body}");
        assert_eq!(json_of(response).await["nextRefreshSeconds"], 40);
    }
    let seen = sandbox.exchanges();
    assert!(
        seen.iter().all(|seen| (seen.endpoint, seen.key) == (Endpoint::Refresh, Some(secret(&token).fingerprint())))
    );
    let external = |seen: usize| sandbox.exchanges()[seen].details.clone();
    assert_eq!(external(1), Details::Refresh { external_token: None });
    assert_eq!(external(2), Details::Refresh { external_token: Some(secret("canary").fingerprint()) });
    assert_eq!(sandbox.counters().exchanges_at(Endpoint::Refresh), 4);
    assert_eq!(sandbox.counters().exchanges_at(Endpoint::AccessKey), 0);
}

#[tokio::test]
async fn a_wrong_refresh_jwt_is_refused_with_its_own_code() {
    let sandbox = sandbox();
    let good = refresh_token(&sandbox);
    let other = refresh_token(&sandbox);
    let (signed, signature) = (other.rsplit_once('.').unwrap().0, good.rsplit_once('.').unwrap().1);
    let forged = format!("{signed}.{signature}");
    let session = json_of(refresh(&sandbox, &good).await).await["sessionJwt"].as_str().unwrap().to_owned();
    let ended = sandbox.refresh_token(PROJECT, Duration::ZERO).unwrap().expose().to_owned();
    let foreign = sandbox.refresh_token("P2other", Duration::from_secs(60)).unwrap().expose().to_owned();
    sandbox.set(|settings| settings.signing_key = SigningKey::Stranger);
    let strange = refresh_token(&sandbox);
    sandbox.set(|settings| settings.signing_key = SigningKey::First);
    for wrong in ["x", "a.b.c", &forged, &session, &ended, &foreign, &strange] {
        assert_eq!(refusal(refresh(&sandbox, wrong).await).await, (401, "E064003".to_owned()), "{wrong}");
    }
    let bare = request(&sandbox, Method::POST, PATH).bearer_auth(PROJECT).body("{}").send().await.unwrap();
    assert_eq!(refusal(bare).await, (401, "E064002".to_owned()));
    for body in [json!([]), json!({"externalToken": 7})] {
        assert_eq!(refusal(post(&sandbox, PATH, &good, &body).await).await, (400, "E011001".to_owned()));
    }
    assert_eq!(request(&sandbox, Method::GET, PATH).send().await.unwrap().status(), 405);
    assert_eq!(refresh(&sandbox, &good).await.status(), 200);
}

#[tokio::test]
async fn a_refresh_jwt_ends_by_the_sandboxs_clock() {
    let sandbox = sandbox();
    let token = refresh_token(&sandbox);
    sandbox.advance(Duration::from_secs(86_390));
    assert_eq!(refresh(&sandbox, &token).await.status(), 200);
    sandbox.advance(Duration::from_secs(10));
    assert_eq!(refusal(refresh(&sandbox, &token).await).await, (401, "E064003".to_owned()));
}

#[tokio::test]
async fn without_rotation_the_same_refresh_jwt_stays_valid() {
    let sandbox = sandbox();
    let token = refresh_token(&sandbox);
    for _ in 0..3 {
        assert_eq!(json_of(refresh(&sandbox, &token).await).await["refreshJwt"], "");
    }
}

#[tokio::test]
async fn with_rotation_each_refresh_replaces_the_refresh_jwt() {
    let sandbox = rotating();
    sandbox.set(|settings| settings.refresh_token_life = Duration::from_secs(3600));
    let mut token = refresh_token(&sandbox);
    for _ in 0..5 {
        let next = rotated(&sandbox, &token).await;
        assert_ne!(next, token);
        let jwt = Jwt::read(&json!(next));
        assert!(jwt.is_vouched_for(&keys(&sandbox).await));
        assert_eq!((&jwt.claims["drn"], jwt.life()), (&json!("DSR"), 3600));
        token = next;
    }
}

#[tokio::test]
async fn a_reused_refresh_jwt_revokes_its_family_alone() {
    let sandbox = rotating();
    let (first, other) = (refresh_token(&sandbox), refresh_token(&sandbox));
    let second = rotated(&sandbox, &first).await;
    let third = rotated(&sandbox, &second).await;
    assert_eq!(refusal(refresh(&sandbox, &first).await).await, (401, "E064004".to_owned()));
    for revoked in [&first, &second, &third] {
        assert_eq!(refusal(refresh(&sandbox, revoked).await).await, (401, "E064001".to_owned()));
    }
    assert_eq!(refresh(&sandbox, &other).await.status(), 200);
}

#[tokio::test]
async fn without_reuse_detection_only_the_old_one_is_refused() {
    let sandbox = rotating();
    sandbox.set(|settings| settings.reuse_detection = false);
    let first = refresh_token(&sandbox);
    let second = rotated(&sandbox, &first).await;
    for _ in 0..2 {
        assert_eq!(refusal(refresh(&sandbox, &first).await).await, (401, "E064004".to_owned()));
    }
    assert_eq!(refresh(&sandbox, &second).await.status(), 200);
}

#[tokio::test]
async fn within_the_grace_period_an_old_one_gives_another_successor() {
    let sandbox = rotating();
    sandbox.set(|settings| settings.rotation_grace = Duration::from_secs(100));
    let first = refresh_token(&sandbox);
    let second = rotated(&sandbox, &first).await;
    let again = rotated(&sandbox, &first).await;
    assert_ne!(second, again);
    for successor in [&second, &again] {
        assert_eq!(refresh(&sandbox, successor).await.status(), 200);
    }
    sandbox.advance(Duration::from_secs(100));
    assert_eq!(refusal(refresh(&sandbox, &first).await).await, (401, "E064004".to_owned()));
}

#[tokio::test]
async fn a_revoked_refresh_jwt_takes_its_successors_with_it() {
    let sandbox = rotating();
    let (first, other) = (refresh_token(&sandbox), refresh_token(&sandbox));
    let second = rotated(&sandbox, &first).await;
    sandbox.revoke(&secret(&first));
    assert_eq!(refusal(refresh(&sandbox, &second).await).await, (401, "E064001".to_owned()));
    assert_eq!(refresh(&sandbox, &other).await.status(), 200);
}

#[tokio::test]
async fn a_lost_answer_rotates_and_resets_the_connection() {
    let sandbox = rotating();
    let token = refresh_token(&sandbox);
    sandbox.script([Answer::Lost]);
    let asked = request(&sandbox, Method::POST, PATH).bearer_auth(format!("{PROJECT}:{token}"));
    asked.send().await.unwrap_err();
    assert_eq!(sandbox.exchanges()[0].outcome, RequestOutcome::Cut);
    assert_eq!(refusal(refresh(&sandbox, &token).await).await, (401, "E064004".to_owned()));
}

#[tokio::test]
async fn scripted_answers_apply_to_a_refresh() {
    let sandbox = rotating();
    let map = |value: Value| value.as_object().unwrap().clone();
    let shape = Shape { claims: map(json!({"tier": "gold"})), body: map(json!({"refreshJwt": 0})), ..Shape::default() };
    sandbox.script([
        Answer::denied(),
        Answer::busy(7),
        Answer::Session(shape),
        Answer::session_of(Duration::from_secs(5)),
    ]);
    let token = refresh_token(&sandbox);
    assert_eq!(refusal(refresh(&sandbox, &token).await).await, (401, "E064001".to_owned()));
    assert_eq!(refresh(&sandbox, &token).await.status(), 429);
    let bent = json_of(refresh(&sandbox, &token).await).await;
    assert_eq!((&Jwt::of(&bent).claims["tier"], &bent["refreshJwt"]), (&json!("gold"), &json!(0)));
    let any = json_of(refresh(&sandbox, "no-refresh-jwt").await).await;
    assert_eq!(Jwt::of(&any).life(), 5);
    assert!(any["refreshJwt"].as_str().unwrap().contains('.'));
    assert_eq!(refresh(&sandbox, &token).await.status(), 200, "a replaced member rotates nothing");
}

#[tokio::test]
async fn denied_endpoints_refuse_every_secret() {
    let sandbox = sandbox();
    let token = refresh_token(&sandbox);
    told(&sandbox, Method::PATCH, "/sandbox", &json!({"denied": ["refresh"]})).await;
    assert_eq!(refusal(refresh(&sandbox, &token).await).await, (401, "E064001".to_owned()));
    assert_eq!(exchange(&sandbox, "K2key").await.status(), 200);
    told(&sandbox, Method::PATCH, "/sandbox", &json!({"denied": []})).await;
    assert_eq!(refresh(&sandbox, &token).await.status(), 200);
}

#[tokio::test]
async fn a_rotation_of_signing_keys_ends_the_old_refresh_jwts() {
    let sandbox = sandbox();
    let token = refresh_token(&sandbox);
    sandbox.set(|settings| {
        settings.signing_key = SigningKey::Second;
        settings.published_keys = vec![SigningKey::First, SigningKey::Second];
    });
    let reply = json_of(refresh(&sandbox, &token).await).await;
    assert_eq!(Jwt::of(&reply).header["kid"], SigningKey::Second.kid());
    sandbox.set(|settings| settings.published_keys = vec![SigningKey::Second]);
    assert_eq!(refusal(refresh(&sandbox, &token).await).await, (401, "E064003".to_owned()));
}

#[tokio::test]
async fn a_refresh_jwt_is_issued_at_the_control_endpoint() {
    let sandbox = Sandbox::start(Settings { project: Some(PROJECT.to_owned()), ..default() }).unwrap();
    let options = json!({"life": "1h", "userId": "U2mine"});
    let reply = json_of(told(&sandbox, Method::POST, "/sandbox/refresh-token", &options).await).await;
    let token = reply["refreshJwt"].as_str().unwrap();
    assert_eq!(Jwt::read(&reply["refreshJwt"]).life(), 3600);
    assert_eq!(json_of(refresh(&sandbox, token).await).await["user"]["userId"], "U2mine");
    let month = json_of(told(&sandbox, Method::POST, "/sandbox/refresh-token", &json!({})).await).await;
    assert_eq!(Jwt::read(&month["refreshJwt"]).life(), 30 * 24 * 3600);
    for wrong in
        [json!({"life": 7}), json!({"userId": "U".repeat(65)}), json!({"projectId": ""}), json!({"user": "U2"})]
    {
        let refused = told(&sandbox, Method::POST, "/sandbox/refresh-token", &wrong).await;
        assert_eq!(refused.status(), 400, "{wrong}");
    }
}

fn rotating() -> Sandbox {
    Sandbox::start(Settings { rotate_refresh_tokens: true, ..default() }).unwrap()
}

async fn refresh(sandbox: &Sandbox, token: &str) -> Response {
    post(sandbox, PATH, token, &json!({})).await
}

/// Returns the refresh JWT that replaces this one.
async fn rotated(sandbox: &Sandbox, token: &str) -> String {
    json_of(refresh(sandbox, token).await).await["refreshJwt"].as_str().unwrap().to_owned()
}

const SEED_MEMBERS: [&str; 19] = [
    "sessionJwt",
    "refreshJwt",
    "cookieDomain",
    "cookiePath",
    "cookieMaxAge",
    "cookieExpiration",
    "user",
    "firstSeen",
    "idpResponse",
    "sessionExpiration",
    "externalToken",
    "claims",
    "tenantSSOID",
    "trustedDeviceJwt",
    "nextRefreshSeconds",
    "cookieName",
    "sessionCookieName",
    "sessionCookieDomain",
    "unsavedSSO",
];

const SEED_USER_MEMBERS: [&str; 30] = [
    "loginIds",
    "userId",
    "name",
    "email",
    "phone",
    "verifiedEmail",
    "verifiedPhone",
    "roleNames",
    "userTenants",
    "status",
    "externalIds",
    "picture",
    "test",
    "customAttributes",
    "createdTime",
    "TOTP",
    "SAML",
    "OAuth",
    "webauthn",
    "password",
    "ssoAppIds",
    "givenName",
    "middleName",
    "familyName",
    "editable",
    "SCIM",
    "push",
    "permissions",
    "OIDC",
    "consentExpiration",
];
