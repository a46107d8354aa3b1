//! Verification of signatures.

use std::time::Duration;

use serde_json::json;
use tokenwell::sandbox::{Answer, Shape, SigningKey};
use tracing::Level;

use crate::world::told;

#[test]
fn missing_public_keys_stop_no_token_and_are_logged_once() {
    told(async |world| {
        for name in ["a", "b", "c"] {
            world.put_key(name, name);
        }
        world.sandbox.set(|settings| settings.keys_outage = Some(Answer::status(404)));
        world.configure(&world.named(&["a", "b", "c"]));
        world.start();
        for name in ["a", "b", "c"] {
            world.until_fresh(name).await;
        }
        assert_eq!(world.said(Level::WARN, "published unverified"), 1);
        assert_eq!(world.said(Level::WARN, ""), 1);
        assert_eq!(world.sandbox.counters().keys_fetches, 1);
    });
}

#[test]
fn a_wrong_signature_is_garbled_and_never_written() {
    told(async |world| {
        world.put_key("a", "a");
        let header = json!({"kid": SigningKey::First.kid()}).as_object().unwrap().clone();
        let forged = Shape { signed_by: Some(SigningKey::Stranger), header, ..Shape::default() };
        world.sandbox.set(|settings| settings.outage = Some(Answer::Session(forged)));
        world.configure(&world.named(&["a"]));
        world.start();
        world
            .until("it was refused three times", |world| {
                assert_eq!(world.token("a"), None);
                world.report("a").unwrap().failures == 3
            })
            .await;
        assert_eq!(world.report("a").unwrap().last_refusal.unwrap().class_word(), "garbled");
        assert_eq!(world.sandbox.counters().keys_fetches, 2, "one for want of keys, one for the sake of this one");
        world.sandbox.set(|settings| settings.outage = None);
        world.until_fresh("a").await;
    });
}

#[test]
fn an_unknown_signer_causes_one_request_of_the_keys() {
    told(async |world| {
        world.put_key("a", "a");
        world.sandbox.set(|settings| settings.next_refresh = Some(Duration::from_secs(1)));
        world.configure(&world.named(&["a"]));
        world.start();
        world.until_fresh("a").await;
        let token = world.token("a");
        assert_eq!(world.sandbox.counters().keys_fetches, 1);
        world.sandbox.set(|settings| settings.signing_key = SigningKey::Second);
        world
            .until("it was refused three times", |world| {
                assert_eq!(world.token("a"), token);
                world.report("a").unwrap().failures == 3
            })
            .await;
        assert_eq!(world.report("a").unwrap().last_refusal.unwrap().class_word(), "garbled");
        assert_eq!(world.sandbox.counters().keys_fetches, 2, "one more, and no more in the same minute");
    });
}

#[test]
fn cached_public_keys_save_a_request_until_a_rotation() {
    told(async |world| {
        world.put_key("a", "a");
        world.configure(&world.named(&["a"]));
        world.start();
        world.until_fresh("a").await;
        world.stop().await;
        world.start();
        let first = world.token("a");
        let second = world.put_key("a", "second");
        world.until("it asks", |world| world.exchanges_with(&second) == 1).await;
        world.until("its token is written", |world| world.token("a") != first).await;
        assert_eq!(world.sandbox.counters().keys_fetches, 1);
        world.stop().await;
        world.sandbox.set(|settings| {
            settings.signing_key = SigningKey::Second;
            settings.published_keys.push(SigningKey::Second);
        });
        world.start();
        let before = world.token("a");
        let third = world.put_key("a", "third");
        world.until("it asks", |world| world.exchanges_with(&third) == 1).await;
        world.until("its token is written", |world| world.token("a") != before).await;
        assert_eq!(world.sandbox.counters().keys_fetches, 2);
    });
}
