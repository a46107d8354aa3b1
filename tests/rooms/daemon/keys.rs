//! The path from a key file to a token, and changes of the key file.

use std::{collections::BTreeSet, fs, os::unix::fs::PermissionsExt, time::Duration};

use tokenwell::{
    sandbox::{Accepted, Answer, RequestOutcome},
    secret::Secret,
};
use tracing::Level;

use crate::{
    common::{secret_volume::SecretVolume, spacing::spaced},
    world::told,
};

#[test]
fn an_access_key_becomes_a_token() {
    told(async |world| {
        world.put_key("a", "a");
        world.configure(&world.named(&["a"]));
        world.start();
        assert_eq!(world.state("a"), Some("starting"));
        assert!(!world.is_ready());
        world.until_fresh("a").await;
        assert!(world.is_ready());
        let token = world.token("a").unwrap();
        assert!(!token.ends_with('\n'));
        let mode = fs::metadata(world.path("out/a.jwt")).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o640);
        assert_eq!(world.exchanges(), 1);
        assert_eq!(world.sandbox.counters().keys_fetches, 1);
        let seen = &world.sandbox.exchanges()[0];
        assert_eq!(seen.project.as_deref(), Some("P2world"));
        assert!(seen.user_agent.as_deref().unwrap().starts_with("tokenwell/"));
        assert_eq!(world.said(Level::INFO, "token written"), 1);
        assert_eq!(world.said(Level::INFO, "ready"), 1);
    });
}

#[test]
fn a_key_file_that_others_may_write_is_warned_about_once() {
    told(async |world| {
        for (name, mode) in [("mounted", 0o644), ("open", 0o664)] {
            world.put_key(name, name);
            fs::set_permissions(world.path(&format!("keys/{name}")), fs::Permissions::from_mode(mode)).unwrap();
        }
        world.configure(&world.named(&["mounted", "open"]));
        world.start();
        for name in ["mounted", "open"] {
            world.until_fresh(name).await;
        }
        assert_eq!(world.said(Level::WARN, "can be written by other users"), 1);
    });
}

#[test]
fn a_session_is_renewed_before_it_ends() {
    told(async |world| {
        world.put_key("a", "a");
        world.sandbox.set(|settings| settings.life = Duration::from_secs(10));
        world.configure_with("renew: {spacing: 100ms, at: 5%}\n", &world.named(&["a"]));
        world.start();
        world.until_fresh("a").await;
        let mut tokens = BTreeSet::from([world.token("a").unwrap()]);
        world
            .until("five tokens", |world| {
                tokens.extend(world.token("a"));
                assert_eq!(world.state("a"), Some("fresh"));
                tokens.len() == 5
            })
            .await;
        spaced(&world.sandbox, None, Duration::from_millis(100));
    });
}

#[test]
fn a_key_that_is_swapped_in_a_mounted_secret_is_used_at_once() {
    told(async |world| {
        let mount = world.path("mount");
        let first = world.key("first");
        let mut volume = SecretVolume::new(&mount, &[("a", &first)]);
        let (key, out) = (volume.path("a"), world.path("out/a.jwt"));
        world.configure(&format!(
            "credentials:\n  - {{name: a, accessKeyFile: {}, outputs: [{{path: {}}}]}}\n",
            key.display(),
            out.display()
        ));
        world.start();
        world.until_fresh("a").await;
        for swap in 1..=5 {
            let before = world.token("a");
            let next = world.key(&format!("swap{swap}"));
            volume.update(&[("a", &next)]);
            let next = Secret::new(next);
            world.until("the new key is used", |world| world.exchanges_with(&next) == 1).await;
            world.until("its token is written", |world| world.token("a") != before).await;
        }
        assert_eq!(world.exchanges(), 6);
        assert_eq!(world.said(Level::INFO, "access key changed"), 5);
    });
}

#[test]
fn a_key_that_flaps_is_asked_with_no_faster_than_the_spacing() {
    told(async |world| {
        let keys = [world.key("left"), world.key("right")];
        world.put("keys/a", &keys[0]);
        world.configure(&world.named(&["a"]));
        world.start();
        world.until_fresh("a").await;
        let mut flaps = 0;
        while world.exchanges() < 8 {
            flaps += 1;
            world.put("keys/a", &keys[flaps % 2]);
            world.meanwhile(tokio::time::sleep(Duration::from_millis(5))).await;
        }
        // The final token belongs to the final key.
        world.put("keys/a", &keys[1]);
        let last = Secret::new(keys[1].clone()).fingerprint();
        world
            .until("the last key has the last word", |world| {
                let report = world.report("a").unwrap();
                let asked_last = world.sandbox.exchanges().last().unwrap().key == Some(last);
                asked_last && report.key_fingerprint == Some(last.to_string()) && report.state == "fresh"
            })
            .await;
        spaced(&world.sandbox, None, Duration::from_millis(100));
    });
}

