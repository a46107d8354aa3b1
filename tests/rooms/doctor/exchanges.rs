//! Dry exchanges: refusal classes, the number of exchanges, and their spacing.

use std::{fs, time::Duration};

use serde_json::json;

use tokenwell::{
    sandbox::{Answer, RateLimit, Shape, SigningKey},
    secret::Secret,
};

use crate::{
    common::spacing::spaced,
    runner::{check, line, of, patient_setting, run},
};

#[test]
fn a_wrong_key_is_classified_and_the_others_are_tried() {
    let mut setting = patient_setting(&["a", "b"]);
    let revoked = Secret::new(setting.key("a"));
    setting.sandbox.revoke(&revoked);
    let mut command = check(&setting);
    let ended = run(&mut setting, &mut command);
    assert_eq!(ended.code, Some(1));
    let lines = of(&ended, "exchange");
    let expected = format!(
        "x FAIL  exchange  a: denied with key {}: Descope denies the access key: HTTP 401, E062803 (invalid access key); make a \
         new access key in Descope's console and put it into `{}`; check the project, the claims and the tenant",
        revoked.fingerprint(),
        setting.path("keys/a").display()
    );
    assert_eq!(lines[0], expected);
    assert!(lines[1].starts_with("+ pass  exchange  b: a session of 10m was granted"), "{}", ended.stdout);
}

#[test]
fn a_busy_host_gets_no_further_exchange() {
    let mut setting = patient_setting(&["a", "b", "c"]);
    setting.sandbox.set(|settings| {
        settings.rate_limit = Some(RateLimit { exchanges: 1, window: Duration::from_secs(600) });
    });
    let mut command = check(&setting);
    let ended = run(&mut setting, &mut command);
    assert_eq!(ended.code, Some(1));
    let lines = of(&ended, "exchange");
    assert!(lines[0].starts_with("+ pass") && lines[1].contains("b: busy"), "{}", ended.stdout);
    assert!(lines[2].ends_with("c: not examined, because the API asks to slow down"), "{}", ended.stdout);
    assert_eq!(setting.sandbox.counters().exchanges, 2);
}

