//! Without inotify: changes are found by the poll.

use std::{fs, process::Command};

use crate::{
    program::{Program, run, within},
    setting::Setting,
    skipped,
};

#[test]
fn without_inotify_changes_are_found_by_the_poll() {
    let mut setting = Setting::with(&["a"]);
    let Some(mut command) = without_inotify(&run(&setting.path(""))) else { return };
    let program = Program::start(&mut command);
    program.until_said("ready: every required token is on disk", 1);
    program.until_said("cannot watch folder", 1);

    let before = setting.token("a");
    let key = setting.put_key("a", "other");
    within("a token of the new key", || (setting.token("a") != before).then_some(()));
    let of_the_key = setting.sandbox.exchanges().iter().filter(|seen| seen.key == Some(key.fingerprint())).count();
    assert_eq!(of_the_key, 1);

    let token = setting.token("a").unwrap();
    fs::remove_file(setting.path("out/a.jwt")).unwrap();
    within("the token is written again", || setting.token("a"));
    assert_eq!(setting.token("a").unwrap(), token, "from memory");

    let ended = program.stop();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(ended.stderr.matches("cannot watch folder").count(), 1, "{}", ended.stderr);
    assert_eq!(setting.sandbox.counters().exchanges, 2);
    setting.clean(&ended);
}

#[test]
fn without_watches_changes_are_found_until_they_are_back() {
    let mut setting = Setting::with(&["a"]);
    let Some(mut command) = in_namespace("true", &run(&setting.path(""))) else { return };
    let program = Program::start(&mut command);
    program.until_said("ready: every required token is on disk", 1);
    let limit = |watches: u32| {
        let write = format!("echo {watches} > /proc/sys/user/max_inotify_watches");
        let pid = program.pid().to_string();
        let written = Command::new("nsenter").args(["--user", "--target", &pid, "sh", "-c", &write]).status();
        assert!(written.unwrap().success());
    };
    limit(0);
    // A watch ends with its folder; the new one needs another.
    fs::rename(setting.path("keys"), setting.path("former")).unwrap();
    fs::create_dir(setting.path("keys")).unwrap();
    let key = setting.put_key("a", "other");
    program.until_said("cannot watch folder", 1);
    let asked = |setting: &Setting| setting.sandbox.exchanges().iter().any(|seen| seen.key == Some(key.fingerprint()));
    within("an exchange of the new key", || asked(&setting).then_some(()));
    limit(1000);
    program.until_said("every folder is watched again", 1);
    let ended = program.stop();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    setting.clean(&ended);
}

fn without_inotify(command: &Command) -> Option<Command> {
    in_namespace("echo 0 > /proc/sys/user/max_inotify_instances", command)
}

/// The command in a user namespace, whose limits are its own. Returns `None`, with a notice, where there are none.
fn in_namespace(before: &str, command: &Command) -> Option<Command> {
    let possible = Command::new("unshare").args(["--map-root-user", "sh", "-c", before]).output();
    if !possible.is_ok_and(|ended| ended.status.success()) {
        skipped::on_this_machine("no user namespaces here (`unshare --user` is not permitted)");
        return None;
    }
    let mut inside = Command::new("unshare");
    inside.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    inside.args(["--map-root-user", "sh", "-c", &format!("{before} && exec \"$0\" \"$@\"")]);
    inside.arg(command.get_program()).args(command.get_args());
    Some(inside)
}
