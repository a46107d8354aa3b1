//! Reloads: the configuration changes while the daemon runs and watches the file.

use std::{fs, time::Duration};

use nix::{sys::stat::Mode, unistd::mkfifo};
use tokenwell::sandbox::{Answer, Sandbox, Settings};
use tracing::Level;

use crate::{common::spacing::spaced, world::told};

#[test]
fn a_reload_leaves_unchanged_credentials_alone() {
    told(async |world| {
        for name in ["changed", "removed", "same"] {
            world.put_key(name, name);
        }
        world.configure(&world.named(&["changed", "removed", "same"]));
        world.start();
        for name in ["changed", "removed", "same"] {
            world.until_fresh(name).await;
        }
        let planned = world.report("same").unwrap();
        let (same, removed) = (world.token("same"), world.token("removed"));
        let key = world.put_key("added", "added");
        let after = world.named(&["added", "changed", "same"]).replace("out/changed", "out/moved");
        world.configure(&after);
        world.until_said(Level::INFO, "the new configuration is in force").await;
        world.until_fresh("added").await;
        world.until("the moved token is written", |world| world.token("moved").is_some()).await;
        assert_eq!(world.names(), ["added", "changed", "same"]);
        assert_eq!(world.token("moved"), world.token("changed"), "the session at hand, and the old file stays");
        assert_eq!(world.token("removed"), removed, "the file stays");
        assert_eq!((world.exchanges(), world.exchanges_with(&key)), (4, 1), "nobody else was asked for");
        let report = world.report("same").unwrap();
        assert_eq!(world.token("same"), same);
        assert_eq!(report.exchanges, 1);
        let (before, now) = (planned.next_action.unwrap(), report.next_action.unwrap());
        assert_eq!(before.what, now.what);
        let (before, now) = (before.at.unwrap(), now.at.unwrap());
        let moved = now.duration_since(before).unwrap_or_else(|earlier| earlier.duration());
        // Two clocks are compared, and the machine may stall between the readings. A new plan would differ by minutes.
        assert!(moved < Duration::from_secs(1), "its plan moved by {moved:?}");
    });
}

/// If the file is not read again, the daemon runs an outdated configuration until the next change, because the checks
/// before and after the read see the same file.
#[test]
fn a_file_that_changes_while_it_is_read_is_read_again() {
    told(async |world| {
        world.put_key("a", "a");
        world.put_key("passing", "passing");
        world.configure(&world.named(&["a", "passing"]));
        fs::rename(world.path("tokenwell.yaml"), world.path("passing.yaml")).unwrap();
        world.configure(&world.named(&["a"]));
        world.start_where_it_is_read_as("passing.yaml");
        world
            .until("both are in force, one after the other", |world| {
                world.said(Level::INFO, "the new configuration is in force") == 2
            })
            .await;
        assert_eq!(world.names(), ["a"]);
    });
}

#[test]
fn a_bad_reload_is_refused_whole_until_the_file_is_good() {
    told(async |world| {
        world.put_key("a", "a");
        world.put_key("b", "b");
        world.configure(&world.named(&["a"]));
        world.start();
        world.until_fresh("a").await;
        world.configure(&format!("{}    unknown: 1\n    other: 2\n", world.named(&["b"])));
        world.expect_error("the configuration is refused");
        world.until_said(Level::ERROR, "the configuration is refused").await;
        assert_eq!(world.names(), ["a"]);
        world.configure(&world.named(&["a", "b"]));
        world.until_fresh("b").await;
        assert_eq!(world.names(), ["a", "b"]);
        assert_eq!(world.exchanges(), 2);
        // The check after every start may have found the change too.
        assert_eq!(world.said(Level::ERROR, ""), world.refused_configurations());
        assert_eq!(world.said(Level::ERROR, "\n"), 0);
    });
}

#[test]
fn a_file_that_is_missing_for_a_while_changes_nothing() {
    told(async |world| {
        world.put_key("a", "a");
        world.configure(&world.named(&["a"]));
        world.start();
        world.until_fresh("a").await;
        fs::rename(world.path("tokenwell.yaml"), world.path("aside")).unwrap();
        world.expect_error("there is no such file");
        world.until_said(Level::ERROR, "there is no such file").await;
        assert_eq!(world.names(), ["a"]);
        fs::rename(world.path("aside"), world.path("tokenwell.yaml")).unwrap();
        world.put_key("b", "b");
        world.configure(&world.named(&["a", "b"]));
        world.until_fresh("b").await;
        assert_eq!(world.exchanges(), 2);
    });
}