/// A changed key may be exchanged one second after the last exchange, but only if the key still differs when it is
/// read.
#[test]
fn a_key_that_flaps_keeps_the_whole_spacing() {
    told(async |world| {
        let keys = [world.key("left"), world.key("right")];
        world.put("keys/a", &keys[0]);
        world.configure_with("renew: {spacing: 4s}\n", &world.named(&["a"]));
        world.start();
        world.until_fresh("a").await;
        let mut flaps = 0;
        while world.exchanges() < 6 {
            flaps += 1;
            world.put("keys/a", &keys[flaps % 2]);
            world.meanwhile(tokio::time::sleep(Duration::from_millis(5))).await;
        }
        let seen = world.sandbox.exchanges();
        for pair in seen.windows(2) {
            let least = Duration::from_secs(if pair[0].key == pair[1].key { 4 } else { 1 });
            assert!(pair[1].arrived >= pair[0].arrived + least, "{seen:?}");
        }
    });
}

/// The file holds another key only while the exchange reads it.
#[test]
fn a_key_that_flaps_while_it_is_asked_with_is_found_again() {
    told(async |world| {
        let good = world.put_key("a", "good");
        let bad = Secret::new(world.key("bad"));
        world.sandbox.set(|settings| {
            settings.accepted = Accepted::Only(BTreeSet::from([good.fingerprint()]));
            settings.next_refresh = Some(Duration::from_secs(1));
        });
        world.configure(&world.named(&["a"]));
        world.start();
        world.until_fresh("a").await;
        world.sandbox.set(|settings| settings.next_refresh = None);
        world.until_due("a").await;
        world.put("keys/a", bad.expose());
        let hold = world.sandbox.hold();
        world.until_exchanges(2).await;
        world.put("keys/a", good.expose());
        hold.release();
        world.until("the good key is asked with again", |world| world.exchanges_with(&good) == 2).await;
        world.until_fresh("a").await;
        world.expect_error("denies the access key");
    });
}

#[test]
fn a_vanished_key_costs_no_token_and_no_request() {
    told(async |world| {
        let key = world.put_key("a", "a");
        world.configure(&world.named(&["a"]));
        world.start();
        world.until_fresh("a").await;
        let token = world.token("a");
        fs::remove_file(world.path("keys/a")).unwrap();
        world.until("it is missed", |world| world.state("a") == Some("failing")).await;
        assert!(world.is_ready(), "a live token is on disk");
        assert_eq!(world.said(Level::WARN, "is missing"), 1);
        world.put("keys/a", key.expose());
        world.until_fresh("a").await;
        assert_eq!(world.token("a"), token);
        assert_eq!(world.exchanges(), 1);
    });
}

#[test]
fn a_key_that_is_missing_at_start_is_waited_for() {
    told(async |world| {
        world.configure(&world.named(&["a"]));
        world.start();
        world.until_said(Level::WARN, "waiting for an access key").await;
        assert_eq!(world.state("a"), Some("starting"));
        assert!(world.report("a").unwrap().key_trouble.unwrap().contains("keys/a` is missing"));
        world.put_key("a", "a");
        world.until_fresh("a").await;
        assert_eq!(world.said(Level::WARN, ""), 1);
        assert_eq!(world.exchanges(), 1);
    });
}

#[test]
fn a_key_in_a_missing_folder_is_awaited() {
    told(async |world| {
        fs::remove_dir(world.path("keys")).unwrap();
        world.configure(&world.named(&["a"]));
        world.start();
        world.until_said(Level::WARN, "waiting for an access key").await;
        fs::create_dir(world.path("keys")).unwrap();
        world.put_key("a", "a");
        world.until_fresh("a").await;
        assert_eq!(world.said(Level::WARN, ""), 1);
    });
}

