//! Fields of the reply: those that an output lists are in that output and in the record, and no field is anywhere else.

use std::fs;

use serde_json::json;
use tokenwell::sandbox::{Answer, Shape};

use crate::{
    asked::files,
    program::{Program, TOKENWELL, run},
    setting::{QUICK, Setting},
};

/// A value that an output lists.
const CHOSEN: &str = "U2chosen";
/// Values that no output lists: the user's other fields, the reply's other fields, and its other tokens.
const OTHERS: [&str; 4] = ["ann@canary.example", "canary-cookie", "canary-claim", "canary-external"];

#[test]
fn no_face_shows_the_fields_of_a_reply() {
    let mut setting = Setting::new();
    setting.put_key("a", "a");
    let body = json!({
        "user": {"userId": CHOSEN, "email": OTHERS[0], "name": OTHERS[0]}, "cookieName": OTHERS[1],
        "claims": {"a": OTHERS[2]}, "externalToken": OTHERS[3],
    });
    let shape = Shape { body: body.as_object().unwrap().clone(), ..Shape::default() };
    setting.sandbox.set(|settings| settings.outage = Some(Answer::Session(shape)));
    let json = format!("{{path: {}, format: json, fields: [userId]}}", setting.path("out/a.json").display());
    let credentials = setting.named(&["a"]).replace("outputs: [", &format!("outputs: [{json}, "));
    let hook = ", hooks: [{command: [/usr/bin/env]}]}";
    let credentials = credentials.replace("]}\n", &format!("]{hook}\n"));
    setting.configure_with(QUICK, &format!("confine: off\n{credentials}"));
    let program = Program::start(run(&setting.path("")).env("TOKENWELL_LOG", "trace"));
    program.until_said("token written", 1);
    let of_command = |command: &[&str]| {
        let mut process = std::process::Command::new(TOKENWELL);
        process.args(command).args(["--config", "tokenwell.yaml"]).env_clear().env("TOKENWELL_LOG", "trace");
        let ended = Program::start(process.current_dir(setting.path(""))).ended();
        format!("{}{}", ended.stdout, ended.stderr)
    };
    let mut said = vec![of_command(&["status"]), of_command(&["status", "--json"]), of_command(&["check", "--online"])];
    let ended = program.stop();
    said.extend([of_command(&["once"]), ended.stdout, ended.stderr]);
    for text in &said {
        let found = OTHERS.iter().chain([&CHOSEN]).find(|value| text.contains(**value));
        assert_eq!(found, None, "in {} bytes", text.len());
    }
    let mut holders = Vec::new();
    for path in files(&setting.path("")) {
        let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
        assert_eq!(OTHERS.iter().find(|value| text.contains(**value)), None, "{}", path.display());
        if text.contains(CHOSEN) {
            holders.push(path);
        }
    }
    holders.sort();
    assert_eq!(holders, [setting.path("out/a.json"), setting.path("state/state/a.json")]);
}
