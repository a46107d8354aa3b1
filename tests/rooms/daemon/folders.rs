//! Key folders: each file is a credential, and files come and go.

use std::fs;

use tracing::Level;

use crate::world::told;

#[test]
fn credentials_come_and_go_with_their_files() {
    told(async |world| {
        let a = world.put_key("a", "a");
        world.configure(&world.whole_folder());
        world.start();
        world.until_fresh("a").await;
        world.until_a_newcomer_is_fresh("b").await;
        let token = world.token("a");
        fs::remove_file(world.path("keys/a")).unwrap();
        world.until("a is gone", |world| world.names() == ["b"]).await;
        assert_eq!(world.token("a"), token, "the file stays");
        assert!(world.is_ready());
        world.put("keys/a", a.expose());
        world.until_fresh("a").await;
        assert_eq!(world.said(Level::WARN, ""), 0);
    });
}

#[test]
fn dot_files_are_skipped_and_illegal_names_are_logged() {
    told(async |world| {
        let key = world.key("hidden");
        for name in ["..data", ".hidden", "Not_Legal", "spa ce"] {
            world.put(&format!("keys/{name}"), &key);
        }
        fs::create_dir(world.path("keys/folder")).unwrap();
        world.configure(&world.whole_folder());
        world.start();
        world.until_a_newcomer_is_fresh("a").await;
        assert_eq!(world.names(), ["a"]);
        assert_eq!(world.said(Level::WARN, "keys/Not_Legal"), 1);
        assert_eq!(world.said(Level::WARN, "keys/spa ce"), 1);
        assert_eq!(world.said(Level::WARN, ""), 2);
        assert_eq!(world.exchanges(), 1);
    });
}

#[test]
fn a_named_credential_wins_over_a_folder_and_is_logged() {
    told(async |world| {
        let named = world.put_key("elsewhere", "named");
        fs::create_dir(world.path("keys/down")).unwrap();
        fs::rename(world.path("keys/elsewhere"), world.path("keys/down/a")).unwrap();
        let other = world.put_key("a", "other");
        let credentials = world.named(&["a"]).replace("keys/a", "keys/down/a");
        world.configure(&format!("{credentials}{}", world.whole_folder()));
        world.start();
        world.until_a_newcomer_is_fresh("b").await;
        world.until_fresh("a").await;
        assert_eq!((world.exchanges_with(&named), world.exchanges_with(&other)), (1, 0));
        assert_eq!(world.said(Level::WARN, "keys/a"), 1);
    });
}

#[test]
fn a_vanished_key_folder_removes_no_credential() {
    told(async |world| {
        world.put_key("a", "a");
        world.configure(&world.whole_folder());
        world.start();
        world.until_fresh("a").await;
        fs::rename(world.path("keys"), world.path("gone")).unwrap();
        world.until("the key is missed", |world| world.state("a") == Some("failing")).await;
        assert_eq!(world.names(), ["a"]);
        fs::rename(world.path("gone"), world.path("keys")).unwrap();
        world.until_fresh("a").await;
        world.until_a_newcomer_is_fresh("b").await;
        assert_eq!(world.exchanges(), 2, "a's token was good all along");
        assert_eq!(world.said(Level::WARN, "key folder"), 1);
    });
}

#[test]
fn a_missing_key_folder_is_awaited_and_logged_once() {
    told(async |world| {
        fs::remove_dir(world.path("keys")).unwrap();
        world.configure(&world.whole_folder());
        world.start();
        world.until_said(Level::WARN, "is missing").await;
        fs::create_dir(world.path("keys")).unwrap();
        world.until_a_newcomer_is_fresh("a").await;
        assert_eq!(world.said(Level::WARN, ""), 1);
    });
}

#[test]
fn files_that_cannot_be_keys_are_told_and_never_sent() {
    told(async |world| {
        for (name, content) in [
            ("project-id", "P2abcdefghijklmnopqrstuvwxyz"),
            ("rotated-at", "2026-11-30T13:45:00Z\n"),
            ("config", "{\"a\": 1}"),
        ] {
            world.put(&format!("keys/{name}"), content);
        }
        world.configure(&world.whole_folder());
        world.start();
        world.until_a_newcomer_is_fresh("a").await;
        assert_eq!((world.names(), world.exchanges(), world.is_ready()), (vec!["a".to_owned()], 1, true));
        let told = "`config` (JSON), `project-id` (a project id), `rotated-at` (a number or a time); leave them out by `exclude`";
        assert!(world.said(Level::WARN, told) >= 1);
        let key = world.put_key("rotated-at", "late");
        world.until_fresh("rotated-at").await;
        assert_eq!(world.exchanges_with(&key), 1, "a key that comes later is used");
        let token = world.token("a");
        world.put("keys/a", "P2abcdefghijklmnopqrstuvwxyz");
        let asked = world.exchanges();
        world.until_exchanges(asked + 1).await;
        assert!(world.names().contains(&"a".to_owned()), "a credential stays one, whatever is in its file");
        assert_eq!(world.token("a"), token);
    });
}

#[test]
fn a_reload_with_other_patterns_adds_and_removes_credentials() {
    told(async |world| {
        let search = world.put_key("SEARCH_API_KEY", "search");
        world.put_key("extra", "extra");
        let with = |rules: &str, world: &crate::world::World| {
            world.configure(&world.whole_folder().replace("outputs:", &format!("{rules}, outputs:")));
        };
        with("exclude: [extra, 'x*'], rename: {SEARCH_API_KEY: search}", world);
        world.start();
        world.until_a_newcomer_is_fresh("a").await;
        world.until_fresh("search").await;
        assert_eq!((world.names(), world.exchanges_with(&search)), (vec!["a".to_owned(), "search".to_owned()], 1));
        assert_eq!(world.said(Level::WARN, "`exclude` `x*` matches no file in key folder"), 1);
        with("include: ['[a-z]*', '*_KEY'], rename: {SEARCH_API_KEY: find}", world);
        world.until_fresh("extra").await;
        world.until_fresh("find").await;
        world.until("search is gone", |world| world.names() == ["a", "extra", "find"]).await;
        assert!(world.token("search").is_some(), "its file stays");
    });
}

#[test]
fn two_files_of_one_name_are_told_with_both() {
    told(async |world| {
        let chosen = world.put_key("A.key", "chosen");
        let other = world.put_key("a", "other");
        world.configure(&world.whole_folder().replace("outputs:", "rename: {A.key: a}, outputs:"));
        world.start();
        world.until_fresh("a").await;
        assert_eq!((world.exchanges_with(&chosen), world.exchanges_with(&other)), (1, 0));
        assert_eq!(world.said(Level::WARN, "files `A.key` and `a` in key folder"), 1);
    });
}
