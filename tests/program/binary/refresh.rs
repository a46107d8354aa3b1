//! A refresh that is under way when the program is to stop: it ends, and the rotated token is on disk.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::Duration,
};

use nix::sys::signal::Signal::{self, SIGHUP, SIGINT, SIGTERM};
use tokenwell::{
    fingerprint::Fingerprint,
    sandbox::{Answer, Endpoint, RequestOutcome},
    secret::Secret,
    session::Jwt,
};

use crate::{
    program::{Ended, Program, once, run, tokenwell},
    setting::Setting,
};

/// A setting with one refresh token that rotates, and the fingerprint of the mounted one.
fn rotating() -> (Setting, Fingerprint) {
    let mut setting = Setting::new();
    setting.sandbox.set(|settings| settings.rotate_refresh_tokens = true);
    let token = setting.sandbox.refresh_token("P2world", Duration::from_secs(90 * 86_400)).unwrap();
    setting.leaks.jwt(token.expose());
    setting.put("keys/refresh", token.expose());
    setting.configure(&one(&setting));
    (setting, token.fingerprint())
}

fn one(setting: &Setting) -> String {
    let (file, out) = (setting.path("keys/refresh"), setting.path("out/a.jwt"));
    let (file, out) = (file.display(), out.display());
    format!(
        "http: {{timeout: 300s}}\ncredentials:\n  - {{name: a, refreshTokenFile: {file}, outputs: [{{path: {out}}}]}}\n"
    )
}

/// Stops the program while the server holds the reply, and lets the reply come.
fn stopped_during_a_refresh(setting: &mut Setting, command: &mut Command, stop: impl FnOnce(&Program)) -> Ended {
    let held = setting.sandbox.hold();
    let program = Program::start(command);
    setting.until_exchanges(1);
    stop(&program);
    drop(held);
    program.ended()
}

/// The rotated token in the state directory.
fn rotated(setting: &mut Setting, mount: Fingerprint) -> Secret {
    let file = setting.path(&format!("state/refresh-tokens/a.{mount}.jwt"));
    let token = fs::read_to_string(file).unwrap();
    assert!(Jwt::parse(&token).is_ok());
    setting.leaks.jwt(&token);
    Secret::new(token)
}

/// Checks that the refresh ended, that its token is stored, and that the next process presents it.
fn nothing_is_lost(setting: &mut Setting, mount: Fingerprint, ended: &Ended) {
    let [seen] = setting.sandbox.exchanges().try_into().unwrap();
    assert_eq!((seen.outcome, seen.key), (RequestOutcome::Session, Some(mount)), "{}", ended.stderr);
    let rotated = rotated(setting, mount);
    assert!(setting.token("a").is_some(), "its session is written too: {}", ended.stderr);
    setting.clean(ended);
    fs::remove_file(setting.path("out/a.jwt")).unwrap();
    let next = Program::start(&mut once(&setting.path(""), "30s")).ended();
    assert_eq!(next.code, Some(0), "{}", next.stderr);
    assert_eq!(setting.sandbox.exchanges()[1].key, Some(rotated.fingerprint()));
}

fn signalled(signal: Signal, said: &'static str) -> impl FnOnce(&Program) {
    move |program| {
        program.signal(signal);
        program.until_said(said, 1);
    }
}

#[test]
fn term_and_int_wait_for_a_refresh_under_way() {
    for signal in [SIGTERM, SIGINT] {
        let (mut setting, mount) = rotating();
        let mut command = run(&setting.path(""));
        let ended = stopped_during_a_refresh(&mut setting, &mut command, signalled(signal, "stopping"));
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        nothing_is_lost(&mut setting, mount, &ended);
    }
}

#[test]
fn public_keys_that_hang_do_not_delay_the_end() {
    let (mut setting, mount) = rotating();
    setting.sandbox.set(|settings| settings.keys_outage = Some(Answer::Hang));
    let mut command = run(&setting.path(""));
    // The time-out of a request is longer than a test waits for the end of a program.
    let ended = stopped_during_a_refresh(&mut setting, &mut command, signalled(SIGTERM, "stopping"));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    rotated(&mut setting, mount);
    assert!(setting.token("a").is_some(), "{}", ended.stderr);
}

#[test]
fn once_waits_for_a_refresh_at_its_timeout_and_on_term() {
    for (timeout, signal) in [("500ms", None), ("300s", Some(SIGTERM))] {
        let (mut setting, mount) = rotating();
        let mut command = once(&setting.path(""), timeout);
        let stop = |program: &Program| {
            if let Some(signal) = signal {
                program.signal(signal);
            }
            program.until_said("waiting for the answer to a refresh", 1);
        };
        let ended = stopped_during_a_refresh(&mut setting, &mut command, stop);
        assert_eq!(ended.code, Some(1), "{}", ended.stderr);
        nothing_is_lost(&mut setting, mount, &ended);
    }
}

