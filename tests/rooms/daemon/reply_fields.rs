//! Fields of the reply in token files: after a restart, after a repair, and nowhere else.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};
use tokenwell::sandbox::{Answer, Shape};

use crate::world::{World, told};

/// Lets the sandbox reply with a user.
fn reply_with_user(world: &World, user: &str) {
    let body = json!({"user": {"userId": user, "email": EMAIL, "roleNames": ["admin"]}, "cookieDomain": ""});
    let shape = Shape { body: body.as_object().unwrap().clone(), ..Shape::default() };
    world.sandbox.set(|settings| settings.outage = Some(Answer::Session(shape)));
}

fn configuration(world: &World, fields: &str) -> String {
    let json = format!("{{path: {}, format: json, fields: [{fields}]}}", world.path("out/a.json").display());
    world.named(&["a"]).replace("outputs: [", &format!("outputs: [{json}, "))
}

fn written(world: &World) -> Value {
    let text = fs::read(world.path("out/a.json")).unwrap_or_default();
    serde_json::from_slice::<Value>(&text).map(|mut json| json["fields"].take()).unwrap_or_default()
}

/// Returns every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn fields_survive_restarts_and_repairs_without_a_request() {
    told(async |world| {
        world.put_key("a", "a");
        reply_with_user(world, "U2first");
        world.configure(&configuration(world, "userId, roles, cookieDomain"));
        world.start();
        world.until_fresh("a").await;
        let fields = json!({"userId": "U2first", "roles": ["admin"], "cookieDomain": ""});
        assert_eq!(written(world), fields);
        fs::remove_file(world.path("out/a.json")).unwrap();
        world.until("the file is repaired", |world| written(world) == fields).await;
        world.stop().await;
        reply_with_user(world, "U2second");
        fs::write(world.path("out/a.json"), "written over").unwrap();
        world.start();
        world.until("the file is repaired after a restart", |world| written(world) == fields).await;
        world.until_fresh("a").await;
        assert_eq!(world.exchanges(), 1);
        world.configure(&configuration(world, "userId, email"));
        world.until("another choice is requested", |world| written(world)["email"] == json!(EMAIL)).await;
        assert_eq!((written(world)["userId"].clone(), world.exchanges()), (json!("U2second"), 2));
    });
}

#[test]
fn fields_are_in_the_outputs_and_the_record_only() {
    told(async |world| {
        world.put_key("a", "a");
        reply_with_user(world, "U2chosen");
        world.configure(&configuration(world, "userId"));
        world.start();
        world.until_fresh("a").await;
        let report = format!("{:?}", world.report("a"));
        world.stop().await;
        let said = format!("{:?}", world.lines());
        for text in [report, said] {
            assert!(!text.contains(EMAIL) && !text.contains("U2chosen"), "{text}");
        }
        let mut holders = Vec::new();
        for path in files(&world.path("")) {
            let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
            assert!(!text.contains(EMAIL), "{}", path.display());
            if text.contains("U2chosen") {
                holders.push(path);
            }
        }
        holders.sort();
        assert_eq!(holders, [world.path("out/a.json"), world.path("state/state/a.json")]);
        assert_eq!(holders[1].metadata().unwrap().permissions().mode() & 0o777, 0o600);
    });
}

const EMAIL: &str = "ann@canary.example";
