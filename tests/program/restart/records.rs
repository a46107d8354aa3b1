//! State files that are damaged, foreign or owned by another user, and state folders that cannot be written.

use std::{
    fs::{self, File},
    os::unix::fs::symlink,
};

use nix::{sys::stat::Mode, unistd::mkfifo};
use serde_json::{Value, json};

use crate::{
    past::{Damage, Past, RECORD, credential, said, troubles},
    setting::Setting,
};

#[test]
fn a_damaged_state_file_costs_one_exchange() {
    let damages: [Damage; 9] = [
        ("empty", |past| past.put(RECORD, "")),
        ("zero bytes after a loss of power", |past| {
            File::create(past.path(RECORD)).unwrap().set_len(1 << 40).unwrap();
        }),
        ("half", |past| {
            let text = fs::read_to_string(past.path(RECORD)).unwrap();
            past.put(RECORD, &text[..text.len() / 2]);
        }),
        ("of a later version", |past| past.edit_record(|record| record["version"] = json!(2))),
        ("of another credential", |past| past.edit_record(|record| record["credential"] = json!("b"))),
        ("with a life of a century", |past| {
            past.edit_record(|record| record["session"]["lifetimeSeconds"] = json!(3.2e9));
        }),
        ("with a time that never was", |past| {
            past.edit_record(|record| record["session"]["sent"]["wall"] = json!("2026-13-41T00:00:00Z"));
        }),
        ("with a negative boot clock", |past| {
            past.edit_record(|record| record["session"]["sent"]["sinceBootSeconds"] = json!(-1));
        }),
        ("without a key", |past| past.edit_record(|record| record["asked"]["keyFingerprint"] = Value::Null)),
    ];
    for (damage, act) in damages {
        let mut past = Past::new();
        act(&past);
        let ended = past.process();
        assert_eq!(past.requests(), (2, 1), "{damage}: {}", ended.stderr);
        assert_eq!(troubles(&ended).len(), 1, "{damage}: {:?}", troubles(&ended));
        assert_eq!(said(&ended, "state file `").len(), 1, "{damage}");
        past.idle_process();
    }
}

#[test]
fn what_is_no_state_file_is_left_alone() {
    let foreign: [Damage; 5] = [
        ("garbage", |past| fs::write(past.path(RECORD), [0xff, 0, 0x80]).unwrap()),
        ("nested", |past| past.put(RECORD, &"[".repeat(200_000))),
        ("a list", |past| past.put(RECORD, "[]")),
        ("a link", |past| {
            fs::rename(past.path(RECORD), past.path("state/state/elsewhere")).unwrap();
            symlink("elsewhere", past.path(RECORD)).unwrap();
        }),
        ("a pipe", |past| {
            fs::remove_file(past.path(RECORD)).unwrap();
            mkfifo(&past.path(RECORD), Mode::S_IRWXU).unwrap();
        }),
    ];
    for (kind, act) in foreign {
        let mut past = Past::new();
        act(&past);
        let before = kept(&past);
        let ended = past.process();
        assert_eq!(past.requests(), (2, 1), "{kind}: {}", ended.stderr);
        assert_eq!(kept(&past), before, "{kind}");
        let mut why = troubles(&ended);
        why.retain(|why| why.contains("is not tokenwell's, and is not replaced; move it away"));
        assert_eq!(why.len(), 1, "{kind}: {}", ended.stderr);
        assert!(why[0].contains(&past.path(RECORD).display().to_string()), "{why:?}");
        fs::remove_file(past.path(RECORD)).unwrap();
        past.process();
        past.idle_process();
    }
}

/// What is at the record's place: its kind, and its content if it is a file.
fn kept(past: &Past) -> (fs::FileType, Option<Vec<u8>>) {
    let kind = past.path(RECORD).symlink_metadata().unwrap().file_type();
    (kind, kind.is_file().then(|| fs::read(past.path(RECORD)).unwrap()))
}

