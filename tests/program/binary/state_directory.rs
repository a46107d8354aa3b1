//! State directories: shared ones, those beside outputs, what is not ours in them, and state that is taken over.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    time::Duration,
};

use nix::{
    sys::{
        signal::Signal::{SIGHUP, SIGKILL, SIGUSR1},
        stat::Mode,
    },
    unistd::mkfifo,
};
use serde_json::Value;

use crate::{
    program::{Ended, Program, content, tokenwell, within},
    setting::{QUICK, Setting},
};

#[test]
fn a_second_daemon_at_a_state_directory_is_told_the_first() {
    let mut setting = Setting::with(&["a"]);
    setting.put_key("b", "b");
    let first = setting.ready();
    let (status, records) = (setting.path("state/status.json"), setting.path("state/state"));
    within("the first's status", || content(&status).contains("\"a\"").then_some(()));
    let second = second(&setting, &["b"]);
    let held = format!("is used by another tokenwell: process {} (`tokenwell`); stop it", first.pid());
    second.until_said(&held, 1);
    second.until_said("ready: every required token is on disk", 1);
    // It renews from memory.
    second.signal(SIGUSR1);
    setting.until_exchanges(3);
    second.until_said("token written", 2);
    assert!(content(&status).contains("\"a\"") && !content(&status).contains("\"b\""));
    assert!(!records.join("b.json").exists());
    let trouble =
        within("the trouble of the second", || asked(&setting).filter(|report| !report["troubles"][0].is_null()));
    assert!(trouble["troubles"].to_string().contains(&held), "{trouble}");

    first.signal(SIGKILL);
    drop(first.ended());
    second.until_said("is free; taking it over", 1);
    within("the record of the second", || records.join("b.json").exists().then_some(()));
    within("the status of the second", || content(&status).contains("\"b\"").then_some(()));
    assert!(records.join("a.json").exists(), "the first's record stays for its next start");
    let ended = second.stop();
    assert_eq!(ended.stderr.matches("is used by another tokenwell").count(), 1, "{}", ended.stderr);
    setting.clean(&ended);
    let exchanges = setting.sandbox.exchanges().len();
    for (configuration, name) in [("second.yaml", "b"), ("tokenwell.yaml", "a")] {
        let mut command = tokenwell(["run", "--config"]);
        command.arg(setting.path(configuration));
        let again = Program::start(&mut command);
        again.until_said("the token on disk is good", 1);
        setting.clean(&again.stop());
        assert_eq!(setting.sandbox.exchanges().len(), exchanges, "{name}");
    }
}

#[test]
fn a_daemon_that_was_killed_leaves_no_lock() {
    let setting = Setting::with(&["a"]);
    for _ in 0..3 {
        let program = setting.ready();
        program.signal(SIGKILL);
        drop(program.ended());
    }
    let ended = setting.ready().stop();
    assert!(!ended.stderr.contains("another tokenwell"), "{}", ended.stderr);
    assert_eq!(setting.sandbox.exchanges().len(), 1);
}

/// Starts a daemon with these credentials and the state directory of the first.
fn second(setting: &Setting, names: &[&str]) -> Program {
    let socket = setting.path("second.sock");
    let status = format!("status: {{listen: unix:{}}}\n", socket.display());
    setting.put("second.yaml", &setting.text(&format!("{QUICK}{status}{}", setting.named(names))));
    let mut command = tokenwell(["run", "--config"]);
    command.arg(setting.path("second.yaml"));
    Program::start(&mut command)
}

fn asked(setting: &Setting) -> Option<Value> {
    let mut command = tokenwell(["status", "--json", "--config"]);
    command.arg(setting.path("second.yaml"));
    let ended = Program::start(&mut command).ended();
    serde_json::from_str(&ended.stdout).ok()
}

