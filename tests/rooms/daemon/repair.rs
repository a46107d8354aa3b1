//! Repair of token files that another process changed.

use std::{
    fs::{self, OpenOptions},
    os::unix::fs::{MetadataExt, PermissionsExt, symlink},
    path::Path,
};

use tracing::Level;

use crate::world::{World, told};

#[test]
fn a_damaged_token_file_is_restored_without_a_request() {
    told(async |world| {
        world.put_key("a", "a");
        fs::write(world.path("elsewhere"), "another file").unwrap();
        world.configure(&world.named(&["a"]));
        world.start();
        world.until_fresh("a").await;
        let token = world.token("a").unwrap();
        let (path, elsewhere) = (world.path("out/a.jwt"), world.path("elsewhere"));
        let deeds: [(&str, Deed<'_>); 7] = [
            ("was deleted", &|path| fs::remove_file(path).unwrap()),
            ("was changed", &|path| drop(OpenOptions::new().write(true).truncate(true).open(path).unwrap())),
            ("was changed", &|path| fs::write(path, "written over").unwrap()),
            ("was changed", &|path| fs::set_permissions(path, fs::Permissions::from_mode(0o666)).unwrap()),
            ("was changed", &|path| fs::rename(&elsewhere, path).unwrap()),
            ("was changed", &|path| {
                fs::remove_file(path).unwrap();
                symlink("/etc/hostname", path).unwrap();
            }),
            ("was deleted", &|path| {
                fs::remove_file(path).unwrap();
                fs::remove_dir_all(path.parent().unwrap()).unwrap();
            }),
        ];
        for (n, (how, deed)) in deeds.into_iter().enumerate() {
            // A restart before each change keeps the repairs from being delayed as a conflict.
            world.stop().await;
            world.start();
            world.until_fresh("a").await;
            until_guarded(world).await;
            deed(&path);
            world.until("it is restored", |world| world.said(Level::WARN, "it is written again") > n).await;
            world.until("it is whole", |world| is_whole(&path, &token) && world.state("a") == Some("fresh")).await;
            assert!(world.is_ready());
            assert!(world.said(Level::WARN, how) > 0, "{how}");
        }
        assert_eq!(world.exchanges(), 1);
    });
}

#[test]
fn a_fight_over_a_file_is_said_once_and_slowed_down() {
    told(async |world| {
        world.put_key("a", "a");
        world.configure(&world.named(&["a"]));
        world.start();
        world.until_fresh("a").await;
        until_guarded(world).await;
        let path = world.path("out/a.jwt");
        for writes in 1..=4 {
            world.until("it is restored", |world| world.report("a").unwrap().writes >= writes).await;
            until_guarded(world).await;
            fs::write(&path, "mine").unwrap();
            world.until("it is noticed", |world| world.state("a") == Some("failing")).await;
            assert!(!world.is_ready(), "the file holds something else");
            assert!(world.report("a").unwrap().outputs[0].error.as_deref().unwrap().contains("by somebody else"));
        }
        assert_eq!(world.said(Level::WARN, "it is written again"), 3);
        assert_eq!(world.said(Level::WARN, "again and again; it is written again ever later"), 1);
        assert_eq!(world.exchanges(), 1);
    });
}

type Deed<'a> = &'a dyn Fn(&Path);

/// Waits until the daemon has checked its files and watches their folders. An earlier change is also found, but
/// possibly only half a minute later.
async fn until_guarded(world: &mut World) {
    world.until("the outputs are guarded", |world| world.guards_its_outputs()).await;
}

fn is_whole(path: &Path, token: &str) -> bool {
    let Ok(found) = fs::symlink_metadata(path) else { return false };
    found.is_file() && found.mode() & 0o7777 == 0o640 && fs::read_to_string(path).is_ok_and(|text| text == token)
}
