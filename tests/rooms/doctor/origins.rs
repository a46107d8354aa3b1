//! Several hosts: the steps to each of them, and exchanges with those that are reached.

use std::net::TcpListener;

use tokenwell::sandbox::{Endpoint, Sandbox, Settings};

use crate::{
    runner::{check, line, of, patient_setting, run},
    setting::Setting,
};

/// Returns a setting with a key and an OAuth client of a server at this address.
fn with_client_of(address: &str) -> Setting {
    let mut setting = patient_setting(&["a"]);
    let secret = setting.key("m2m");
    setting.put("keys/m2m", &secret);
    let (file, out) = (setting.path("keys/m2m"), setting.path("out/m2m.jwt"));
    let (file, out) = (file.display(), out.display());
    let client = format!(
        "  - {{name: m2m, oauth: {{tokenUrl: \"http://{address}/oauth2/v1/token\", clientSecretFile: {file}}}, \
         outputs: [{{path: {out}}}]}}\n"
    );
    let rest = setting.named(&["a"]) + &client;
    setting.configure(&rest);
    setting
}

/// Returns an address at which nothing listens.
fn closed() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

#[test]
fn the_steps_to_every_host_are_reported() {
    let other = Sandbox::start(Settings::default()).unwrap();
    let address = other.address().to_string();
    let mut setting = with_client_of(&address);
    let mut command = check(&setting);
    let ended = run(&mut setting, &mut command);
    assert_eq!(ended.code, Some(0), "{}", ended.stdout);
    for subject in ["DNS", "TCP", "proxy", "TLS"] {
        let lines = of(&ended, subject);
        assert_eq!(lines.len(), 2, "{subject}: {}", ended.stdout);
        assert!(!lines[0].contains(&address) && lines[1].contains(&format!("http://{address}: ")), "{}", ended.stdout);
    }
    assert!(of(&ended, "TLS")[1].ends_with("not examined, because `tokenUrl` is plain http"), "{}", ended.stdout);
    let counts = [&setting.sandbox, &other].map(|sandbox| {
        let counters = sandbox.counters();
        [Endpoint::AccessKey, Endpoint::OAuthToken].map(|endpoint| counters.exchanges_at(endpoint))
    });
    assert_eq!(counts, [[1, 0], [0, 1]]);
}

#[test]
fn a_host_that_is_not_reached_gets_no_exchange() {
    let address = closed();
    let mut setting = with_client_of(&address);
    let mut command = check(&setting);
    let ended = run(&mut setting, &mut command);
    assert_eq!(ended.code, Some(1), "{}", ended.stdout);
    let failed = format!(
        "x FAIL  TCP       http://{address}: no connection to {address}: connection refused; is `tokenUrl` right"
    );
    assert!(of(&ended, "TCP")[1].starts_with(&failed), "{}", ended.stdout);
    let lines = of(&ended, "exchange");
    assert!(lines[0].starts_with("+ pass  exchange  a: "), "{}", ended.stdout);
    assert!(lines[1].ends_with("m2m: not examined, because there is no connection"), "{}", ended.stdout);
}

#[test]
fn a_client_of_another_host_is_tried_without_the_api() {
    let other = Sandbox::start(Settings::default()).unwrap();
    let mut setting = with_client_of(&other.address().to_string());
    let api = setting.sandbox.base_url();
    let config = std::fs::read_to_string(setting.path("tokenwell.yaml")).unwrap();
    setting.put("tokenwell.yaml", &config.replace(&api, &format!("http://{}", closed())));
    let mut command = check(&setting);
    let ended = run(&mut setting, &mut command);
    assert_eq!(ended.code, Some(1), "{}", ended.stdout);
    let skipped = "proxy     as well as TLS, edge, clock: not examined, because there is no connection";
    assert!(of(&ended, "proxy")[0].ends_with(skipped), "{}", ended.stdout);
    let lines = of(&ended, "exchange");
    assert!(lines[0].ends_with("a: not examined, because there is no connection"), "{}", ended.stdout);
    assert!(lines[1].starts_with("+ pass  exchange  m2m: "), "{}", ended.stdout);
    let signature = line(&ended, "signature");
    assert!(signature.starts_with("x FAIL") && signature.contains("m2m: cannot reach"), "{}", ended.stdout);
}
