//! Where a token cannot be written.

use std::{fs, os::unix::fs::PermissionsExt};

use tracing::Level;

use crate::world::told;

#[test]
fn a_folder_that_cannot_be_written_heals_without_another_exchange() {
    told(async |world| {
        world.put_key("a", "a");
        fs::remove_dir(world.path("out")).unwrap();
        fs::write(world.path("out"), "a file in the place of the folder stops root as well").unwrap();
        world.configure(&world.named(&["a"]));
        world.expect_error("cannot make folder");
        world.start();
        world.until_said(Level::ERROR, "cannot make folder").await;
        let report = world.report("a").unwrap();
        assert_eq!(report.state, "starting");
        assert!(report.outputs[0].error.as_deref().unwrap().contains("a part of this path is a file"));
        fs::remove_file(world.path("out")).unwrap();
        world.until_fresh("a").await;
        assert!(world.token("a").is_some());
        assert_eq!(fs::metadata(world.path("out")).unwrap().permissions().mode() & 0o7777, 0o750);
        assert_eq!(world.report("a").unwrap().outputs[0].error, None);
        assert_eq!(world.exchanges(), 1);
        assert_eq!(world.said(Level::ERROR, ""), 1);
    });
}

#[test]
fn a_folder_in_the_place_of_the_token_is_left_alone() {
    told(async |world| {
        world.put_key("a", "a");
        fs::create_dir(world.path("out/a.jwt")).unwrap();
        fs::write(world.path("out/a.jwt/precious"), "").unwrap();
        world.configure(&world.named(&["a"]));
        world.expect_error("it is a folder");
        world.start();
        world.until_said(Level::ERROR, "it is a folder").await;
        assert!(world.path("out/a.jwt/precious").exists());
        fs::remove_dir_all(world.path("out/a.jwt")).unwrap();
        world.until_fresh("a").await;
        assert_eq!(world.exchanges(), 1);
    });
}

#[test]
fn one_bad_output_keeps_no_other_from_its_token() {
    told(async |world| {
        world.put_key("a", "a");
        let (bad, good) = (world.path("out/bad"), world.path("deep/down/good"));
        fs::create_dir(&bad).unwrap();
        world.configure(&format!(
            "credentials:\n  - {{name: a, accessKeyFile: {}, outputs: [{{path: {}}}, {{path: {}}}]}}\n",
            world.path("keys/a").display(),
            bad.display(),
            good.display()
        ));
        world.expect_error("it is a folder");
        world.start();
        world.until_said(Level::ERROR, "it is a folder").await;
        let written = fs::read_to_string(&good).unwrap();
        assert_eq!(world.state("a"), Some("starting"), "not every file holds the token");
        fs::remove_dir(&bad).unwrap();
        world.until_fresh("a").await;
        assert_eq!(fs::read_to_string(&bad).unwrap(), written);
        assert_eq!(fs::read_to_string(&good).unwrap(), written);
        fs::remove_file(&bad).unwrap();
    });
}

#[test]
fn what_a_crash_left_is_swept_at_start_and_nothing_else() {
    told(async |world| {
        world.put_key("a", "a");
        fs::write(world.path("out/.a.jwt.Abc123.tokenwell"), "half a tok").unwrap();
        fs::write(world.path("out/.b.jwt.Abc123"), "not ours").unwrap();
        world.configure(&world.named(&["a"]));
        world.start();
        world.until_fresh("a").await;
        assert!(!world.path("out/.a.jwt.Abc123.tokenwell").exists());
        assert!(world.path("out/.b.jwt.Abc123").exists());
        assert_eq!(world.said(Level::INFO, "swept"), 1);
    });
}
