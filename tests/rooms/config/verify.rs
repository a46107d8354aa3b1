//! The rules for sessions, and pinned public keys.

use std::path::Path;

use serde_json::json;
use tokenwell::config::{self, ConfigSource, Environment};

use crate::case::{good, refusal};

#[test]
fn rules_and_pinned_keys_apply_to_one_credential_or_a_folder() {
    let rules = "verify: {audience: my-api, tenant: T1, claims: {tier: gold, level: 1, on: true, list: [1.5]}}";
    let config = good(
        &format!(
            "projectId: P2abc
credentials:
  - {{name: a, accessKeyFile: /keys/a, {rules}, publicKeyFile: /pin/a.pem, outputs: [{{path: /run/a}}]}}
  - {{name: r, refreshTokenFile: /keys/r, verify: {{tenant: \"${{T}}\"}}, outputs: [{{path: /run/r}}]}}
credentialsFrom:
  - {{accessKeyDirectory: /keys/all, {rules}, publicKeyFile: /pin/all.pem, outputs: [{{path: \"/run/{{name}}.jwt\"}}]}}
"
        ),
        &[("T", "T2")],
    )
    .config;
    let [one, refreshed] = [&config.credentials[0].source, &config.credentials[1].source];
    let each = config.key_directories[0].credential("b").unwrap().source;
    for (source, pinned) in [(one, "/pin/a.pem"), (&each, "/pin/all.pem")] {
        let (audience, tenant) = (source.rules.audience.as_deref(), source.rules.tenant.as_deref());
        assert_eq!((audience, tenant), (Some("my-api"), Some("T1")));
        let claims = json!({"tier": "gold", "level": 1, "on": true, "list": [1.5]});
        assert_eq!(source.rules.claims, *claims.as_object().unwrap());
        assert!(source.files().iter().any(|file| file.path == Path::new(pinned)), "it is watched");
    }
    assert_eq!(refreshed.rules.tenant.as_deref(), Some("T2"));
    let request = |source: &tokenwell::source::Source| source.request_fingerprint(&config.api());
    let unruled = tokenwell::source::Source::from(one.kind.clone());
    assert_ne!(request(one), request(&unruled), "a token from before the rules is not reused");
}

#[test]
fn mistakes_in_rules_are_reported_without_their_values() {
    insta::assert_snapshot!(refusal("projectId: P2abc
credentials:
  - {name: a, accessKeyFile: /keys/a, verify: {}, outputs: [{path: /run/a}]}
  - {name: b, accessKeyFile: /keys/b, verify: [x], publicKeyFile: pin.pem, outputs: [{path: /run/b}]}
  - {name: c, accessKeyFile: /keys/c, verify: {audience: [CANARY], tenant: \" \"}, outputs: [{path: /run/c}]}
  - {name: d, accessKeyFile: /keys/d, verify: {claims: {tier: , x: [~]}, issuer: y}, outputs: [{path: /run/d}]}
  - {name: e, accessKeyFile: /keys/e, verify: {claims: CANARY}, publicKeyFile: /run/e, outputs: [{path: /run/e}]}
", &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has 10 mistakes

      line 3, credentials[0].verify: no rule is set
              write something like `verify: {audience: my-api}`
      line 4, credentials[1].verify: expected fields, found a list
              write `name: value` pairs, one a line
      line 4, credentials[1].publicKeyFile: `pin.pem` is not an absolute path
              write it in full, such as `/etc/tokenwell/pin.pem`
      line 5, credentials[2].verify.audience: expected text, found a list
              write one text here
      line 5, credentials[2].verify.tenant: empty
              write the tenant's id, or remove the line
      line 6, credentials[3].verify.claims.tier: no value
              give it one, or remove the line
      line 6, credentials[3].verify.claims.x[0]: no value
              give it one, or remove the line
      line 6, credentials[3].verify.issuer: unknown field
              known here: `audience`, `tenant`, `claims`
      line 7, credentials[4].verify.claims: expected fields, found text
              write `name: value` pairs, one a line
      line 7, credentials[4].outputs[0].path: the same file as `credentials[4].publicKeyFile`: a token would replace it
              write tokens somewhere else
    ");
}

#[test]
fn the_example_with_rules_is_right() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/config/verify.yaml");
    let loaded = config::load(&ConfigSource::file(path), &Environment::default()).unwrap();
    assert_eq!(loaded.warnings.len(), 0);
    assert!(!loaded.config.credentials[0].source.rules.is_empty());
}
