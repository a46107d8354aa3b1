//! Outputs: where tokens are written, and paths that cannot be written.

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt, symlink},
};

use tracing::Level;

use crate::world::{World, has_passed, told};

#[test]
fn an_unwritable_folder_recovers_without_an_exchange() {
    told(async |world| {
        world.put_key("a", "a");
        fs::remove_dir(world.path("out")).unwrap();
        fs::write(world.path("out"), "a file in the place of the folder stops root as well").unwrap();
        world.configure(&world.named(&["a"]));
        world.expect_error("cannot make folder");
        world.start();
        world.until_said(Level::ERROR, "cannot make folder").await;
        let report = world.report("a").unwrap();
        assert_eq!(report.state, "failing");
        assert_eq!(report.next_action.unwrap().what, "publish", "the write is tried again, not the exchange");
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
fn a_later_link_never_lets_a_token_replace_a_key() {
    told(async |world| {
        let key = world.put_key("a", "a");
        world.configure(&world.named(&["a"]).replace("a.jwt", "a"));
        world.expect_error("is the access key");
        world.start();
        world.until_fresh("a").await;
        fs::rename(world.path("out"), world.path("elsewhere")).unwrap();
        symlink(world.path("keys"), world.path("out")).unwrap();
        world.until_said(Level::ERROR, "is the access key").await;
        assert_eq!(fs::read_to_string(world.path("keys/a")).unwrap(), key.expose());
        fs::remove_file(world.path("out")).unwrap();
        world.until_fresh("a").await;
        assert_eq!(fs::read_to_string(world.path("out/a")).unwrap().split('.').count(), 3);
        assert_eq!(fs::read_to_string(world.path("keys/a")).unwrap(), key.expose());
        assert_eq!(world.exchanges(), 1, "the session is written again, not asked for");
    });
}

#[test]
fn a_later_link_never_puts_a_token_among_keys() {
    told(async |world| {
        world.put_key("a", "a");
        world.configure(&world.whole_folder());
        world.expect_error("is the access key");
        world.start();
        world.until_fresh("a").await;
        fs::rename(world.path("out"), world.path("elsewhere")).unwrap();
        symlink(world.path("keys"), world.path("out")).unwrap();
        world.until_said(Level::ERROR, "is the access key").await;
        assert!(!world.path("keys/a.jwt").exists());
        fs::remove_file(world.path("out")).unwrap();
        world.until_fresh("a").await;
        assert!(world.token("a").is_some());
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
        let report = world.report("a").unwrap();
        assert_eq!((report.state, report.ready), ("failing", false), "not every file holds the token");
        assert!(report.expires_at.is_some_and(|at| !has_passed(at)), "the token has its time left");
        assert!(report.outputs[0].error.is_some() && report.outputs[1].error.is_none());
        // The next process finds the token in the other output, and the same trouble.
        world.stop().await;
        world.start();
        world.until("the next process has tried to write", |world| world.state("a") == Some("failing")).await;
        assert!(!world.is_ready() && world.report("a").unwrap().expires_at.is_some_and(|at| !has_passed(at)));
        fs::remove_dir(&bad).unwrap();
        world.until_fresh("a").await;
        assert_eq!(world.said(Level::INFO, &format!("token file `{}` can be written again", bad.display())), 1);
        assert_eq!(fs::read_to_string(&bad).unwrap(), written);
        assert_eq!(fs::read_to_string(&good).unwrap(), written);
        fs::remove_file(&bad).unwrap();
    });
}

#[test]
fn what_a_crash_left_is_swept_at_start_and_nothing_else() {
    told(async |world| {
        world.put_key("a", "a");
        fs::write(world.path("out/..a.jwt.Abc123.tokenwell"), "half a tok").unwrap();
        fs::write(world.path("out/.b.jwt.Abc123"), "not ours").unwrap();
        world.configure(&world.named(&["a"]));
        world.start();
        world.until_fresh("a").await;
        assert!(!world.path("out/..a.jwt.Abc123.tokenwell").exists());
        assert!(world.path("out/.b.jwt.Abc123").exists());
        assert_eq!(world.said(Level::INFO, "removed what an earlier crash left"), 1);
    });
}

#[test]
fn every_format_is_written_and_adopted_without_a_request() {
    told(async |world| {
        world.put_key("a", "a");
        world.put("a.j2", "password {{ token }} # {{ claims.iss }}\n");
        world.configure(&every_format(world));
        world.start();
        world.until_fresh("a").await;
        let token = world.token("a").unwrap();
        let read = |world: &World, name: &str| fs::read_to_string(world.path(&format!("out/{name}"))).unwrap();
        assert!(
            read(world, "a.json").starts_with(&format!(r#"{{"token":"{token}","tokenType":"Bearer","credential":"a""#))
        );
        assert!(read(world, "a.json").contains(r#""claims":{"iss":"#));
        assert!(read(world, "a.env").starts_with(&format!("DESCOPE_SESSION_TOKEN={token}\n")));
        assert_eq!(read(world, "a.header"), format!("Authorization: Bearer {token}\n"));
        assert_eq!(read(world, "a.bearer"), format!("Bearer {token}"));
        assert!(read(world, "a.txt").starts_with(&format!("password {token} # ")));
        let before = prints(world);

        world.stop().await;
        world.start();
        world.until_said(Level::INFO, "the token on disk is good").await;
        world.until_fresh("a").await;
        assert_eq!(prints(world), before, "nothing is touched");
        assert_eq!((world.exchanges(), world.said(Level::WARN, "")), (1, 0));

        // If only the header output remains, the other outputs are rebuilt from it.
        world.stop().await;
        for name in ["a.jwt", "a.json", "a.env", "a.txt"] {
            fs::remove_file(world.path(&format!("out/{name}"))).unwrap();
        }
        world.start();
        world.until("all are back", |world| world.path("out/a.txt").exists()).await;
        assert_eq!((world.token("a"), world.exchanges()), (Some(token), 1));
        let bytes = |prints: Vec<(Vec<u8>, u64)>| prints.into_iter().map(|(bytes, _)| bytes).collect::<Vec<_>>();
        assert_eq!(bytes(prints(world)), bytes(before));
    });
}

#[test]
fn a_changed_template_is_applied_at_a_reload_without_a_request() {
    told(async |world| {
        world.put_key("a", "a");
        world.put("a.j2", "one {{ token }}");
        world.configure(&every_format(world));
        world.start();
        world.until_fresh("a").await;
        let token = world.token("a").unwrap();
        let before = prints(world);

        world.put("a.j2", "two {{ tokn }}");
        world.expect_error("there is no field `tokn` (did you mean `token`?)");
        world.configure(&format!("{}# read it again\n", every_format(world)));
        world.until_said(Level::ERROR, "the configuration is refused").await;
        assert_eq!(prints(world), before, "a bad template never reaches a file");

        world.put("a.j2", "two {{ token }}");
        world.configure(&format!("{}# and again\n", every_format(world)));
        let text = format!("two {token}");
        world.until("it is applied", |world| fs::read_to_string(world.path("out/a.txt")).unwrap() == text).await;
        assert_eq!(prints(world)[..4], before[..4], "the others are not touched");
        assert_eq!(world.exchanges(), 1);
    });
}

#[test]
fn an_unrenderable_token_keeps_the_old_file() {
    told(async |world| {
        world.put_key("a", "a");
        world.put("a.j2", "{{ claims.absent }}");
        world.configure(&every_format(world));
        world.expect_error("line 1 of its template: it names something that this token does not have");
        world.start();
        world.until_said(Level::ERROR, "cannot make the content of token file").await;
        assert!(world.token("a").is_some(), "the other outputs have it");
        assert_eq!(world.state("a"), Some("failing"));
        world.put("a.j2", "{{ claims.absent | default('none') }}");
        world.configure(&format!("{}# read it again\n", every_format(world)));
        world.until_fresh("a").await;
        assert_eq!(fs::read_to_string(world.path("out/a.txt")).unwrap(), "none");
        assert_eq!((world.exchanges(), world.said(Level::ERROR, "")), (1, 1));
    });
}

fn every_format(world: &World) -> String {
    let out = |name: &str| world.path(&format!("out/{name}")).display().to_string();
    format!(
        "credentials:
  - name: a
    accessKeyFile: {}
    outputs:
      - path: {}
      - {{path: {}, format: json, claims: [iss]}}
      - {{path: {}, format: env}}
      - {{path: {}, format: header}}
      - {{path: {}, format: bearer}}
      - {{path: {}, format: template, templateFile: {}}}
",
        world.path("keys/a").display(),
        out("a.jwt"),
        out("a.json"),
        out("a.env"),
        out("a.header"),
        out("a.bearer"),
        out("a.txt"),
        world.path("a.j2").display(),
    )
}

/// Returns the bytes and the inode number of every output.
fn prints(world: &World) -> Vec<(Vec<u8>, u64)> {
    let names = ["a.jwt", "a.json", "a.env", "a.header", "a.bearer", "a.txt"];
    let paths = names.map(|name| world.path(&format!("out/{name}")));
    paths.iter().map(|path| (fs::read(path).unwrap(), path.metadata().unwrap().ino())).collect()
}