#[test]
fn a_file_that_holds_no_key_is_said_once_and_never_sent() {
    told(async |world| {
        let key = world.key("a");
        let second = world.key("second");
        for (bad, why) in [
            (String::new(), "is empty"),
            (format!("{key}\n{second}\n"), "more than one line"),
            (format!("P2world:{key}"), "project id"),
            (format!("{key}{}", "x".repeat(9000)), "more than 8192"),
            (format!("{key}\u{1}"), "not printable"),
        ] {
            world.put("keys/a", &bad);
            if world.said(Level::INFO, "starting") == 0 {
                world.configure(&world.named(&["a"]));
                world.start();
            }
            world.until_said(Level::WARN, why).await;
        }
        assert_eq!(world.exchanges(), 0);
        world.put("keys/a", &format!("  {key}\n"));
        world.until_fresh("a").await;
        assert_eq!(world.exchanges_with(&Secret::new(key)), 1, "without the space around it");
        assert_eq!(world.said(Level::WARN, ""), 5);
    });
}

#[test]
fn a_denied_key_is_left_alone_until_its_file_changes() {
    told(async |world| {
        let old = world.put_key("a", "old");
        let new = Secret::new(world.key("new"));
        world.sandbox.set(|settings| settings.accepted = Accepted::Only(BTreeSet::from([new.fingerprint()])));
        world.configure(&world.named(&["a"]));
        world.expect_error("denies the access key");
        world.start();
        world.until_said(Level::ERROR, "denies the access key").await;
        let report = world.report("a").unwrap();
        assert_eq!((report.state, report.failures), ("starting", 1));
        assert_eq!(report.last_refusal.unwrap().class_word(), "denied");
        world.put("keys/a", new.expose());
        world.until_fresh("a").await;
        assert_eq!((world.exchanges_with(&old), world.exchanges_with(&new)), (1, 1));
        assert_eq!(world.report("a").unwrap().last_refusal, None);
        assert_eq!(world.said(Level::INFO, "recovered"), 1);
    });
}

#[test]
fn a_denial_is_not_believed_before_the_file_was_read_again() {
    told(async |world| {
        let old = world.put_key("a", "old");
        let new = Secret::new(world.key("new"));
        world.configure(&world.named(&["a"]));
        let hold = world.sandbox.hold();
        world.start();
        world.until_exchanges(1).await;
        // The key was rotated while the request was in flight, and the watch has not reported it yet.
        world.sandbox.rotate(&old, &new);
        world.put("keys/a", new.expose());
        hold.release();
        world.expect_error("denies the access key");
        world.until_fresh("a").await;
        assert_eq!((world.exchanges_with(&old), world.exchanges_with(&new)), (1, 1));
    });
}

#[test]
fn a_bad_new_key_never_costs_a_good_token() {
    told(async |world| {
        let good = world.put_key("a", "good");
        let bad = Secret::new(world.key("bad"));
        world.sandbox.set(|settings| settings.accepted = Accepted::Only(BTreeSet::from([good.fingerprint()])));
        world.configure(&world.named(&["a"]));
        world.start();
        world.until_fresh("a").await;
        let token = world.token("a");
        world.put("keys/a", bad.expose());
        world.expect_error("denies the access key");
        world.until("the bad key is denied", |world| world.state("a") == Some("failing")).await;
        assert_eq!(world.token("a"), token);
        assert!(world.is_ready());
        world.put("keys/a", good.expose());
        world.until_fresh("a").await;
        assert_eq!(world.exchanges_with(&bad), 1);
    });
}

#[test]
fn a_key_that_is_replaced_while_an_exchange_hangs_is_next() {
    told(async |world| {
        let old = world.put_key("a", "old");
        let new = Secret::new(world.key("new"));
        world.sandbox.script([Answer::Hang]);
        world.configure(&format!("http: {{timeout: 4s}}\n{}", world.named(&["a"])));
        world.start();
        world.until_exchanges(1).await;
        world.put("keys/a", new.expose());
        world.until_fresh("a").await;
        assert_eq!((world.exchanges_with(&old), world.exchanges_with(&new)), (1, 1));
        world.until("its end is noted", |world| world.sandbox.counters().abandoned == 1).await;
        assert_eq!(world.sandbox.exchanges()[0].outcome, RequestOutcome::Abandoned);
    });
}

#[test]
fn the_refusal_of_a_second_wrong_key_is_said_as_well() {
    told(async |world| {
        world.put_key("a", "wrong");
        world.sandbox.set(|settings| settings.accepted = Accepted::Only(BTreeSet::new()));
        world.configure(&world.named(&["a"]));
        world.expect_error("denies the access key");
        world.start();
        for wrong in 1..=3 {
            world.until("it is said", |world| world.said(Level::ERROR, "denies the access key") == wrong).await;
            world.put_key("a", &format!("wrong{wrong}"));
        }
    });
}