#[test]
fn two_daemons_with_outputs_in_one_folder_share_no_state() {
    let mut setting = Setting::with(&["a"]);
    setting.put_key("b", "b");
    let both = [beside(&setting, "a.yaml", &setting.named(&["a"])), beside(&setting, "b.yaml", &setting.named(&["b"]))];
    for round in 0..2 {
        let daemons = [0, 1].map(|n| ready(&both[n]));
        for (file, name) in both.iter().zip(["a", "b"]) {
            let report = within("its own report", || {
                let ended = command("status", file, &["--json"]);
                let report: Value = serde_json::from_str(&ended.stdout).ok()?;
                (report["credentials"][0]["state"] == "fresh" && ended.code == Some(0)).then_some(report)
            });
            assert_eq!(report["credentials"].as_array().unwrap().len(), 1, "{report}");
            assert_eq!(report["credentials"][0]["name"], name);
            assert_eq!(command("wait", file, &["--timeout", "10s"]).code, Some(0));
        }
        for daemon in daemons {
            let ended = daemon.stop();
            assert!(
                !ended.stderr.contains("another tokenwell") && !ended.stderr.contains("gone or altered"),
                "{}",
                ended.stderr
            );
            setting.clean(&ended);
        }
        assert_eq!(setting.sandbox.exchanges().len(), 2, "round {round}");
    }
    assert_eq!(directories(&setting).len(), 2);
    let beside_outputs: Vec<_> =
        fs::read_dir(setting.path("out")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(beside_outputs.len(), 3, "tokens and `.tokenwell`: {beside_outputs:?}");
}

#[test]
fn credentials_come_and_go_and_the_state_stays() {
    let mut setting = Setting::with(&["b"]);
    setting.put_key("a", "a");
    let file = beside(&setting, "a.yaml", &setting.named(&["b"]));
    let daemon = ready(&file);
    let before = directories(&setting);
    beside(&setting, "a.yaml", &setting.named(&["a", "b"]));
    daemon.signal(SIGHUP);
    setting.until_exchanges(2);
    daemon.until_said("token written", 2);
    let names = |ended: &Ended| ended.stdout.matches("\"name\"").count();
    within("the report of both", || (names(&command("status", &file, &["--json"])) == 2).then_some(()));
    daemon.stop();
    for names in [&["a", "b"][..], &["b", "a"], &["a"], &["b", "a"]] {
        beside(&setting, "a.yaml", &setting.named(names));
        let daemon = ready(&file);
        daemon.until_said("the token on disk is good", names.len());
        setting.clean(&daemon.stop());
        assert_eq!((directories(&setting), setting.sandbox.exchanges().len()), (before.clone(), 2), "{names:?}");
    }
}

#[test]
fn the_state_of_the_old_place_is_taken_over() {
    for (name, lines) in [("an access key", "accessKeyFile: KEY"), ("a refresh token", "refreshTokenFile: REFRESH")] {
        for crash in [Crash::None, Crash::AfterChain, Crash::AfterRecord, Crash::BeforeTheLastRemoval] {
            let mut setting = rotating();
            let rest = credential(&setting, lines);
            let old = setting
                .text(&rest)
                .replace(&setting.path("state").display().to_string(), &setting.path("out").display().to_string());
            setting.put("old.yaml", &old);
            setting.clean(&ready(&setting.path("old.yaml")).stop());
            assert_eq!(setting.sandbox.exchanges().len(), 1);
            fs::write(setting.path("out/state/of-a-person.json"), "mine").unwrap();
            let file = beside(&setting, "new.yaml", &rest);
            crash.leave(&setting, &file);
            let daemon = ready(&file);
            daemon.until_said("the token on disk is good", 1);
            assert_eq!(setting.sandbox.exchanges().len(), 1, "{name}, {crash:?}");
            daemon.signal(SIGUSR1);
            setting.until_exchanges(2);
            daemon.until_said("token written", 1);
            let ended = daemon.stop();
            assert!(!ended.stderr.contains("denied") && !ended.stderr.contains("gone or altered"), "{}", ended.stderr);
            setting.clean(&ended);
            let left = ["state/a.json", "status.json", "jwks.json", "refresh-tokens"];
            let left: Vec<_> = left.into_iter().filter(|left| setting.path("out").join(left).exists()).collect();
            assert_eq!(left, [] as [&str; 0], "{name}, {crash:?}");
            assert_eq!(content(&setting.path("out/state/of-a-person.json")), "mine");
        }
    }
}

#[test]
fn what_is_not_ours_is_never_replaced() {
    let places = ["status.json", "jwks.json", "state/a.json"];
    let kinds: [fn(&Path); 5] = [
        |path| fs::write(path, "{\"version\": 1, \"of\": \"a person\"}").unwrap(),
        |path| fs::create_dir_all(path.join("within")).unwrap(),
        |path| mkfifo(path, Mode::S_IRWXU).unwrap(),
        |path| symlink("/etc/passwd", path).unwrap(),
        |path| fs::write(path, [0xff, 1, 2, 0]).unwrap(),
    ];
    for put in kinds {
        let mut setting = Setting::with(&["a"]);
        fs::create_dir(setting.path("state/state")).unwrap();
        for place in places {
            put(&setting.path("state").join(place));
        }
        let kept = || places.map(|place| kept(&setting.path("state").join(place)));
        let before = kept();
        let daemon = setting.ready();
        daemon.until_said("is not tokenwell's, and is not replaced; move it away", 3);
        daemon.signal(SIGUSR1);
        setting.until_exchanges(2);
        daemon.until_said("token written", 2);
        let ended = daemon.stop();
        assert_eq!(kept(), before, "{}", ended.stderr);
        assert_eq!(ended.stderr.matches("is not tokenwell's").count(), 3, "each once: {}", ended.stderr);
        setting.clean(&ended);
    }
}

#[test]
fn a_state_directory_of_another_configuration_is_named() {
    let mut setting = Setting::with(&["a"]);
    setting.put_key("b", "b");
    setting.put("b.yaml", &setting.text(&format!("{QUICK}{}", setting.named(&["b"]))));
    let daemon = ready(&setting.path("b.yaml"));
    within("the report of b", || content(&setting.path("state/status.json")).contains("\"b\"").then_some(()));
    let ended = command("status", &setting.path("tokenwell.yaml"), &[]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""));
    let wanted = format!("is of another configuration, `{}`", setting.path("b.yaml").display());
    assert!(ended.stderr.contains(&wanted), "{}", ended.stderr);
    for (name, more) in [("wait", &["--timeout", "0s"][..]), ("token", &[])] {
        let ended = command(name, &setting.path("tokenwell.yaml"), more);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""));
        assert!(ended.stderr.contains(&wanted), "{name}: {}", ended.stderr);
    }
    setting.clean(&daemon.stop());
}

