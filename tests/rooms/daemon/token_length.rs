//! Tokens that are longer than some of their readers take: one warning, until they are short again.

use serde_json::json;
use tokenwell::sandbox::{Answer, Shape};
use tracing::Level;

use crate::world::{World, told};

/// Lets the sandbox issue tokens with a claim of this length; a byte of it is four thirds of a byte of the token.
fn pad(world: &World, bytes: usize) {
    let claims = json!({"padding": "x".repeat(bytes)}).as_object().unwrap().clone();
    let shape = Shape { claims, ..Shape::default() };
    world.sandbox.set(|settings| settings.outage = Some(Answer::Session(shape)));
}

/// Renews by a new key, and waits for the token.
async fn renew(world: &mut World, padding: usize) -> usize {
    pad(world, padding);
    let writes = world.report("a").unwrap().writes;
    let key = world.exchanges();
    world.put_key("a", &format!("a-{key}"));
    world.until("the token is written", |world| world.report("a").unwrap().writes > writes).await;
    world.report("a").unwrap().token_bytes.unwrap()
}

#[test]
fn a_token_that_grows_is_warned_about_once_a_limit() {
    told(async |world| {
        world.put_key("a", "a");
        let nginx = world.path("out/a.nginx");
        let nginx = format!(
            "{{path: {}, format: template, template: 'proxy_set_header A \"Bearer {{{{ token }}}}\";'}}",
            nginx.display()
        );
        world.configure(&world.named(&["a"]).replace("outputs: [", &format!("outputs: [{nginx}, ")));
        world.start();
        world.until_fresh("a").await;
        let short = world.report("a").unwrap();
        assert!(short.token_bytes.is_some_and(|bytes| (200..4000).contains(&bytes)), "{:?}", short.token_bytes);
        assert_eq!(short.notes, Vec::<String>::new());

        let warned =
            |world: &World| (world.said(Level::WARN, "one parameter"), world.said(Level::WARN, "Apache (8169)"));
        assert_eq!(warned(world), (0, 0));
        assert!((4001..7000).contains(&renew(world, 4000).await));
        assert_eq!(warned(world), (1, 0));
        let notes = world.report("a").unwrap().notes;
        assert!(
            matches!(&notes[..], [note] if note.contains("out/a.nginx") && note.contains("`{{ token[4000:] }}`")),
            "{notes:?}"
        );
        renew(world, 3900).await;
        assert_eq!(warned(world), (1, 0), "never for each renewal");
        assert!((7001..15_000).contains(&renew(world, 6000).await));
        assert_eq!((warned(world), world.report("a").unwrap().notes.len()), ((1, 1), 2), "a higher limit");
        renew(world, 4000).await;
        assert_eq!((warned(world), world.report("a").unwrap().notes.len()), ((1, 1), 1));
        renew(world, 0).await;
        assert_eq!(world.report("a").unwrap().notes.len(), 0);
        renew(world, 6000).await;
        assert_eq!(warned(world), (2, 2), "it was short in between; both limits are in one line");
        let lines = world.lines();
        let last = lines.iter().rfind(|line| line.text.contains("token_bytes")).unwrap();
        assert!(last.text.contains("one parameter") && last.text.contains("Apache (8169)"), "{}", last.text);

        world.stop().await;
        world.start();
        world.until("the next process warns once too", |world| warned(world) == (3, 3)).await;
        world.until_fresh("a").await;
        assert_eq!(world.report("a").unwrap().notes.len(), 2);
    });
}