#[test]
fn a_pipe_in_place_of_the_file_blocks_nothing() {
    told(async |world| {
        world.put_key("a", "old");
        world.configure(&world.named(&["a"]));
        world.start();
        world.until_fresh("a").await;
        mkfifo(&world.path("pipe"), Mode::from_bits_truncate(0o600)).unwrap();
        fs::rename(world.path("pipe"), world.path("tokenwell.yaml")).unwrap();
        world.expect_error("it is not a regular file");
        world.until_said(Level::ERROR, "it is not a regular file").await;
        let new = world.put_key("a", "new");
        world.until("keys are still looked at", |world| world.exchanges_with(&new) == 1).await;
    });
}

#[test]
fn another_place_of_the_api_is_asked_at_once() {
    told(async |world| {
        let key = world.put_key("a", "a");
        world.configure(&world.named(&["a"]));
        world.start();
        world.until_fresh("a").await;
        let token = world.token("a");
        let elsewhere = Sandbox::start(Settings::default()).unwrap();
        let old = std::mem::replace(&mut world.sandbox, elsewhere);
        world.configure(&world.named(&["a"]));
        world.until("a token from elsewhere", |world| world.token("a") != token).await;
        assert_eq!((old.counters().exchanges, world.exchanges_with(&key)), (1, 1));
    });
}

#[test]
fn other_login_options_ask_again_and_another_key_file_is_read() {
    told(async |world| {
        let first = world.put_key("a", "first");
        let second = world.put_key("b", "second");
        world.configure(&world.named(&["a"]));
        world.start();
        world.until_fresh("a").await;
        let optioned = world.named(&["a"]).replace("name: a", "name: a, customClaims: {tier: gold}");
        world.configure(&optioned);
        world.until("it asks again", |world| world.exchanges_with(&first) == 2).await;
        world.configure(&optioned.replace("keys/a", "keys/b"));
        world.until("it asks with the other key", |world| world.exchanges_with(&second) == 1).await;
        world.until_fresh("a").await;
        assert_eq!(world.exchanges(), 3);
    });
}

#[test]
fn a_credential_that_returns_keeps_token_and_spacing() {
    told(async |world| {
        let key = world.put_key("a", "a");
        world.put_key("b", "b");
        let renew = "renew: {spacing: 1s, retryFirst: 1s}\n";
        world.configure_with(renew, &world.named(&["a", "b"]));
        world.start();
        world.until_fresh("a").await;
        for (is_removed, exchanges) in [(false, 1), (true, 2)] {
            world.configure_with(renew, &world.named(&["b"]));
            world.until("it has left", |world| world.names() == ["b"]).await;
            if is_removed {
                fs::remove_file(world.path("out/a.jwt")).unwrap();
            }
            world.configure_with(renew, &world.named(&["a", "b"]));
            world.until("it is back", |world| world.names() == ["a", "b"]).await;
            world.until_fresh("a").await;
            assert_eq!(world.exchanges_with(&key), exchanges, "its token was removed: {is_removed}");
        }
        spaced(&world.sandbox, Some(&key), Duration::from_secs(1));
    });
}

#[test]
fn a_new_configuration_does_not_wait_for_an_exchange_that_hangs() {
    told(async |world| {
        world.put_key("a", "a");
        world.put_key("b", "b");
        world.sandbox.script([Answer::Hang]);
        world.configure(&format!("http: {{timeout: 300s}}\n{}", world.named(&["a"])));
        world.start();
        world.until_exchanges(1).await;
        world.configure(&format!("http: {{timeout: 300s}}\n{}", world.named(&["b"])));
        world.until_fresh("b").await;
        assert_eq!(world.names(), ["b"]);
        world.until("the other was given up", |world| world.sandbox.counters().abandoned == 1).await;
        assert_eq!(world.said(Level::WARN, ""), 0);
    });
}
