//! Parsed values of valid configurations, including the files in `config/`.

use std::{fs, path::Path, time::Duration};

use tokenwell::{
    config::{self, ConfigSource, Confine, Environment, LogFormat},
    output::Target,
    renewal::OnExpiry,
    source::{self, AccessKey},
};

use crate::case::{BARE, good, schema_agrees};

#[test]
fn every_file_in_config_is_right() {
    let mut seen = 0;
    for entry in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/config")).unwrap() {
        let path = entry.unwrap().path();
        let loaded = config::load(&ConfigSource::file(&path), &Environment::default());
        schema_agrees(&path, &loaded);
        assert!(loaded.is_ok(), "{}", loaded.unwrap_err());
        assert_eq!(loaded.unwrap().warnings, [], "{}", path.display());
        seen += 1;
    }
    assert!(seen >= 2);
}

#[test]
fn the_full_file_shows_the_defaults() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/config/full.yaml");
    let config = config::load(&ConfigSource::file(path), &Environment::default()).unwrap().config;
    let bare = good(BARE, &[]).config;
    assert_eq!(config.key_directories[0].pattern.policy, bare.credentials[0].policy);
    assert_eq!(config.http.timeout, bare.http.timeout);
    assert_eq!(config.http.connect_timeout, bare.http.connect_timeout);
    assert_eq!(config.in_flight_max, bare.in_flight_max);
    assert_eq!(config.base_url, bare.base_url);
    assert_eq!(config.log.format, bare.log.format);
    assert_eq!((config.confine, bare.confine), (Confine::Auto, Confine::Auto));
    let [Target::File(file), Target::File(bare)] =
        [&config, &bare].map(|config| &config.credentials[0].outputs[0].target);
    assert_eq!(file.mode, bare.mode);
}

#[test]
fn what_is_written_is_what_is_meant() {
    let config = good(
        r#"
projectId: ${PROJECT}
stateDirectory: /var/lib//tokenwell/
renew: {at: 50%, spacing: 1s}
log: {format: json, level: "info,hyper=warn"}
confine: off
credentials:
  - name: billing
    accessKeyFile: ${CREDENTIALS_DIRECTORY}/billing
    required: false
    customClaims: {tier: "${TIER}", seats: 3, price: 1.5, "yes": true, tags: [a, $$b], nested: {a: -1}}
    selectedTenant: T2
    onExpiry: remove
    renew: {jitter: 0%, retryMax: 1h}
    outputs:
      - {path: /run/a/./b.jwt, mode: 0600, owner: root, group: 0}
      - {path: /run/c.jwt, mode: "644", owner: "7"}
"#,
        &[("PROJECT", "P2abc"), ("CREDENTIALS_DIRECTORY", "/run/keys"), ("TIER", "")],
    )
    .config;
    assert_eq!(config.project.as_str(), "P2abc");
    assert_eq!(config.state_directory, Path::new("/var/lib/tokenwell"));
    assert_eq!((config.log.format, config.log.level.as_deref()), (LogFormat::Json, Some("info,hyper=warn")));
    assert_eq!(config.confine, Confine::Off);
    let credential = &config.credentials[0];
    let source::Kind::AccessKey(AccessKey { file, options, .. }) = &credential.source.kind else { panic!("a key") };
    assert_eq!(file, Path::new("/run/keys/billing"));
    assert!(!credential.required);
    let claims = serde_json::json!({"tier": "", "seats": 3, "price": 1.5, "yes": true, "tags": ["a", "$b"], "nested": {"a": -1}});
    assert_eq!(serde_json::Value::Object(options.custom_claims.clone()), claims);
    assert_eq!(options.selected_tenant.as_deref(), Some("T2"));
    let policy = credential.policy;
    assert_eq!((policy.renew_at.percent(), policy.jitter.percent()), (50.0, 0.0));
    assert_eq!((policy.spacing, policy.retry_max), (Duration::from_secs(1), Duration::from_secs(3600)));
    assert_eq!(policy.on_expiry, OnExpiry::Remove);
    let [first, second] = &credential.outputs[..] else { panic!("two outputs") };
    let [Target::File(first_file), Target::File(second_file)] = [&first.target, &second.target];
    assert_eq!(first_file.path.to_str(), Some("/run/a/b.jwt"));
    assert_eq!((first_file.mode, first_file.owner, first_file.group), (0o600, Some(0), Some(0)));
    assert_eq!((second_file.mode, second_file.owner, second_file.group), (0o644, Some(7), None));
}

#[test]
fn what_is_legal_but_seldom_meant_is_warned_about() {
    let yaml = "projectId: P2abc\nallowPlainHttp: true\nbaseUrl: http://api.example.com\ncredentials:\n  - name: a\n    \
                accessKeyFile: /k\n    outputs: [{path: /run/1, mode: \"0644\"}, {path: /run/2, mode: \"0666\"}]\nsets:\n  \
                - directory: /run/empty\n  - {directory: /srv/app, mode: \"0775\"}\n";
    let warnings: Vec<_> = good(yaml, &[]).warnings.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(warnings.join("\n"), @r#"
    line 3, baseUrl: access keys cross the network unencrypted (use `https://` as soon as the API supports it)
    line 7, credentials[0].outputs[0].mode: `0644` lets every user read the token (set `group` and write `"0640"`, unless this is intended)
    line 7, credentials[0].outputs[1].mode: `0666` lets every user write the token file (set `group` and write `"0640"`, unless this is intended)
    line 9, sets[0].directory: no output is in it (write an output directly into this folder, or remove the set)
    line 10, sets[1].directory: no output is in it (write an output directly into this folder, or remove the set)
    line 10, sets[1].mode: `0775` lets others replace the files (write `"0750"`, unless this is intended)
    "#);
}