/// What a crash during the take-over leaves.
#[derive(Clone, Copy, Debug)]
enum Crash {
    None,
    AfterChain,
    AfterRecord,
    BeforeTheLastRemoval,
}

impl Crash {
    fn leave(self, setting: &Setting, file: &Path) {
        let (old, new) = (setting.path("out"), state_directory(file));
        let copy = |folder: &str| {
            for entry in fs::read_dir(old.join(folder)).into_iter().flatten().flatten() {
                let name = entry.file_name();
                if name.to_string_lossy().starts_with("a.") {
                    fs::create_dir_all(new.join(folder)).unwrap();
                    fs::copy(entry.path(), new.join(folder).join(&name)).unwrap();
                }
            }
        };
        match self {
            Self::None => {}
            Self::AfterChain => copy("refresh-tokens"),
            Self::AfterRecord => ["refresh-tokens", "state"].into_iter().for_each(copy),
            Self::BeforeTheLastRemoval => {
                ["refresh-tokens", "state"].into_iter().for_each(copy);
                let _ = fs::remove_dir_all(old.join("refresh-tokens"));
            }
        }
    }
}

/// The state directory that the plan of a configuration names.
fn state_directory(file: &Path) -> PathBuf {
    let plan = command("check", file, &[]).stdout;
    let line = plan.lines().find(|line| line.contains("/.tokenwell/")).unwrap();
    line.split_whitespace().last().unwrap().into()
}

fn rotating() -> Setting {
    let mut setting = Setting::with(&["a"]);
    setting.sandbox.set(|settings| settings.rotate_refresh_tokens = true);
    let token = setting.sandbox.refresh_token("P2world", Duration::from_secs(90 * 86_400)).unwrap();
    setting.leaks.jwt(token.expose());
    setting.put("keys/refresh", token.expose());
    setting
}

fn credential(setting: &Setting, lines: &str) -> String {
    let source = lines
        .replace("KEY", &setting.path("keys/a").display().to_string())
        .replace("REFRESH", &setting.path("keys/refresh").display().to_string());
    let out = setting.path("out/a.jwt");
    format!("{QUICK}credentials:\n  - {{name: a, {source}, outputs: [{{path: {}}}]}}\n", out.display())
}

/// Writes a configuration without `stateDirectory`.
fn beside(setting: &Setting, name: &str, rest: &str) -> PathBuf {
    let text = setting.text(&if rest.starts_with(QUICK) { rest.to_owned() } else { format!("{QUICK}{rest}") });
    let lines: Vec<_> = text.lines().filter(|line| !line.starts_with("stateDirectory")).collect();
    setting.put(name, &lines.join("\n"));
    setting.path(name)
}

fn directories(setting: &Setting) -> Vec<PathBuf> {
    let entries = fs::read_dir(setting.path("out/.tokenwell")).unwrap();
    let mut directories: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    directories.sort();
    directories
}

fn ready(file: &Path) -> Program {
    let mut command = tokenwell(["run", "--config"]);
    command.arg(file);
    let program = Program::start(&mut command);
    program.until_said("ready: every required token is on disk", 1);
    program
}

fn command(name: &str, file: &Path, more: &[&str]) -> Ended {
    let mut command = tokenwell([name, "--config"]);
    command.arg(file).args(more);
    Program::start(&mut command).ended()
}

/// What is at a place: its kind, its mode, and its content if it is a file.
fn kept(path: &Path) -> (fs::FileType, fs::Permissions, Option<Vec<u8>>) {
    let found = path.symlink_metadata().unwrap();
    (found.file_type(), found.permissions(), found.is_file().then(|| fs::read(path).unwrap()))
}
