//! Sessions that expired while no process ran.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
};

use serde_json::json;
use tokenwell::sandbox::Answer;

use crate::{
    past::{Damage, Past, credential, output, said},
    program::{Program, run},
    setting::Setting,
};

#[test]
fn an_expired_token_is_removed_at_start_if_configured() {
    let damages: [Damage; 3] = [
        ("nothing", |_| {}),
        ("another mode", |past| fs::set_permissions(output(past, "a.jwt"), Permissions::from_mode(0o600)).unwrap()),
        ("one of two outputs is missing", |past| fs::remove_file(output(past, "b/a.jwt")).unwrap()),
    ];
    for (damage, act) in damages {
        let mut past = ended_past("remove");
        act(&past);
        let program = Program::start(&mut run(&past.path("")));
        program.until_said("the token has expired and is removed", 1);
        let ended = program.stop();
        assert!(!output(&past, "a.jwt").exists() && !output(&past, "b/a.jwt").exists(), "{damage}: {}", ended.stderr);
        assert_eq!(said(&ended, "the token on disk has expired").len(), 1, "{damage}");
        past.sandbox.set(|settings| settings.outage = None);
        past.process();
        assert!(past.token("a").is_some() && past.token("b/a").is_some(), "{damage}");
    }
}

#[test]
fn an_expired_token_that_stays_is_not_ready() {
    let mut past = ended_past("keep");
    let token = past.print("out/a.jwt");
    let before = past.requests().0;
    let program = Program::start(&mut run(&past.path("")));
    past.until_exchanges(before + 2);
    let ended = program.stop();
    assert_eq!(past.print("out/a.jwt"), token);
    assert_eq!(said(&ended, "ready"), &[] as &[String]);
    assert_eq!(said(&ended, "the token on disk has expired; a new").len(), 1);
    past.sandbox.set(|settings| settings.outage = None);
    past.process();
    assert_ne!(past.print("out/a.jwt").0, token.0);
}

/// Two outputs, an unreachable API, and an expired token: the state file records a life of a moment.
fn ended_past(on_expiry: &str) -> Past {
    let past = Past::of(|setting: &mut Setting| {
        let (first, second) = (output(setting, "a.jwt"), output(setting, "b/a.jwt"));
        let lines = format!(
            "    onExpiry: {on_expiry}\n    outputs: [{{path: {}}}, {{path: {}}}]\n",
            first.display(),
            second.display()
        );
        setting.configure_with("", &credential(setting, &lines));
    });
    past.edit_record(|record| record["session"]["lifetimeSeconds"] = json!(0.001));
    past.sandbox.set(|settings| settings.outage = Some(Answer::status(503)));
    past
}
