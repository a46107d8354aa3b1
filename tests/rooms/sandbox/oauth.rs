//! OAuth 2.0 tokens: client credentials, JWT bearers, and the errors of RFC 6749.

use std::collections::BTreeSet;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use tokenwell::sandbox::{
    Accepted, Answer, ClientAuthentication, Details, Endpoint, GrantType, Sandbox, Settings, Shape, SigningKey,
};

use crate::client::{Jwt, PROJECT, default, json_of, keys, names, refresh_token, request, sandbox, secret, told};

const PATH: &str = "/oauth2/v1/token";
const FORM: &str = "application/x-www-form-urlencoded";
const JWT_BEARER: &str = "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer";

#[tokio::test]
async fn client_credentials_give_a_token_by_basic_and_by_post() {
    let sandbox = sandbox();
    let basic =
        basic(token(&sandbox, "grant_type=client_credentials&scope=read+write&audience=my-api"), "P2project:K2key");
    let post = token(&sandbox, "grant_type=client_credentials&client_id=P2project&client_secret=K2key");
    for (asked, scope, audience) in [(basic, Some("read write"), Some("my-api")), (post, None, None)] {
        let response = asked.send().await.unwrap();
        assert_eq!(
            (response.status().as_u16(), &response.headers()["cache-control"]),
            (200, &"no-store".parse().unwrap())
        );
        let reply = json_of(response).await;
        let jwt = Jwt::read(&reply["access_token"]);
        assert!(jwt.is_vouched_for(&keys(&sandbox).await));
        assert_eq!((&reply["token_type"], &reply["expires_in"], jwt.life()), (&json!("Bearer"), &json!(60), 60));
        assert_eq!(jwt.claims["iss"], PROJECT);
        assert_eq!(jwt.claims["sub"], format!("K2{}", secret("K2key").fingerprint()));
        assert_eq!(
            (reply.get("scope"), jwt.claims.get("scope")),
            (scope.map(Value::from).as_ref(), scope.map(Value::from).as_ref())
        );
        assert_eq!(jwt.claims.get("aud"), audience.map(Value::from).as_ref());
        assert!(reply.get("refresh_token").is_none());
    }
    let seen = sandbox.exchanges();
    assert!(seen.iter().all(|seen| seen.endpoint == Endpoint::OAuthToken && seen.project.as_deref() == Some(PROJECT)));
    assert!(seen.iter().all(|seen| seen.key == Some(secret("K2key").fingerprint())));
    let details = |client, scope: Option<&str>, audience: Option<&str>| Details::OAuth {
        grant: Some(GrantType::ClientCredentials),
        client: Some(client),
        scope: scope.map(str::to_owned),
        audience: audience.map(str::to_owned),
    };
    assert_eq!(seen[0].details, details(ClientAuthentication::Basic, Some("read write"), Some("my-api")));
    assert_eq!(seen[1].details, details(ClientAuthentication::Post, None, None));
}

#[tokio::test]
async fn both_halves_of_basic_are_form_encoded() {
    let odd = secret("K2 +%:é");
    let accepted = Accepted::Only(BTreeSet::from([odd.fingerprint()]));
    let sandbox = Sandbox::start(Settings { accepted, project: Some("P2:a".to_owned()), ..default() }).unwrap();
    let asked = || token(&sandbox, "grant_type=client_credentials");
    let status = async |asked: RequestBuilder| asked.send().await.unwrap().status().as_u16();
    assert_eq!(status(basic(asked(), "P2%3Aa:K2+%2B%25%3A%C3%A9")).await, 200);
    assert_eq!(status(basic(asked(), "P2%3Aa:K2%20%2B%25%3A%C3%A9")).await, 200);
    assert_eq!(status(basic(asked(), "P2:a:K2 +%:é")).await, 401);
}

#[tokio::test]
async fn an_opaque_token_is_no_jwt_and_never_the_same() {
    let sandbox = Sandbox::start(Settings { opaque_tokens: true, ..default() }).unwrap();
    let mut tokens = BTreeSet::new();
    for _ in 0..5 {
        let reply = json_of(credentials(&sandbox, "K2key").await).await;
        assert_eq!(names(&reply), ["access_token", "expires_in", "token_type"]);
        tokens.insert(reply["access_token"].as_str().unwrap().to_owned());
    }
    assert!(tokens.len() == 5 && tokens.iter().all(|token| !token.contains('.')));
}