#[test]
fn the_end_of_a_supervised_program_waits_for_a_refresh() {
    let (mut setting, mount) = rotating();
    let program = "trap 'exit 0' TERM; echo started >&2; while :; do sleep 0.1; done";
    let mut command = exec(&setting.path(""), program);
    let supervised = Program::start(&mut command);
    supervised.until_said("started", 1);
    let held = setting.sandbox.hold();
    fs::write(setting.path("tokenwell.yaml"), setting.text(&changed(&setting))).unwrap();
    setting.until_exchanges(2);
    supervised.signal(SIGTERM);
    supervised.until_said("waiting for the answer to a refresh", 1);
    drop(held);
    let ended = supervised.ended();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let seen = setting.sandbox.exchanges();
    assert!(seen.iter().all(|seen| seen.outcome == RequestOutcome::Session), "{}", ended.stderr);
    let newest = rotated(&mut setting, mount).fingerprint();
    assert!(seen.iter().all(|seen| seen.key != Some(newest)), "the answer to the last refresh is stored");
}

#[test]
fn a_second_term_to_a_supervisor_does_not_wait_for_the_refresh() {
    let (mut setting, _) = rotating();
    let program = "trap 'exit 0' TERM; echo started >&2; while :; do sleep 0.1; done";
    let supervised = Program::start(&mut exec(&setting.path(""), program));
    supervised.until_said("started", 1);
    let held = setting.sandbox.hold();
    setting.put("tokenwell.yaml", &setting.text(&changed(&setting)));
    setting.until_exchanges(2);
    supervised.signal(SIGTERM);
    supervised.until_said("waiting for the answer to a refresh", 1);
    supervised.signal(SIGTERM);
    let ended = supervised.ended();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    setting.until("the client has left", |counters| counters.abandoned == 1);
    drop(held);
    setting.learn_tokens();
    assert_eq!(setting.leaks.found_in(&ended.stderr), None);
}

/// The same credential with another rule, which asks for a new session.
fn changed(setting: &Setting) -> String {
    one(setting).replace("outputs:", "verify: {claims: {iss: P2world}}, outputs:")
}

fn exec(folder: &Path, script: &str) -> Command {
    let config: PathBuf = folder.join("tokenwell.yaml");
    let arguments = ["exec", "--config"].map(OsStr::new).into_iter();
    let program = ["--", "/bin/sh", "-c", script].map(OsStr::new);
    let mut command = tokenwell(arguments.chain([config.as_os_str()]).chain(program));
    command.env("PATH", "/usr/bin:/bin");
    command
}

#[test]
fn a_second_term_does_not_wait_for_the_refresh() {
    let (mut setting, _) = rotating();
    let held = setting.sandbox.hold();
    let program = Program::start(&mut run(&setting.path("")));
    setting.until_exchanges(1);
    program.signal(SIGTERM);
    program.until_said("waiting for the answer to a refresh", 1);
    program.signal(SIGTERM);
    let ended = program.ended();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    setting.until("the client has left", |counters| counters.abandoned == 1);
    drop(held);
    setting.clean(&ended);
}

#[test]
fn hup_does_not_break_a_refresh_off() {
    let (mut setting, mount) = rotating();
    let held = setting.sandbox.hold();
    let program = Program::start(&mut run(&setting.path("")));
    setting.until_exchanges(1);
    setting.put_key("b", "b");
    setting.configure(&setting.named(&["b"]));
    program.signal(SIGHUP);
    program.until_said("the new configuration is in force", 1);
    drop(held);
    setting.until("both have ended", |counters| counters.sessions == 2);
    let ended = program.stop();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(setting.sandbox.counters().exchanges_at(Endpoint::Refresh), 1);
    rotated(&mut setting, mount);
    setting.clean(&ended);
}

/// Each process is killed at a random moment around the reply to its refresh.
#[test]
fn kill_9_at_any_moment_ends_no_chain_within_the_grace_period() {
    let (mut setting, mount) = rotating();
    setting.sandbox.set(|settings| settings.rotation_grace = Duration::from_secs(3600));
    let mut rng = fastrand::Rng::with_seed(7);
    let stored = |setting: &Setting| {
        let text = fs::read_to_string(setting.path(&format!("state/refresh-tokens/a.{mount}.jwt"))).ok();
        text.map(|text| {
            assert!(Jwt::parse(&text).is_ok(), "a whole token");
            Secret::new(text).fingerprint()
        })
    };
    for round in 0..KILLS {
        let newest = stored(&setting).unwrap_or(mount);
        let _ = fs::remove_file(setting.path("out/a.jwt"));
        let program = Program::start(&mut run(&setting.path("")));
        let before = setting.sandbox.counters();
        setting.until("the request", move |counters| counters.exchanges > before.exchanges);
        if rng.bool() {
            setting.until("the reply", move |counters| counters.sessions > before.sessions);
        }
        thread::sleep(Duration::from_micros(rng.u64(..6_000)));
        program.signal(Signal::SIGKILL);
        program.ended();
        assert_eq!(setting.sandbox.exchanges().last().unwrap().key, Some(newest), "round {round}");
    }
    let ended = Program::start(&mut once(&setting.path(""), "30s")).ended();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    rotated(&mut setting, mount);
    setting.clean(&ended);
}

const KILLS: usize = 40;
