//! Key files that hold something else than a key alone: `check`, `check --online`, the log and the status name it, and quote nothing.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use tokenwell::secret::Secret;

use crate::{
    program::{Ended, Program, run, tokenwell, within},
    setting::Setting,
};

/// What each file holds, where `§` is a key, and what is said of it.
const FILES: [(&str, &str, &str, &str); 9] = [
    ("quotes", "\"§\"\n", "a text in quotes", "remove the quotes"),
    ("line", "DESCOPE_ACCESS_KEY=§\n", "a line of the form `NAME=VALUE`", "keep only what follows the `=`"),
    ("escape", "§\\n", "a literal `\\n`", "`printf '%s'`"),
    ("encoded", "BASE64", "base64 of a text", "`base64 -d` prints it"),
    ("unfilled", "${ACCESS_KEY}", "a placeholder that was not filled in", "write the access key itself"),
    ("sops", "ENC[§]", "an encrypted text", "decrypt it"),
    ("angle", "<§>", "a placeholder that was not filled in", "write the access key itself"),
    ("nothing", "null", "`null`, `None` or another word", "write the access key itself"),
    ("comma", "§,", "a text with a trailing `,`", "remove it"),
];

fn setting() -> Setting {
    let mut setting = Setting::new();
    for (name, content, _, _) in FILES {
        let key = setting.key(name);
        let content = content.replace('§', &key).replace("BASE64", &STANDARD.encode(&key));
        setting.put(&format!("keys/{name}"), &content);
        setting.sandbox.revoke(&Secret::new(content.trim().to_owned()));
    }
    let names = FILES.map(|(name, ..)| name);
    setting.configure(&setting.named(&names));
    setting
}

fn ask(setting: &Setting, command: &[&str]) -> Ended {
    Program::start(tokenwell(command).arg("--config").arg(setting.path("tokenwell.yaml"))).ended()
}

fn said_of(setting: &Setting, name: &str, what: &str) -> String {
    format!(
        "key file `{}` seems to hold no usable access key: it looks like ",
        setting.path(&format!("keys/{name}")).display()
    ) + if what.starts_with("a literal") { "a text with " } else { "" }
        + what
}

#[test]
fn check_names_what_a_key_file_holds_instead() {
    let setting = setting();
    let check = ask(&setting, &["check"]);
    assert_eq!(check.code, Some(0), "{check:?}");
    let online = ask(&setting, &["check", "--online"]);
    assert_eq!(online.code, Some(1), "{online:?}");
    for (name, _, what, remedy) in FILES {
        let said = said_of(&setting, name, what);
        let lines = check.stderr.lines().chain(online.stdout.lines());
        let lines: Vec<_> = lines.filter(|line| line.contains(&said) && line.contains(remedy)).collect();
        assert_eq!(lines.len(), 3, "a warning, a note and the remedy of the denial of {name}: {check:?} {online:?}");
    }
    assert!(!online.stdout.contains("make a new access key"), "{}", online.stdout);
    for said in [&check.stdout, &check.stderr, &online.stdout, &online.stderr] {
        assert_eq!(setting.leaks.found_in(said), None, "in {} bytes", said.len());
    }
    assert_eq!(setting.sandbox.counters().exchanges, FILES.len() as u64, "each is sent all the same");
}

#[test]
fn a_denied_text_that_is_no_key_has_its_own_remedy() {
    let mut setting = setting();
    let daemon = Program::start(&mut run(&setting.path("")));
    setting.until_exchanges(FILES.len() as u64);
    let status = within("every denial", || {
        let status = ask(&setting, &["status", "--json"]).stdout;
        FILES.iter().all(|(name, ..)| status.contains(&format!("/keys/{name}` seems to hold"))).then_some(status)
    });
    let ended = daemon.stop();
    let mut logged = 0;
    for (name, _, what, remedy) in FILES {
        let said = said_of(&setting, name, what);
        logged += usize::from(ended.stderr.lines().any(|line| line.contains(&said) && line.contains(remedy)));
        let said = said.replace('\\', "\\\\");
        assert!(status.lines().any(|line| line.contains("\"remedy\"") && line.contains(&said)), "{name}: {status}");
    }
    assert!(logged > 0, "lines that are alike are counted: {}", ended.stderr);
    assert!(!status.contains("make a new access key"), "{status}");
    setting.clean(&ended);
}

#[test]
fn the_key_of_a_file_that_is_put_right_is_used() {
    let mut setting = Setting::new();
    let key = setting.key("a");
    setting.put("keys/a", &format!("'{key}'"));
    setting.sandbox.revoke(&Secret::new(format!("'{key}'")));
    setting.configure(&setting.named(&["a"]));
    let daemon = Program::start(&mut run(&setting.path("")));
    daemon.until_said("remove the quotes", 1);
    setting.put("keys/a", &key);
    daemon.until_said("ready: every required token is on disk", 1);
    let ended = daemon.stop();
    setting.clean(&ended);
    assert_eq!(setting.sandbox.counters().sessions, 1);
}
