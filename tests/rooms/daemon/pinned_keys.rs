//! Public keys from a file instead of those that the project publishes.

use serde_json::json;
use tokenwell::sandbox::SigningKey;
use tracing::Level;

use crate::world::{World, told};

/// Configures one credential with `pins` as its file of public keys.
fn pinned(world: &World) -> String {
    let rule = format!("publicKeyFile: {}", world.path("pins").display());
    world.named(&["a"]).replace("accessKeyFile", &format!("{rule}, accessKeyFile"))
}

/// Returns the published keys of the sandbox as a file.
fn published(world: &World) -> String {
    world.sandbox.jwks().unwrap().to_string()
}

#[test]
fn pinned_keys_are_awaited_and_no_others_are_requested() {
    told(async |world| {
        world.put_key("a", "a");
        world.configure(&pinned(world));
        world.start();
        world.until_said(Level::WARN, "pins` is missing").await;
        assert!(world.report("a").unwrap().remedy.unwrap().contains("public key file `"), "the remedy names the file");
        world.put("pins", "K2 is not a public key");
        world.until_said(Level::WARN, "it holds no usable public key; write a PEM public key").await;
        assert_eq!(world.exchanges(), 0);
        world.put("pins", &published(world));
        world.until_fresh("a").await;
        let token = world.token("a");
        world.stop().await;
        world.start();
        world.until_fresh("a").await;
        assert_eq!(world.token("a"), token, "the token of the earlier process is used");
        assert_eq!((world.exchanges(), world.sandbox.counters().keys_fetches), (1, 0));
    });
}

#[test]
fn a_session_of_another_key_is_refused_until_the_file_is_mended() {
    told(async |world| {
        world.put_key("a", "a");
        world.put("pins", &published(world));
        world.sandbox.set(|settings| {
            settings.signing_key = SigningKey::Second;
            settings.published_keys.push(SigningKey::Second);
        });
        world.configure_with("renew: {spacing: 100ms, retryFirst: 10m, retryMax: 10m}\n", &pinned(world));
        world.start();
        world.until_said(Level::WARN, "not signed by a key of `publicKeyFile`").await;
        assert_eq!(world.report("a").unwrap().last_refusal.unwrap().class_word(), "garbled");
        assert!(world.report("a").unwrap().remedy.unwrap().contains("compare `publicKeyFile` with the keys"));
        assert_eq!(world.token("a"), None);
        let keys = world.sandbox.jwks().unwrap();
        let keys = keys["keys"].as_array().unwrap().iter().map(|key| {
            let mut key = key.clone();
            key["kid"] = json!("another id");
            key
        });
        world.put("pins", &json!(keys.collect::<Vec<_>>()).to_string());
        world.until_fresh("a").await;
        assert_eq!((world.exchanges(), world.sandbox.counters().keys_fetches), (2, 0));
    });
}