#[tokio::test]
async fn wrong_requests_get_the_errors_of_the_standard() {
    let sandbox = Sandbox::start(Settings { project: Some(PROJECT.to_owned()), ..default() }).unwrap();
    sandbox.revoke(&secret("K2gone"));
    let grant = "grant_type=client_credentials";
    let good = || basic(token(&sandbox, grant), "P2project:K2key");
    let with = |body: &str| basic(token(&sandbox, body), "P2project:K2key");
    let json_body = request(&sandbox, Method::POST, PATH).header("content-type", "application/json");
    let url = |query: &str| {
        let asked = request(&sandbox, Method::POST, &format!("{PATH}?{query}")).header("content-type", FORM);
        basic(asked.body(grant), "P2project:K2key")
    };
    for (status, error, asked) in [
        (401, "invalid_client", basic(token(&sandbox, grant), "P2project:K2gone")),
        (401, "invalid_client", basic(token(&sandbox, grant), "P2other:K2key")),
        (401, "invalid_client", basic(token(&sandbox, grant), "P2project")),
        (401, "invalid_client", token(&sandbox, grant).bearer_auth("P2project:K2key")),
        (400, "invalid_client", token(&sandbox, grant)),
        (400, "invalid_client", token(&sandbox, &format!("{grant}&client_id=P2project"))),
        (400, "invalid_client", token(&sandbox, &format!("{grant}&client_id=P2project&client_secret=K2gone"))),
        (400, "invalid_request", token(&sandbox, &format!("{grant}&client_secret=K2key"))),
        (400, "invalid_request", with(&format!("{grant}&client_id=P2project&client_secret=K2key"))),
        (400, "invalid_request", with(&format!("{grant}&client_id=P2other"))),
        (400, "invalid_request", with("")),
        (400, "invalid_request", with("scope=read")),
        (400, "invalid_request", with(&format!("{grant}&{grant}"))),
        (400, "invalid_request", with("grant_type=%zz")),
        (400, "invalid_request", basic(json_body.body(r#"{"grant_type":"client_credentials"}"#), "P2project:K2key")),
        (400, "invalid_request", url("client_secret=K2key")),
        (400, "invalid_request", url("client%5Fid=P2project")),
        (400, "unsupported_grant_type", with("grant_type=password&username=a&password=b")),
        (400, "invalid_scope", with(&format!("{grant}&scope=a%22b"))),
        (400, "invalid_scope", with(&format!("{grant}&scope=a++b"))),
    ] {
        let response = asked.send().await.unwrap();
        let challenged = response.headers().contains_key("www-authenticate");
        let seen = response.status().as_u16();
        let reply = json_of(response).await;
        assert_eq!((seen, reply["error"].as_str(), challenged), (status, Some(error), status == 401), "{reply}");
        assert_eq!(names(&reply), ["error", "error_description"]);
        assert!(!reply.to_string().contains("K2"), "{reply}");
    }
    assert_eq!(request(&sandbox, Method::GET, PATH).send().await.unwrap().status(), 405);
    assert_eq!(good().body("x".repeat((1 << 20) + 1)).send().await.unwrap().status(), 413);
    assert_eq!(with(&format!("{grant}&client_id=P2project&unknown=1")).send().await.unwrap().status(), 200);
    let apps = request(&sandbox, Method::POST, "/oauth2/v1/apps/token")
        .header("content-type", format!("{FORM}; charset=UTF-8"));
    assert_eq!(basic(apps.body(grant), "P2project:K2key").send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn an_assertion_gives_a_token_of_its_subject() {
    let sandbox = sandbox();
    let now = now(&sandbox);
    let claims = json!({"iss": "https://k8s", "sub": "system:serviceaccount:a:b", "aud": "x", "exp": now + 60});
    let good = assertion(&claims);
    let body = format!("grant_type={JWT_BEARER}&assertion={good}&client_id=P2project&scope=read");
    let reply = json_of(token(&sandbox, &body).send().await.unwrap()).await;
    let jwt = Jwt::read(&reply["access_token"]);
    assert_eq!((&jwt.claims["sub"], &jwt.claims["iss"]), (&claims["sub"], &json!(PROJECT)));
    assert_eq!(reply["scope"], "read");
    let seen = &sandbox.exchanges()[0];
    assert_eq!(seen.key, Some(secret(&good).fingerprint()));
    let Details::OAuth { grant, client, .. } = &seen.details else { panic!("{seen:?}") };
    assert_eq!((*grant, *client), (Some(GrantType::JwtBearer), Some(ClientAuthentication::Post)));

    let without = |name: &str, value: Value| {
        let mut claims = claims.clone();
        claims[name] = value;
        assertion(&claims)
    };
    for wrong in [
        without("exp", json!(now - 1)),
        without("exp", Value::Null),
        without("sub", json!("")),
        without("iss", Value::Null),
        "x".to_owned(),
        format!("{}.", good.rsplit_once('.').unwrap().0),
    ] {
        let refused = token(&sandbox, &format!("grant_type={JWT_BEARER}&assertion={wrong}")).send().await.unwrap();
        assert_eq!(refused.status(), 400);
        assert_eq!(json_of(refused).await["error"], "invalid_grant", "{wrong}");
    }
    sandbox.revoke(&secret(&good));
    let refused = token(&sandbox, &body).send().await.unwrap();
    assert_eq!(json_of(refused).await["error"], "invalid_grant");
    let missing = token(&sandbox, &format!("grant_type={JWT_BEARER}")).send().await.unwrap();
    assert_eq!(json_of(missing).await["error"], "invalid_request");
}

#[tokio::test]
async fn an_assertion_needs_no_client_but_no_wrong_one_either() {
    let sandbox = Sandbox::start(Settings { project: Some(PROJECT.to_owned()), ..default() }).unwrap();
    sandbox.revoke(&secret("K2gone"));
    let claims = json!({"iss": "https://k8s", "sub": "a", "aud": ["x"], "exp": now(&sandbox) + 60});
    let with =
        |client: &str| token(&sandbox, &format!("grant_type={JWT_BEARER}&assertion={}{client}", assertion(&claims)));
    let reply = json_of(with("").send().await.unwrap()).await;
    assert_eq!(Jwt::read(&reply["access_token"]).claims["iss"], PROJECT);
    assert_eq!(basic(with(""), "P2project:K2key").send().await.unwrap().status(), 200);
    for wrong in ["&client_id=P2other", "&client_id=P2project&client_secret=K2gone"] {
        assert_eq!(json_of(with(wrong).send().await.unwrap()).await["error"], "invalid_client", "{wrong}");
    }
    assert_eq!(basic(with(""), "P2project:K2gone").send().await.unwrap().status(), 401);

    sandbox.script([Answer::session_of(Duration::from_secs(5)), Answer::denied()]);
    let forced = token(&sandbox, &format!("grant_type={JWT_BEARER}&assertion=x")).send().await.unwrap();
    assert_eq!(json_of(forced).await["expires_in"], 5);
    assert_eq!(json_of(with("").send().await.unwrap()).await["error"], "invalid_grant");
}

#[tokio::test]
async fn scripts_outages_and_signing_keys_apply_to_tokens() {
    let sandbox = sandbox();
    let map = |value: Value| value.as_object().unwrap().clone();
    sandbox.revoke(&secret("K2key"));
    sandbox.script([
        Answer::denied(),
        Answer::status(503),
        Answer::Session(Shape {
            life: Some(Duration::from_secs(5)),
            body: map(json!({"token_type": "mac", "expires_in": "7"})),
            claims: map(json!({"iss": "https://other"})),
            signed_by: Some(SigningKey::Second),
            ..Shape::default()
        }),
    ]);
    let denied = credentials(&sandbox, "K2key").await;
    assert_eq!((denied.status().as_u16(), &json_of(denied).await["error"]), (400, &json!("invalid_client")));
    assert_eq!(credentials(&sandbox, "K2key").await.status(), 503);
    let bent = json_of(credentials(&sandbox, "K2key").await).await;
    assert_eq!((&bent["token_type"], &bent["expires_in"]), (&json!("mac"), &json!("7")));
    let jwt = Jwt::read(&bent["access_token"]);
    assert_eq!((&jwt.claims["iss"], jwt.life()), (&json!("https://other"), 5));
    assert!(!jwt.is_vouched_for(&keys(&sandbox).await));
    sandbox.set(|settings| settings.published_keys.push(SigningKey::Second));
    assert!(jwt.is_vouched_for(&keys(&sandbox).await));

    told(&sandbox, Method::PATCH, "/sandbox", &json!({"denied": ["oauth"], "revoked": []})).await;
    assert_eq!(credentials(&sandbox, "K2key").await.status(), 400);
    told(&sandbox, Method::PATCH, "/sandbox", &json!({"denied": [], "rateLimit": "1/60s"})).await;
    assert_eq!(credentials(&sandbox, "K2key").await.status(), 200);
    let busy = credentials(&sandbox, "K2key").await;
    assert_eq!((busy.status().as_u16(), busy.headers().contains_key("retry-after")), (429, true));
}

async fn credentials(sandbox: &Sandbox, key: &str) -> Response {
    let body = format!("grant_type=client_credentials&client_id={PROJECT}&client_secret={key}");
    token(sandbox, &body).send().await.unwrap()
}

fn token(sandbox: &Sandbox, body: &str) -> RequestBuilder {
    request(sandbox, Method::POST, PATH).header("content-type", FORM).body(body.to_owned())
}

/// Adds the header as it stands: reqwest would not encode the halves.
fn basic(asked: RequestBuilder, credentials: &str) -> RequestBuilder {
    asked.header("authorization", format!("Basic {}", STANDARD.encode(credentials)))
}

/// Returns a JWT of another issuer, whose signature the sandbox cannot verify.
fn assertion(claims: &Value) -> String {
    let encoded = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    format!("{}.{}.c2lnbmF0dXJl", encoded(&json!({"alg": "RS256"})), encoded(claims))
}

/// Returns the sandbox's time in Unix seconds.
fn now(sandbox: &Sandbox) -> u64 {
    Jwt::read(&json!(refresh_token(sandbox))).claims["iat"].as_u64().unwrap()
}
