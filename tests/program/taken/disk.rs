//! A disk that hangs: it holds up what is on it and nothing else, and is told by the path of the file.

use std::{fs, path::Path};

use nix::sys::signal::Signal;

use crate::{
    client::Server,
    fuse_mount::{Attributes, Call, FuseMount},
    program::{Program, tokenwell, within},
    setting::Setting,
};

#[test]
fn a_write_and_a_read_that_hang_are_told_and_hold_up_no_other() {
    let mut setting = Setting::new();
    let [slow_out, slow_key] = ["slow-out", "slow-key"].map(|name| setting.path(name));
    let Some(out) = FuseMount::at(&slow_out, Attributes::Stored) else { return };
    let Some(keys) = FuseMount::at(&slow_key, Attributes::Stored) else { return };
    configure(&mut setting);
    let program = setting.ready();
    let server = Server::Unix(setting.path("out/status.sock"));

    out.hang(Call::Create);
    program.signal(Signal::SIGUSR1);
    out.until_one_hangs();
    keys.hang(Call::Open);
    program.signal(Signal::SIGUSR1);
    keys.until_one_hangs();
    for _ in 0..RENEWALS {
        renews(&mut setting, &program);
    }
    let told = |what: &str, path: &Path| format!("{what} `{}` has been hanging for 3", path.display());
    let write = told("a write to", &slow_out.join("a.jwt"));
    let read = told("a read of", &slow_key.join("b"));
    for line in [&write, &read] {
        program.until_said(line, 1);
    }
    renews(&mut setting, &program);
    let status = server.get("/status").body;
    for part in [
        format!("\"error\": \"a write to `{}` hangs; does its disk respond?\"", slow_out.join("a.jwt").display()),
        format!("\"a read of `{}` hangs; does its disk respond?\"", slow_key.join("b").display()),
        "\"state\": \"failing\"".to_owned(),
    ] {
        assert!(status.contains(&part), "{part}: {status}");
    }
    let metrics = server.get("/metrics").body;
    let failed = "tokenwell_publishes_total{credential=\"a\",outcome=\"failed\"} 1\n";
    assert!(metrics.contains(failed) && metrics.contains("tokenwell_ready 1\n"), "{metrics}");
    assert_eq!(server.get("/readyz").status, 200, "the last token is on disk and valid");

    out.release();
    keys.release();
    program.until_said("has ended after it had been hanging for", 2);
    within("a fresh state", || (!server.get("/status").body.contains("hangs")).then_some(()));
    program.signal(Signal::SIGUSR1);
    within("no failure", || (!server.get("/status").body.contains("\"failing\"")).then_some(()));
    let ended = program.stop();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    for line in [&write, &read] {
        assert_eq!(ended.stderr.matches(line).count(), 1, "{}", ended.stderr);
    }
    setting.clean(&ended);
}

#[test]
fn a_stop_does_not_wait_for_a_disk_that_hangs() {
    let mut setting = Setting::new();
    let slow_out = setting.path("slow-out");
    let Some(out) = FuseMount::at(&slow_out, Attributes::Stored) else { return };
    fs::create_dir(setting.path("slow-key")).unwrap();
    configure(&mut setting);
    let program = setting.ready();
    out.hang(Call::Rename);
    program.signal(Signal::SIGUSR1);
    out.until_one_hangs();
    renews(&mut setting, &program);
    program.signal(Signal::SIGTERM);
    program.until_said("a write hangs; stopping without it", 1);
    // The kernel ends the process once the call returns or is aborted.
    program.until_said("stopped", 1);
    out.release();
    let ended = program.ended();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    setting.clean(&ended);
}

#[test]
fn commands_end_in_time_although_the_outputs_hang() {
    ends_in_time("slow-out");
}

#[test]
fn commands_end_in_time_although_the_state_hangs() {
    ends_in_time("state");
}

#[test]
fn commands_end_in_time_although_the_configuration_hangs() {
    ends_in_time("config");
}

fn ends_in_time(hanging: &str) {
    let mut setting = Setting::new();
    let mounted = setting.path(hanging);
    let Some(mount) = FuseMount::at(&mounted, Attributes::Stored) else { return };
    for folder in ["slow-out", "slow-key"] {
        fs::create_dir_all(setting.path(folder)).unwrap();
    }
    configure(&mut setting);
    let mut file = setting.path("tokenwell.yaml");
    if hanging == "config" {
        file = mounted.join("tokenwell.yaml");
        fs::copy(setting.path("tokenwell.yaml"), &file).unwrap();
    }
    let started = |arguments: &[&str]| Program::start(tokenwell(arguments).arg("--config").arg(&file));
    let wait = ["wait", "--timeout", "1s"];
    let ended = setting.ready().stop();
    assert_eq!(started(&wait).ended().code, Some(0), "{ended:?}");
    for call in [Call::Lookup, Call::Attributes, Call::Open, Call::List] {
        mount.hang(call);
    }
    for command in [&wait[..], &["status"]] {
        let ended = started(command).ended();
        assert_eq!(ended.code, Some(1), "{}", ended.stderr);
        assert!(ended.stderr.contains("takes too long"), "{}", ended.stderr);
    }
    mount.release();
    assert_eq!(started(&wait).ended().code, Some(0), "the disk responds again");
}

/// Renews the tokens, of which that of `c` must come.
fn renews(setting: &mut Setting, program: &Program) {
    let before = setting.token("c").unwrap();
    program.signal(Signal::SIGUSR1);
    within("a new token", || (setting.token("c").unwrap() != before).then_some(()));
}

/// `a` has its output at `slow-out`, `b` its key at `slow-key`, and `c` neither.
fn configure(setting: &mut Setting) {
    for name in ["a", "b", "c"] {
        setting.put_key(name, name);
    }
    fs::rename(setting.path("keys/b"), setting.path("slow-key/b"))
        .or_else(|_| fs::copy(setting.path("keys/b"), setting.path("slow-key/b")).map(drop))
        .unwrap();
    let [out, key] = ["slow-out/a.jwt", "slow-key/b"].map(|name| setting.path(name).display().to_string());
    let usual = |name: &str| setting.path(name).display().to_string();
    let credentials =
        setting.named(&["a", "b", "c"]).replace(&usual("out/a.jwt"), &out).replace(&usual("keys/b"), &key);
    setting.configure(&format!("status: {{listen: \"unix:{}\"}}\n{credentials}", usual("out/status.sock")));
}

/// At least 100 ms apart; while they are made, most of the 30 s pass after which a hang is told.
const RENEWALS: u32 = 100;
