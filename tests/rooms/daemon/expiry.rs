//! Sessions that end during an outage of the API.

use std::{fs, time::Duration};

use tokenwell::sandbox::Answer;
use tracing::Level;

use crate::{
    swap::swap,
    world::{World, has_passed, told},
};

#[test]
fn a_token_that_has_ended_stays_and_is_said() {
    told(async |world| {
        outage_after_the_first_token(world, "keep", Answer::status(503)).await;
        let (token, errors) = (world.token("a"), world.said(Level::ERROR, ""));
        world.expect_error("has expired");
        world.until("it has expired", |world| world.state("a") == Some("expired")).await;
        assert_eq!(world.token("a"), token);
        assert!(!world.is_ready());
        let asked = world.exchanges();
        world.until_exchanges(asked + 5).await;
        end_the_outage(world);
        world.until_fresh("a").await;
        assert_ne!(world.token("a"), token);
        assert_eq!(world.said(Level::ERROR, ""), errors + 1);
    });
}

#[test]
fn a_token_that_has_ended_is_removed_where_that_is_wanted() {
    told(async |world| {
        outage_after_the_first_token(world, "remove", Answer::status(503)).await;
        let errors = world.said(Level::ERROR, "");
        world.expect_error("the token has expired and is removed");
        world.until("it has expired", |world| world.state("a") == Some("expired")).await;
        world.until("it is removed", |world| world.token("a").is_none()).await;
        assert!(!world.is_ready());
        end_the_outage(world);
        world.until_fresh("a").await;
        assert!(world.token("a").is_some());
        assert_eq!(world.said(Level::ERROR, ""), errors + 1);
    });
}

#[test]
fn an_end_is_said_once_however_often_the_disk_is_tried() {
    told(async |world| {
        world.put_key("a", "a");
        world.sandbox.set(|settings| {
            settings.life = Duration::from_secs(3);
            settings.next_refresh = Some(Duration::from_secs(1));
        });
        world.configure(&world.named(&["a"]));
        world.start();
        world.until_fresh("a").await;
        let ended = world.said(Level::ERROR, "has expired");
        world.sandbox.set(|settings| settings.life = Duration::from_secs(3600));
        let (out, elsewhere) = (world.path("out"), world.path("elsewhere"));
        fs::write(&elsewhere, "").unwrap();
        swap(&out, &elsewhere);
        world.expect_error("cannot make folder");
        world.expect_error("has expired");
        world.until("the end is said", |world| world.said(Level::ERROR, "has expired") > ended).await;
        world.until_said(Level::ERROR, "cannot make folder").await;
        // This is enough time for at least five more writes.
        world.meanwhile(tokio::time::sleep(Duration::from_millis(1500))).await;
        // The swap is atomic, because a concurrent write could create the folder itself.
        swap(&out, &elsewhere);
        world.until_fresh("a").await;
        assert_eq!(world.said(Level::ERROR, "has expired"), ended + 1);
    });
}

#[test]
fn a_removed_credential_leaves_its_token_until_expiry() {
    told(async |world| {
        outage_after_the_first_token(world, "remove", Answer::Hang).await;
        // The credential is removed while an exchange is in flight.
        world.until("one hangs", |world| world.sandbox.counters().in_flight == 1).await;
        let end = world.report("a").unwrap().expires_at.unwrap();
        let stays = world.named(&["stays"]);
        world.put_key("stays", "stays");
        world.configure(&stays);
        world.until("it has left", |world| world.names() == ["stays"]).await;
        assert!(world.token("a").is_some() || has_passed(end));
        world.expect_error("the token has expired and is removed");
        world.until_said(Level::ERROR, "is removed").await;
        assert_eq!(world.token("a"), None);
        assert_eq!(world.said(Level::WARN, "bug"), 0, "to stop an exchange is no bug");
    });
}

#[test]
fn an_end_is_said_even_if_it_comes_while_an_exchange_hangs() {
    told(async |world| {
        outage_after_the_first_token(world, "keep", Answer::Hang).await;
        let (ended, late) = (world.said(Level::ERROR, "has expired"), world.said(Level::WARN, "no whole reply"));
        world.expect_error("has expired");
        world.until("it is given up", |world| world.said(Level::WARN, "no whole reply") > late).await;
        assert_eq!(world.state("a"), Some("expired"));
        assert_eq!(world.said(Level::ERROR, "has expired"), ended + 1);
    });
}

#[test]
fn a_removal_that_fails_is_said_once_and_tried_again() {
    told(async |world| {
        outage_after_the_first_token(world, "remove", Answer::status(503)).await;
        let (token, aside) = (world.path("out/a.jwt"), world.path("aside"));
        fs::rename(&token, &aside).unwrap();
        fs::create_dir(&token).unwrap();
        // The failed write is logged too, if it happens before the session ends.
        world.tolerate_error("it is a folder; name a file instead");
        world.expect_error("cannot remove token file");
        world.expect_error("the token has expired and is removed");
        world.until_said(Level::ERROR, "cannot remove token file").await;
        // This is enough time for at least three more attempts.
        world.meanwhile(tokio::time::sleep(Duration::from_secs(1))).await;
        assert_eq!(world.said(Level::ERROR, "cannot remove token file"), 1);
        // The swap is atomic, because an attempt in between would find nothing to remove and would be the last.
        swap(&token, &aside);
        world.until("it is removed", |world| world.token("a").is_none()).await;
        world.until_said(Level::ERROR, "is removed").await;
    });
}

/// Makes the sandbox grant sessions that do not end during the test.
fn end_the_outage(world: &World) {
    world.sandbox.set(|settings| {
        settings.life = Duration::from_secs(3600);
        settings.outage = None;
    });
}

async fn outage_after_the_first_token(world: &mut World, on_expiry: &str, outage: Answer) {
    world.put_key("a", "a");
    world.sandbox.set(|settings| settings.life = Duration::from_secs(3));
    let credential = world.named(&["a"]).replace("name: a", &format!("name: a, onExpiry: {on_expiry}"));
    world.configure_with(
        "renew: {spacing: 100ms, retryFirst: 100ms, retryMax: 100ms, at: 50%}\n",
        &format!("http: {{timeout: 4s}}\n{credential}"),
    );
    world.start();
    world.until_fresh("a").await;
    world.sandbox.set(|settings| settings.outage = Some(outage));
}
