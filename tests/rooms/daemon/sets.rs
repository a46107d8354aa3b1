//! Output sets, whose files change together.

use std::{fs, path::Path};

use tracing::Level;

use crate::world::{World, told};

#[test]
fn credentials_of_one_set_come_together_and_are_repaired() {
    told(async |world| {
        for name in ["a", "b"] {
            world.put_key(name, name);
        }
        world.configure(&in_set(world));
        world.start();
        for name in ["a", "b"] {
            world.until_fresh(name).await;
        }
        world.until("the outputs are guarded", |world| world.guards_its_outputs()).await;
        let (a, b) = (world.token("a").unwrap(), world.token("b").unwrap());
        let file = world.path("out/..data/a.jwt");
        assert_eq!(fs::read_to_string(&file).unwrap(), a);

        let deeds: [&dyn Fn(); 4] = [
            &|| fs::write(&file, "").unwrap(),
            &|| fs::remove_file(world.path("out/a.jwt")).unwrap(),
            &|| fs::remove_file(&file).unwrap(),
            &|| fs::remove_file(world.path("out/..data")).unwrap(),
        ];
        for deed in deeds {
            deed();
        }
        world.until_said(Level::WARN, "by somebody else").await;
        world
            .until("both are restored", |world| {
                let is = |name: &str, token: &str| {
                    let path = world.path(&format!("out/{name}.jwt"));
                    path.is_symlink() && fs::read_to_string(path).is_ok_and(|text| text == token)
                };
                is("a", &a) && is("b", &b) && world.is_ready()
            })
            .await;
        assert_eq!(world.exchanges(), 2);
    });
}

#[test]
fn old_generations_are_removed_seconds_after_a_write() {
    told(async |world| {
        for name in ["a", "b"] {
            world.put_key(name, name);
        }
        world.configure(&in_set(world));
        world.start();
        for name in ["a", "b"] {
            world.until_fresh(name).await;
        }
        for rotation in 0..5 {
            let before = world.token("a");
            world.put_key("a", &format!("a{rotation}"));
            world.until("the next token", |world| world.token("a") != before).await;
        }
        assert!(generations(&world.path("out")) > 1, "readers of the one before are not in a hurry");
        world.until("one generation", |world| generations(&world.path("out")) == 1).await;
        let exchanges = world.exchanges();
        world.stop().await;
        world.start();
        for name in ["a", "b"] {
            world.until_fresh(name).await;
        }
        assert_eq!((world.exchanges(), generations(&world.path("out"))), (exchanges, 1));
    });
}

fn in_set(world: &World) -> String {
    format!("sets: [{{directory: {}}}]\n{}", world.path("out").display(), world.named(&["a", "b"]))
}

fn generations(folder: &Path) -> usize {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with("..2")).count()
}
