//! TERM, INT, HUP and USR1.

use std::{fmt::Write as _, fs, time::Duration};

use nix::sys::signal::Signal::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};
use tokenwell::{sandbox::ExchangeRecord, secret::Secret};

use crate::{
    common::spacing::spaced,
    program::{Program, content, once, run},
    setting::Setting,
};

#[test]
fn term_and_int_end_it_with_exit_code_0() {
    for signal in [SIGTERM, SIGINT] {
        let mut setting = Setting::with(&["a"]);
        let program = setting.ready();
        program.signal(signal);
        let ended = program.ended();
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        assert!(ended.stderr.contains(signal.as_str()), "who asked is said: {}", ended.stderr);
        setting.clean(&ended);
    }
}

#[test]
fn term_does_not_wait_for_an_exchange_and_leaves_nothing() {
    for command in [run, |folder: &std::path::Path| once(folder, "300s")] {
        let mut setting = Setting::with(&["a"]);
        setting.configure(&format!("http: {{timeout: 300s}}\n{}", setting.named(&["a"])));
        let hold = setting.sandbox.hold();
        let program = Program::start(&mut command(&setting.path("")));
        setting.until_exchanges(1);
        let ended = program.stop();
        let code = i32::from(ended.stderr.contains("stopped by")); // `once` did not finish its work
        assert_eq!(ended.code, Some(code), "{}", ended.stderr);
        assert_eq!(fs::read_dir(setting.path("out")).unwrap().count(), 0);
        setting.clean(&ended);
        drop(hold);
    }
}

#[test]
fn the_write_at_hand_is_finished() {
    let mut setting = Setting::with(&["a"]);
    many_outputs(&setting, 60);
    let program = Program::start(&mut run(&setting.path("")));
    content(&setting.path("out/0"));
    let ended = program.stop();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let first = content(&setting.path("out/0"));
    assert!((1..60).all(|number| content(&setting.path(&format!("out/{number}"))) == first));
    setting.clean(&ended);
}

#[test]
fn a_second_signal_ends_it_at_once_whatever_it_writes() {
    let setting = Setting::with(&["a"]);
    many_outputs(&setting, 3000);
    let program = Program::start(&mut run(&setting.path("")));
    content(&setting.path("out/0"));
    program.signal(SIGTERM);
    program.until_said("stopping", 1);
    program.signal(SIGINT);
    let ended = program.ended();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(!ended.stderr.contains("\"stopped\""), "{}", ended.stderr);
    let first = content(&setting.path("out/0"));
    let litter = setting.litter();
    let mut written = 0;
    for entry in fs::read_dir(setting.path("out")).unwrap() {
        let path = entry.unwrap().path();
        if !litter.contains(&path) {
            assert_eq!(fs::read_to_string(&path).unwrap(), first);
            written += 1;
        }
    }
    assert!(written < 3000, "it waited for all of them");
    assert!(litter.len() <= 1);
}

#[test]
fn hup_reads_the_configuration_again_and_refuses_a_bad_one() {
    let mut setting = Setting::with(&["a"]);
    let program = setting.ready();
    setting.put_key("b", "b");
    setting.configure(&setting.named(&["a", "b"]));
    program.signal(SIGHUP);
    program.until_said("asked to read the configuration again", 1);
    content(&setting.path("out/b.jwt"));
    setting.put("tokenwell.yaml", "projectId: [\n");
    program.signal(SIGHUP);
    program.until_said("the configuration is refused, the old one stays in force", 1);
    program.signal(SIGUSR1);
    setting.until_exchanges(4);
    let ended = program.stop();
    assert_eq!(ended.code, Some(0));
    setting.clean(&ended);
}

#[test]
fn hup_without_a_change_says_so_and_asks_for_nothing() {
    let mut setting = Setting::with(&["a"]);
    let program = setting.ready();
    program.signal(SIGHUP);
    program.until_said("the configuration is unchanged", 1);
    let ended = program.stop();
    assert_eq!(setting.sandbox.exchanges().len(), 1);
    setting.clean(&ended);
}

