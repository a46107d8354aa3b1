//! Refresh tokens: an exchange that may replace one is made only where the next daemon finds the new one.

use std::{fs, time::Duration};

use nix::sys::signal::Signal;
use tokenwell::{fingerprint::Fingerprint, secret::Secret};

use crate::{
    program::{Program, once},
    runner::{check, line, patient_setting, run},
    setting::Setting,
};

/// A setting with one refresh token that rotates, and the fingerprint of the mounted one.
fn rotating() -> (Setting, Fingerprint) {
    let mut setting = patient_setting(&[]);
    setting.sandbox.set(|settings| settings.rotate_refresh_tokens = true);
    let token = setting.sandbox.refresh_token("P2world", Duration::from_secs(90 * 86_400)).unwrap();
    setting.leaks.jwt(token.expose());
    setting.put("keys/refresh", token.expose());
    let (file, out) = (setting.path("keys/refresh"), setting.path("out/a.jwt"));
    let (file, out) = (file.display(), out.display());
    setting
        .configure(&format!("credentials:\n  - {{name: a, refreshTokenFile: {file}, outputs: [{{path: {out}}}]}}\n"));
    (setting, token.fingerprint())
}

/// The stored token that replaced the mounted one.
fn stored(setting: &mut Setting, mount: Fingerprint) -> Option<Fingerprint> {
    let token = fs::read_to_string(setting.path(&format!("state/refresh-tokens/a.{mount}.jwt"))).ok()?;
    setting.leaks.jwt(&token);
    Some(Secret::new(token).fingerprint())
}

#[test]
fn a_rotated_token_is_stored_for_the_next_daemon() {
    let (mut setting, mount) = rotating();
    let mut command = check(&setting);
    let ended = run(&mut setting, &mut command);
    assert!(ended.stdout.contains("none in "), "the plan tells what is stored: {}", ended.stdout);
    assert!(line(&ended, "exchange").contains("a session of"), "{}", ended.stdout);
    let rotated = stored(&mut setting, mount).unwrap();
    let next = Program::start(&mut once(&setting.path(""), "30s")).ended();
    assert_eq!(next.code, Some(0), "{}", next.stderr);
    let presented: Vec<_> = setting.sandbox.exchanges().iter().map(|seen| seen.key).collect();
    assert_eq!(presented, [Some(mount), Some(rotated)]);
    let mut command = check(&setting);
    assert!(run(&mut setting, &mut command).stdout.contains("one in "));
}

#[test]
fn an_interrupted_check_still_stores_the_rotated_token() {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let (mut setting, mount) = rotating();
        let held = setting.sandbox.hold();
        let check = Program::start(&mut check(&setting));
        setting.until_exchanges(1);
        check.signal(signal);
        drop(held);
        let ended = check.ended();
        assert_eq!(ended.code, None, "the signal ends it: {}{}", ended.stdout, ended.stderr);
        assert!(stored(&mut setting, mount).is_some());
    }
}

#[test]
fn beside_a_daemon_no_refresh_token_is_exchanged() {
    let (mut setting, mount) = rotating();
    let daemon = setting.ready();
    let before = stored(&mut setting, mount);
    let mut command = check(&setting);
    let ended = run(&mut setting, &mut command);
    let expected = "writes to the outputs, and the exchange may replace the refresh token";
    assert!(line(&ended, "exchange").ends_with(expected), "{}", ended.stdout);
    assert_eq!((setting.sandbox.exchanges().len(), stored(&mut setting, mount)), (1, before));
    let ended = daemon.stop();
    setting.clean(&ended);
}

#[test]
fn without_a_state_directory_no_refresh_token_is_exchanged() {
    let (mut setting, _) = rotating();
    fs::remove_dir(setting.path("state")).unwrap();
    let mut command = check(&setting);
    let ended = run(&mut setting, &mut command);
    assert!(line(&ended, "exchange").contains("does not exist yet, and the exchange may"), "{}", ended.stdout);
    assert_eq!(setting.sandbox.exchanges().len(), 0);
    assert!(!setting.path("state").exists());
}