#[test]
fn only_as_many_keys_are_tried_as_needed() {
    let names: Vec<_> = (0..22).map(|n| format!("c{n:02}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let mut setting = patient_setting(&names);
    let mut command = check(&setting);
    let ended = run(&mut setting, &mut command);
    assert_eq!((ended.code, setting.sandbox.counters().exchanges), (Some(0), 20), "{}", ended.stdout);
    assert!(ended.stdout.contains("2 more: not examined, because"), "{}", ended.stdout);
    assert!(of(&ended, "output").len() == 21 && ended.stdout.contains("and 2 more"), "{}", ended.stdout);
    spaced(&setting.sandbox, None, Duration::from_millis(100));
    let mut command = check(&setting);
    let ended = run(&mut setting, command.arg("--all"));
    assert_eq!((ended.code, setting.sandbox.counters().exchanges), (Some(0), 42), "{}", ended.stdout);
}

#[test]
fn a_session_that_the_project_did_not_sign_fails() {
    let mut setting = patient_setting(&["a"]);
    setting.sandbox.set(|settings| settings.signing_key = SigningKey::Stranger);
    let mut command = check(&setting);
    let ended = run(&mut setting, &mut command);
    assert_eq!(ended.code, Some(1));
    assert!(line(&ended, "signature").starts_with("x FAIL  signature a: the session "), "{}", ended.stdout);

    setting.sandbox.set(|settings| settings.keys_outage = Some(Answer::status(503)));
    let mut command = check(&setting);
    let ended = run(&mut setting, &mut command);
    let expected = "a: cannot get the public keys of project `P2world`: HTTP 503";
    assert!(line(&ended, "signature").contains(expected), "{}", ended.stdout);
}

#[test]
fn a_pinned_key_is_named_as_what_signed_the_session() {
    let mut setting = patient_setting(&["a", "b"]);
    setting.put("pins", &setting.sandbox.jwks().unwrap().to_string());
    let pinned = format!("name: a, publicKeyFile: {}", setting.path("pins").display());
    let text = fs::read_to_string(setting.path("tokenwell.yaml")).unwrap().replace("name: a", &pinned);
    setting.put("tokenwell.yaml", &text);
    let mut command = check(&setting);
    let ended = run(&mut setting, &mut command);
    let lines = of(&ended, "signature");
    assert!(lines[0].ends_with("the session is signed by a key that the project publishes"), "{}", ended.stdout);
    assert!(lines[1].ends_with("the session is signed by a key of `publicKeyFile`"), "{}", ended.stdout);
}

#[test]
fn a_session_shorter_than_the_spacing_fails() {
    let mut setting = patient_setting(&["a"]);
    setting.configure_with("renew: {spacing: 2s}\n", &setting.named(&["a"]));
    setting.sandbox.set(|settings| settings.life = Duration::from_secs(2));
    let mut command = check(&setting);
    let ended = run(&mut setting, &mut command);
    assert_eq!(ended.code, Some(1));
    assert!(line(&ended, "life").contains("a: a session of 2s ends before the spacing of 2s"), "{}", ended.stdout);
}

#[test]
fn keys_of_a_folder_are_examined_and_other_files_reported() {
    let mut setting = patient_setting(&["a", "b"]);
    fs::write(setting.path("keys/Not A Key"), "x").unwrap();
    let (keys, out) = (setting.path("keys"), setting.path("out"));
    setting.configure(&format!(
        "credentialsFrom: [{{accessKeyDirectory: {}, outputs: [{{path: '{}/{{name}}.jwt'}}]}}]\n",
        keys.display(),
        out.display()
    ));
    let mut command = check(&setting);
    let ended = run(&mut setting, &mut command);
    assert_eq!((ended.code, of(&ended, "exchange").len()), (Some(0), 2), "{}", ended.stdout);
    assert!(
        of(&ended, "key file")[0].contains("is not used as a key: its name is not a legal credential name"),
        "{}",
        ended.stdout
    );
    fs::remove_dir_all(&keys).unwrap();
    let mut command = check(&setting);
    let ended = run(&mut setting, &mut command);
    assert_eq!(ended.code, Some(1));
    assert!(
        line(&ended, "key file").contains(&format!("key folder `{}` is missing", keys.display())),
        "{}",
        ended.stdout
    );
}

#[test]
fn a_token_that_is_too_long_for_its_readers_is_named() {
    let mut setting = patient_setting(&["a", "b"]);
    let nginx = format!(
        "outputs: [{{path: {}, format: template, template: 'set $a {{{{ token }}}};'}}, ",
        setting.path("out/a.nginx").display()
    );
    let text = fs::read_to_string(setting.path("tokenwell.yaml")).unwrap();
    let (of_a, of_b) = text.split_once("name: b").unwrap();
    let text = format!("{}name: b{of_b}", of_a.replace("outputs: [", &nginx));
    setting.put("tokenwell.yaml", &text);
    let pad = |bytes: usize| Shape {
        claims: json!({"padding": "x".repeat(bytes)}).as_object().unwrap().clone(),
        ..Shape::default()
    };
    let mut lengths = |bytes| {
        setting.sandbox.set(|settings| settings.outage = Some(Answer::Session(pad(bytes))));
        let mut command = check(&setting);
        let ended = run(&mut setting, &mut command);
        assert_eq!(ended.code, Some(0), "{}", ended.stdout);
        of(&ended, "length").iter().map(|line| (*line).to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(lengths(0), Vec::<String>::new());
    let of_nginx = lengths(4000);
    assert!(
        matches!(&of_nginx[..], [line] if line.starts_with("! note  length    a: the token has ")
        && line.contains("out/a.nginx`: nginx takes 4095 bytes in one parameter")),
        "{of_nginx:#?}"
    );
    let of_servers = lengths(6000);
    assert!(
        of_servers.iter().any(|line| line.contains(" a, b: the token has ") && line.contains("Apache (8169)")),
        "{of_servers:#?}"
    );
}