#[test]
fn usr1_renews_everything_within_the_spacing() {
    let mut setting = Setting::with(&["a", "b", "c"]);
    setting.configure_with("renew: {spacing: 400ms, retryFirst: 400ms}\n", &setting.named(&["a", "b", "c"]));
    let program = setting.ready();
    let before: Vec<_> = ["a", "b", "c"].map(|name| setting.token(name)).into();
    for round in 1..=3 {
        // Each signal arrives while the previous request may still wait for the spacing.
        program.signal(SIGUSR1);
        program.signal(SIGUSR1);
        setting.until_exchanges(3 + 3 * round);
    }
    program.until_said("\"token written\"", 12);
    let after: Vec<_> = ["a", "b", "c"].map(|name| setting.token(name)).into();
    assert!(before.iter().zip(&after).all(|(before, after)| before != after));
    let ended = program.stop();
    for name in ["a", "b", "c"] {
        let key = Secret::new(setting.key(name));
        spaced(&setting.sandbox, Some(&key), Duration::from_millis(400));
    }
    setting.clean(&ended);
}

#[test]
fn a_storm_of_signals_is_weathered() {
    let mut setting = Setting::with(&["a"]);
    // At the level `debug` every signal is logged.
    let program = Program::start(run(&setting.path("")).env("TOKENWELL_LOG", "debug"));
    program.until_said("ready: every required token is on disk", 1);
    for _ in 0..1000 {
        program.signal(SIGHUP);
        program.signal(SIGUSR1);
    }
    setting.until_exchanges(2);
    let newcomer = setting.put_key("b", "b").fingerprint();
    setting.configure(&setting.named(&["a", "b"]));
    content(&setting.path("out/b.jwt"));
    for _ in 0..1000 {
        program.signal(SIGTERM);
        program.signal(SIGINT);
    }
    let ended = program.ended();
    assert_eq!(ended.code, Some(0));
    let key = Secret::new(setting.key("a"));
    spaced(&setting.sandbox, Some(&key), Duration::from_millis(100));
    // The remaining signals may also renew it.
    let (_, since) = ended.stderr.split_once("the new configuration is in force").unwrap();
    let gusts = since.matches("asked to renew every session").count();
    let of_newcomer = |seen: &ExchangeRecord| seen.key == Some(newcomer);
    let asked = setting.sandbox.exchanges().into_iter().filter(of_newcomer).count();
    assert!((1..=1 + gusts).contains(&asked), "{asked} exchanges and {gusts} gusts");
    assert_eq!(setting.leaks.found_in(&ended.stderr), None);
}

/// Each signal is confirmed to have arrived before the next is sent.
#[test]
fn a_storm_of_signals_does_not_flood_the_log() {
    let mut setting = Setting::with(&["a"]);
    let program = Program::start(run(&setting.path("")).env("TOKENWELL_LOG", "debug"));
    program.until_said("ready: every required token is on disk", 1);
    let storm = |signal, texts: &[&str]| {
        for n in 1..=STORM {
            program.signal(signal);
            for text in texts {
                program.until_said(text, n);
            }
        }
    };
    storm(SIGHUP, &["asked to read the configuration again", "the configuration is unchanged"]);
    storm(SIGUSR1, &["asked to renew every session"]);
    setting.put("tokenwell.yaml", "projectId: [\n");
    let refused = "the configuration is refused, the old one stays in force";
    program.until_said(refused, 1);
    for n in 1..=STORM {
        program.signal(SIGHUP);
        program.until_said(refused, n + 1);
    }
    let ended = program.stop();
    let told = |level: &str, text: &str| {
        let is = |line: &&str| line.contains(&format!("\"level\":\"{level}\"")) && line.contains(text);
        ended.stderr.lines().filter(is).count()
    };
    // One at first, and one more for every few seconds that the signals take on a busy machine.
    for (level, text) in [
        ("INFO", "asked to read the configuration again"),
        ("INFO", "the configuration is unchanged"),
        ("INFO", "asked to renew every session"),
        ("ERROR", refused),
    ] {
        let told = told(level, text);
        assert!((1..=STORM / 2).contains(&told), "{told} times: {text}\n{}", ended.stderr);
    }
    setting.clean(&ended);
}

const STORM: usize = 40;

/// One credential with this many outputs, `out/0` first.
fn many_outputs(setting: &Setting, count: usize) {
    let (key, out) = (setting.path("keys/a"), setting.path("out"));
    let mut text = format!("credentials:\n  - name: a\n    accessKeyFile: {}\n    outputs:\n", key.display());
    for number in 0..count {
        let _ = writeln!(text, "      - path: {}/{number}", out.display());
    }
    setting.configure(&text);
}
