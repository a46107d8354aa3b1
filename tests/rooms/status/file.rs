//! `status.json` in the state directory.

use std::{fs, os::unix::fs::MetadataExt as _};

use tokenwell::status;

use crate::{
    program::{Program, once, within},
    served::{ready, setting, status_file, until},
    setting::Setting,
};

#[test]
fn the_file_matches_the_server_and_records_the_end() {
    let setting = setting(&["a"]);
    let (program, server) = ready(&setting);
    let path = setting.path("state/status.json");
    let file = within("the file is up to date", || {
        status_file(&setting.path("state")).filter(|file| file["credentials"][0]["state"] == "fresh")
    });
    let told = until(&server, "ready", |status| status["ready"] == true);
    for field in ["version", "ready", "processId", "projectId", "statusAddress", "programVersion", "stoppedAt"] {
        assert_eq!(file[field], told[field], "{field}");
    }
    let found = fs::metadata(&path).unwrap();
    assert_eq!(found.mode() & 0o7777, 0o640);
    assert_eq!(program.stop().code, Some(0));
    let last = status::read(&path).unwrap();
    assert!(last.stopped_at.is_some() && last.ready);
    assert_eq!(last.credentials[0].state, "fresh");
    assert!(!setting.path("state/.status.json.new").exists());
}

#[test]
fn what_is_read_back_is_what_was_written() {
    let setting = setting(&["a", "b"]);
    let (_program, server) = ready(&setting);
    setting.put("copy.json", &server.get("/status").body);
    let report = status::read(&setting.path("copy.json")).unwrap();
    assert_eq!(report.to_json(), fs::read_to_string(setting.path("copy.json")).unwrap());
}

#[test]
fn once_leaves_one_too() {
    let setting = Setting::with(&["a"]);
    let ended = Program::start(&mut once(&setting.path(""), "30s")).ended();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let report = status::read(&setting.path("state/status.json")).unwrap();
    assert!(report.stopped_at.is_some() && report.credentials[0].ready);
}

#[test]
fn an_idle_daemon_does_not_write() {
    let setting = setting(&["a"]);
    let (program, server) = ready(&setting);
    let path = setting.path("state/status.json");
    within("the file is up to date", || {
        status_file(&setting.path("state")).filter(|file| file["credentials"][0]["outputs"][0]["writtenAt"].is_string())
    });
    let inode = fs::metadata(&path).unwrap().ino();
    for _ in 0..20 {
        assert_eq!(server.get("/readyz").status, 200);
        assert_eq!(server.get("/status").status, 200);
    }
    assert_eq!(fs::metadata(&path).unwrap().ino(), inode, "asking changes nothing");
    program.stop();
}

#[test]
fn one_that_cannot_be_written_is_said_once_and_costs_no_token() {
    let setting = setting(&["a", "b"]);
    fs::create_dir(setting.path("state/status.json")).unwrap();
    let program = Program::start(&mut crate::program::run(&setting.path("")));
    program.until_said("ready: every required token is on disk", 1);
    program.until_said("cannot write status file", 1);
    fs::remove_dir(setting.path("state/status.json")).unwrap();
    program.signal(nix::sys::signal::Signal::SIGUSR1);
    program.until_said("the status file can be written again", 1);
    let ended = program.stop();
    assert_eq!(ended.stderr.matches("cannot write status file").count(), 1, "{}", ended.stderr);
}

#[test]
fn what_is_no_status_file_differs_from_none_at_all() {
    let setting = Setting::new();
    let path = setting.path("status.json");
    let read = || status::read(&path).unwrap_err().to_string().replace(&path.display().to_string(), "FILE");
    assert_eq!(read(), "there is no status file `FILE`; has tokenwell run with this configuration?");
    for text in ["", "{", "[]", "{\"version\": 1}", "{\"version\": 2, \"credentials\": []}"] {
        setting.put("status.json", text);
        assert_eq!(
            read(),
            "`FILE` is not a status file of this version; check which other program writes it",
            "{text}"
        );
    }
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert!(read().starts_with("cannot read status file `FILE`: "), "{}", read());
}