#[test]
fn a_missing_state_file_costs_one_exchange() {
    let mut past = Past::new();
    fs::remove_file(past.path(RECORD)).unwrap();
    let ended = past.process();
    assert_eq!((past.requests(), troubles(&ended)), ((2, 1), Vec::new()));
    fs::remove_dir_all(past.path("state")).unwrap();
    let ended = past.process();
    assert_eq!((past.requests(), troubles(&ended)), ((3, 2), Vec::new()), "the public keys were there as well");
    past.idle_process();
}

#[test]
fn a_session_that_was_asked_for_otherwise_is_not_taken_over() {
    let changes: [Change; 4] = [
        // Another project has other public keys, and so another API.
        ("project", |setting| replaced(setting, "projectId: P2world", "projectId: P2other"), 2),
        ("base URL", |setting| replaced(setting, "127.0.0.1", "localhost"), 2),
        ("custom claims", |setting| configured(setting, "    customClaims: {tier: gold}\n"), 1),
        ("tenant", |setting| configured(setting, "    selectedTenant: T2abc\n"), 1),
    ];
    for (change, act, keys_fetches) in changes {
        let mut past = Past::new();
        act(&mut past);
        let ended = past.process();
        assert_eq!(past.requests(), (2, keys_fetches), "{change}: {}", ended.stderr);
        assert_eq!(said(&ended, "was requested with other settings").len(), 1, "{change}");
        assert_eq!(troubles(&ended), &[] as &[String], "{change}");
        past.idle_process();
    }
}

#[test]
fn unwritable_state_is_logged_once_and_costs_no_token() {
    let obstacles: [Damage; 3] = [
        ("a file for the state directory", |past| {
            fs::remove_dir_all(past.path("state")).unwrap();
            past.put("state", "");
        }),
        ("a file for the folder of the records", |past| {
            fs::remove_dir_all(past.path("state/state")).unwrap();
            past.put("state/state", "");
        }),
        ("a folder for the record", |past| {
            fs::remove_file(past.path(RECORD)).unwrap();
            fs::create_dir_all(past.path(RECORD).join("in the way")).unwrap();
        }),
    ];
    for (obstacle, act) in obstacles {
        let mut past = Past::new();
        let credentials = past.named(&["a", "b"]);
        past.put_key("b", "b");
        past.configure(&credentials);
        act(&past);
        for round in 1..=2 {
            let before = past.requests().0;
            let ended = past.process();
            assert!(past.requests().0 - before <= 2, "{obstacle}: {}", ended.stderr);
            // The status file may fail in the same way, with its own message.
            let (of_status, why): (Vec<_>, Vec<_>) =
                troubles(&ended).into_iter().partition(|why| why.starts_with("cannot write status file `"));
            assert!(of_status.len() <= 1, "{obstacle}, round {round}: {of_status:?}");
            assert_eq!(why.len(), 1, "{obstacle}, round {round}: {why:?}");
            assert!(why[0].starts_with("cannot write state file `"), "{obstacle}: {why:?}");
            assert!(past.token("a").is_some() && past.token("b").is_some(), "{obstacle}");
        }
    }
}

#[test]
fn a_state_folder_that_can_be_written_again_is_said_and_used() {
    let mut past = Past::new();
    fs::remove_dir_all(past.path("state/state")).unwrap();
    past.put("state/state", "");
    let program = past.ready();
    fs::remove_file(past.path("state/state")).unwrap();
    program.signal(nix::sys::signal::Signal::SIGUSR1);
    program.until_said("every state file can be written again", 1);
    program.until_said("\"token written\"", 2);
    program.stop();
    past.idle_process();
}

/// The change, and the expected number of requests for the public keys.
type Change = (&'static str, fn(&mut Setting), u64);

fn replaced(setting: &Setting, from: &str, to: &str) {
    let text = fs::read_to_string(setting.path("tokenwell.yaml")).unwrap();
    assert!(text.contains(from));
    setting.put("tokenwell.yaml", &text.replace(from, to));
}

fn configured(setting: &Setting, line: &str) {
    let output = setting.path("out/a.jwt");
    let lines = format!("{line}    outputs: [{{path: {}}}]\n", output.display());
    setting.configure_with("", &credential(setting, &lines));
}
