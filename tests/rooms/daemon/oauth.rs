//! OAuth clients: opaque tokens, assertions that are replaced, and servers of their own.

use std::fs;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;
use tokenwell::sandbox::{Answer, Endpoint, Reply, Sandbox, Settings, Shape, SigningKey};
use tracing::Level;

use crate::{
    common::secret_volume::SecretVolume,
    world::{World, told},
};

/// A time that no test reaches.
const YEAR_2100: u64 = 4_102_444_800;

/// Returns an assertion of one workload, which differs from others by its number.
fn assertion(world: &mut World, number: u32, expires_at: u64) -> String {
    let claims = format!(r#"{{"iss":"https://k8s","sub":"pod","aud":["a"],"exp":{expires_at},"jti":"{number}"}}"#);
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let token = format!("{}.{}.{}", part(r#"{"alg":"RS256","kid":"k"}"#), part(&claims), part("signature"));
    world.leaks.jwt(&token);
    token
}

/// Returns an entry of `credentials` with the output `out/<name>.jwt`.
fn client(world: &World, name: &str, oauth: &str) -> String {
    let out = world.path(&format!("out/{name}.jwt"));
    format!("  - {{name: {name}, oauth: {{{oauth}}}, outputs: [{{path: {}}}]}}\n", out.display())
}

/// Returns a credential with the assertion `mount/token`, and one for each key in a folder.
fn keyless(world: &World) -> String {
    let file = world.path("mount/token");
    let client = client(world, "a", &format!("grant: jwtBearer, assertionFile: {}", file.display()));
    format!("{}credentials:\n{client}", world.whole_folder())
}

fn tokens_requested(world: &World) -> u64 {
    world.sandbox.counters().exchanges_at(Endpoint::OAuthToken)
}

/// Waits until a change in a folder that is made now was seen, with all that it causes at once.
async fn after_a_scan(world: &mut World) {
    let newcomer = format!("n{}", world.names().len());
    world.until_a_newcomer_is_fresh(&newcomer).await;
}

#[test]
fn an_opaque_token_survives_a_restart_and_is_repaired() {
    told(async |world| {
        let secret = world.put_key("secret", "secret");
        world.sandbox.set(|settings| settings.opaque_tokens = true);
        let (file, out) = (world.path("keys/secret"), world.path("out/a"));
        let (file, out) = (file.display(), out.display());
        let client = format!(
            "credentials:\n  - name: a\n    oauth: {{clientSecretFile: {file}}}\n    outputs: [{{path: {out}.token}}, \
             {{path: {out}.json, format: json}}, {{path: {out}.env, format: env}}, {{path: {out}.header, format: header}}, \
             {{path: {out}.bearer, format: bearer}}]\n"
        );
        world.configure(&client);
        world.start();
        world.until_fresh("a").await;
        let token = fs::read_to_string(world.path("out/a.token")).unwrap();
        assert!(!token.contains('.') && !token.is_empty());
        assert_eq!(fs::read_to_string(world.path("out/a.header")).unwrap(), format!("Authorization: Bearer {token}\n"));
        assert_eq!(fs::read_to_string(world.path("out/a.bearer")).unwrap(), format!("Bearer {token}"));
        world.leaks.key(&token);
        assert_eq!(world.exchanges_with(&secret), 1);

        // Each format alone is enough to find the token again.
        for kept in ["token", "json", "env", "header", "bearer"] {
            world.stop().await;
            for other in ["token", "json", "env", "header", "bearer"].iter().filter(|other| **other != kept) {
                fs::remove_file(world.path(&format!("out/a.{other}"))).unwrap();
            }
            world.start();
            world.until_fresh("a").await;
            world.until("every output is written again", |world| world.path("out/a.token").exists()).await;
            assert_eq!(fs::read_to_string(world.path("out/a.token")).unwrap(), token, "from {kept}");
        }
        fs::write(world.path("out/a.token"), "altered").unwrap();
        let repaired = |world: &mut World| fs::read_to_string(world.path("out/a.token")).unwrap() == token;
        world.until("the altered output is repaired", repaired).await;
        assert_eq!(tokens_requested(world), 1);
    });
}

#[test]
fn a_replaced_assertion_costs_no_request() {
    told(async |world| {
        let [first, second, third] = [1, 2, 3].map(|number| assertion(world, number, YEAR_2100));
        let mut volume = SecretVolume::new(&world.path("mount"), &[("token", &first)]);
        world.configure(&keyless(world));
        world.start();
        world.until_fresh("a").await;
        volume.update(&[("token", &second)]);
        after_a_scan(world).await;
        assert_eq!(tokens_requested(world), 1);
        world.stop().await;
        volume.update(&[("token", &third)]);
        world.start();
        world.until_fresh("a").await;
        after_a_scan(world).await;
        assert_eq!(tokens_requested(world), 1);
        assert_eq!(world.state("a"), Some("fresh"));
    });
}

#[test]
fn a_denied_assertion_is_followed_by_the_next_one_at_once() {
    told(async |world| {
        world.expect_error("invalid_grant");
        let [first, second, third] = [1, 2, 3].map(|number| assertion(world, number, YEAR_2100));
        world.sandbox.revoke(&tokenwell::secret::Secret::new(first.clone()));
        let mut volume = SecretVolume::new(&world.path("mount"), &[("token", &first)]);
        world.configure(&keyless(world));
        world.start();
        world.until("the first one is denied", |world| tokens_requested(world) == 1).await;
        world.until("that is reported", |world| world.report("a").unwrap().last_refusal.is_some()).await;
        volume.update(&[("token", &second)]);
        world.until_fresh("a").await;
        assert_eq!(tokens_requested(world), 2);
        volume.update(&[("token", &third)]);
        after_a_scan(world).await;
        assert_eq!(tokens_requested(world), 2);
    });
}

#[test]
fn an_unusable_assertion_is_named_and_sends_nothing() {
    told(async |world| {
        let [good, expired] = [YEAR_2100, 1_000].map(|expires_at| assertion(world, 1, expires_at));
        world.configure(&keyless(world));
        world.start();
        world.until_said(Level::WARN, "is missing").await;
        let mut volume = SecretVolume::new(&world.path("mount"), &[("token", "\n")]);
        world.until_said(Level::WARN, "it is empty").await;
        volume.update(&[("token", "K2abc")]);
        world.until_said(Level::WARN, "it is not a JWT").await;
        volume.update(&[("token", &expired)]);
        world.until_said(Level::WARN, "it expired at 1970-01-01T00:16:40Z by this machine's clock").await;
        let file = world.path("mount/token").display().to_string();
        assert_eq!(world.said(Level::WARN, &format!("assertion file `{file}`")), 4);
        assert_eq!(tokens_requested(world), 0);
        volume.update(&[("token", &good)]);
        world.until_fresh("a").await;
        assert_eq!(tokens_requested(world), 1);
    });
}

#[test]
fn a_rate_limit_of_another_server_holds_back_no_other() {
    told(async |world| {
        world.put_key("descope", "descope");
        fs::create_dir(world.path("clients")).unwrap();
        let secret = world.key("other");
        world.put("clients/other", &secret);
        let limit = Reply::new(429).header("retry-after", "250");
        let outage = Some(Answer::Reply(limit));
        let other = Sandbox::start(Settings { outage, ..Settings::default() }).unwrap();
        let (file, url) = (world.path("clients/other"), other.base_url());
        let oauth = |url: &str| format!("tokenUrl: \"{url}/oauth2/v1/token\", clientSecretFile: {}", file.display());
        let clients = |world: &World, url: &str| {
            let clients = ["b", "c"].map(|name| client(world, name, &oauth(url))).concat();
            format!("{}credentials:\n{clients}", world.whole_folder())
        };
        world.configure(&clients(world, &url));
        world.start();
        world.until_fresh("descope").await;
        world.until_said(Level::WARN, "asks to slow down").await;
        let held = other.until(|counters| counters.in_flight == 0);
        world.meanwhile(held).await;
        let asked = other.counters().exchanges;
        after_a_scan(world).await;
        assert_eq!(other.counters().exchanges, asked, "the clients of that server wait");
        assert_eq!((world.state("b"), world.state("c")), (Some("starting"), Some("starting")));

        // Another URL is another host, which asks for no pause.
        let api = world.sandbox.base_url();
        world.configure(&clients(world, &api));
        for name in ["b", "c"] {
            world.until_fresh(name).await;
        }
        assert_eq!((other.counters().exchanges, tokens_requested(world)), (asked, 2));
    });
}

#[test]
fn a_server_that_hangs_delays_no_other() {
    told(async |world| {
        world.put_key("descope", "descope");
        fs::create_dir(world.path("clients")).unwrap();
        let secret = world.key("other");
        world.put("clients/other", &secret);
        let other = Sandbox::start(Settings { outage: Some(Answer::Hang), ..Settings::default() }).unwrap();
        let (file, url) = (world.path("clients/other"), other.base_url());
        let oauth = format!("tokenUrl: \"{url}/oauth2/v1/token\", clientSecretFile: {}", file.display());
        let clients = ["b", "c"].map(|name| client(world, name, &oauth)).concat();
        let keys = world.whole_folder();
        world.configure(&format!("http: {{maxInFlight: 2, timeout: 60s}}\n{keys}credentials:\n{clients}"));
        world.start();
        let held = other.until(|counters| counters.in_flight > 0);
        world.meanwhile(held).await;
        world.until_fresh("descope").await;
        after_a_scan(world).await;
        assert!(other.counters().in_flight > 0, "it hangs still");
        other.set(|settings| settings.outage = None);
    });
}

#[test]
fn a_bad_client_is_denied_until_its_secret_changes() {
    told(async |world| {
        world.expect_error("invalid_client");
        let old = world.put_key("secret", "old");
        world.sandbox.revoke(&old);
        let file = world.path("keys/secret");
        let client = client(world, "a", &format!("clientSecretFile: {}, clientAuth: post", file.display()));
        world.configure(&format!("credentials:\n{client}"));
        world.start();
        world.until("it is denied", |world| world.report("a").unwrap().last_refusal.is_some()).await;
        let new = world.put_key("secret", "new");
        world.until_fresh("a").await;
        assert_eq!((world.exchanges_with(&old), world.exchanges_with(&new)), (1, 1));
    });
}

#[test]
fn only_a_jwt_of_the_project_needs_its_signature() {
    told(async |world| {
        world.put_key("secret", "secret");
        world.sandbox.set(|settings| settings.signing_key = SigningKey::Stranger);
        let file = world.path("keys/secret");
        let client = client(world, "a", &format!("clientSecretFile: {}", file.display()));
        world.configure_with(
            "renew: {spacing: 100ms, retryFirst: 1h, retryMax: 1h}\n",
            &format!("credentials:\n{client}"),
        );
        world.start();
        world.until_said(Level::WARN, "signed by a key that the project does not publish").await;
        assert_eq!((world.token("a"), tokens_requested(world)), (None, 1));

        // The same signature, and another issuer.
        let claims = json!({"iss": "https://other.example/"}).as_object().unwrap().clone();
        world.sandbox.script([Answer::Session(Shape { claims, ..Shape::default() })]);
        world.put_key("secret", "new");
        world.until_fresh("a").await;
        assert!(world.token("a").is_some());

        // A rule that it breaks.
        let rules = "verify: {audience: my-api}";
        let claims = json!({"iss": "https://other.example/", "aud": "another"}).as_object().unwrap().clone();
        world.sandbox.script([Answer::Session(Shape { claims, ..Shape::default() })]);
        let before = world.token("a");
        world.configure_with(
            "renew: {spacing: 100ms, retryFirst: 1h, retryMax: 1h}\n",
            &format!("credentials:\n{}", client.replace("outputs:", &format!("{rules}, outputs:"))),
        );
        world.until_said(Level::WARN, "`verify.audience`").await;
        assert_eq!(world.token("a"), before);
    });
}
