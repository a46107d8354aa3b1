//! `tokenwell wait`.

use std::{ffi::OsStr, fs, process::Command, time::Duration};

use tokenwell::sandbox::Answer;

use crate::{
    program::{Ended, Program, once, run, tokenwell},
    setting::Setting,
};

#[test]
fn existing_tokens_end_the_wait_without_a_daemon() {
    let mut setting = Setting::with(&["a", "b"]);
    assert_eq!(waited(&setting, "0s").code, Some(1));
    assert_eq!(Program::start(&mut once(&setting.path(""), "20s")).ended().code, Some(0));
    let ended = waited(&setting, "0s");
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    setting.clean(&ended);
    assert_eq!(setting.sandbox.counters().exchanges, 2, "waiting asks for nothing");
}

#[test]
fn the_wait_ends_with_the_last_token() {
    let setting = Setting::with(&["a", "b"]);
    let hold = setting.sandbox.hold();
    let daemon = Program::start(&mut run(&setting.path("")));
    setting.until_exchanges(2);
    let waiting = Program::start(&mut wait(&setting, "60s"));
    drop(hold);
    let ended = waiting.ended();
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    assert!(setting.path("out/a.jwt").exists() && setting.path("out/b.jwt").exists());
    daemon.stop();
}

#[test]
fn a_timeout_names_what_is_missing_and_why() {
    let setting = Setting::with(&["a", "b", "c", "d"]);
    assert_eq!(Program::start(&mut once(&setting.path(""), "20s")).ended().code, Some(0));
    fs::remove_file(setting.path("out/a.jwt")).unwrap();
    fs::write(setting.path("out/b.jwt"), "").unwrap();
    fs::remove_file(setting.path("state/state/c.json")).unwrap();
    let ended = waited(&setting, "50ms");
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""));
    let folder = setting.path("").display().to_string();
    let said = ended.stderr.replace(folder.trim_end_matches('/'), "DIR");
    insta::assert_snapshot!(said, @r"
    error: time-out after 50ms: 3 of 4 required tokens are not ready:
      a: `DIR/out/a.jwt` does not hold the token that was written last
      b: `DIR/out/b.jwt` does not hold the token that was written last
      c: no exchange was made yet
    ");
}

#[test]
fn of_several_files_only_the_one_at_fault_is_named() {
    let setting = Setting::with(&["a"]);
    let second = setting.path("out/second.jwt").display().to_string();
    let text = setting.named(&["a"]).replace("outputs: [", &format!("outputs: [{{path: {second}}}, "));
    setting.configure(&text);
    assert_eq!(Program::start(&mut once(&setting.path(""), "20s")).ended().code, Some(0));
    fs::write(&second, "").unwrap();
    let ended = waited(&setting, "0s");
    let said = format!("the one required token is not ready:\n  a: `{second}` is not as it should be\n");
    assert!(ended.stderr.ends_with(&said), "{}", ended.stderr);
}

#[test]
fn a_token_that_has_ended_is_missing() {
    let setting = Setting::with(&["a"]);
    setting.sandbox.set(|settings| settings.life = Duration::from_secs(2));
    assert_eq!(Program::start(&mut once(&setting.path(""), "20s")).ended().code, Some(0));
    setting.sandbox.set(|settings| settings.outage = Some(Answer::status(503)));
    let ended = crate::program::within("the end of the token", || {
        let ended = waited(&setting, "0s");
        (ended.code != Some(0)).then_some(ended)
    });
    assert!(ended.stderr.contains("a: the token has expired"), "{}", ended.stderr);
}

#[test]
fn optional_credentials_are_not_waited_for() {
    let mut setting = Setting::with(&["a"]);
    setting.put_key("b", "b");
    let both = setting.named(&["a", "b"]).replace("name: b", "name: b, required: false");
    setting.configure(&setting.named(&["a"]));
    assert_eq!(Program::start(&mut once(&setting.path(""), "20s")).ended().code, Some(0));
    setting.configure(&both);
    assert_eq!(waited(&setting, "0s").code, Some(0));
    fs::create_dir(setting.path("empty")).unwrap();
    let (keys, out) = (setting.path("empty"), setting.path("out/{name}.jwt"));
    let folder = |keys: &std::path::Path| {
        format!(
            "credentialsFrom: [{{accessKeyDirectory: {}, outputs: [{{path: \"{}\"}}]}}]\n",
            keys.display(),
            out.display()
        )
    };
    setting.configure(&folder(&keys));
    let ended = waited(&setting, "0s");
    assert_eq!(ended.code, Some(1));
    assert!(ended.stderr.contains("there is no access key in any key folder"), "{}", ended.stderr);
    setting.configure(&folder(&setting.path("nowhere")));
    let ended = waited(&setting, "0s");
    assert!(ended.stderr.contains("nowhere` is missing"), "{}", ended.stderr);
    setting.configure(&folder(&setting.path("keys")));
    let ended = waited(&setting, "0s");
    assert!(
        ended.stderr.contains("1 of 2 required tokens is not ready:\n  b: no exchange was made yet"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_set_is_waited_for_as_any_output() {
    let setting = Setting::with(&["a"]);
    let set = format!("sets: [{{directory: {}}}]\n", setting.path("out").display());
    setting.configure(&format!("{set}{}", setting.named(&["a"])));
    let waiting = Program::start(&mut wait(&setting, "60s"));
    let daemon = setting.ready();
    assert_eq!(waiting.ended().code, Some(0));
    daemon.stop();
    fs::remove_file(setting.path("out/a.jwt")).unwrap();
    let ended = waited(&setting, "0s");
    assert!(ended.stderr.contains("is not as it should be"), "{}", ended.stderr);
}

#[test]
fn every_token_of_a_large_fleet_is_counted() {
    let mut setting = Setting::new();
    let names: Vec<_> = (0..130).map(|n| format!("c{n:03}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    for name in &names {
        setting.put_key(name, name);
    }
    let status = format!("status: {{listen: \"unix:{}\"}}\n", setting.path("status.sock").display());
    setting.configure_with(&status, &setting.named(&names));
    setting.sandbox.set(|settings| settings.outage = Some(Answer::status(503)));
    let daemon = Program::start(&mut run(&setting.path("")));
    daemon.until_said("status is served", 1);
    let ended = waited(&setting, "0s");
    assert_eq!(ended.code, Some(1));
    assert!(ended.stderr.contains("130 of 130 required tokens are not ready:\n  c000: "), "{}", ended.stderr);
    assert!(ended.stderr.contains("\n  and 110 more\n"), "{}", ended.stderr);
    assert_eq!(ended.stderr.matches(" more").count(), 1, "{}", ended.stderr);
    setting.clean(&daemon.stop());
}

#[test]
fn a_wrong_configuration_is_reported_at_once() {
    let setting = Setting::new();
    setting.put("tokenwell.yaml", "credentials: 7\n");
    assert_eq!(waited(&setting, "60s").code, Some(2));
}

fn wait(setting: &Setting, timeout: &str) -> Command {
    let mut command = tokenwell(["wait", "--timeout", timeout, "--config"].map(OsStr::new));
    command.arg(setting.path("tokenwell.yaml"));
    command
}

fn waited(setting: &Setting, timeout: &str) -> Ended {
    Program::start(&mut wait(setting, timeout)).ended()
}
