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
