//! `tokenwell check`, and invalid command lines.

use std::{fs, os::unix::fs::PermissionsExt as _};

use crate::case::{BARE, check, tokenwell, written};

#[test]
fn check_prints_the_plan_and_its_warnings() {
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("keys");
    fs::create_dir(&keys).unwrap();
    for (name, mode) in [("billing", 0o644), ("writable", 0o666), ("Bad", 0o600), ("later", 0o600), (".hidden", 0o600)]
    {
        fs::write(keys.join(name), "K2canary").unwrap();
        fs::set_permissions(keys.join(name), fs::Permissions::from_mode(mode)).unwrap();
    }
    fs::write(folder.path().join("template"), "{{ token }}").unwrap();
    let yaml = r#"
projectId: P2abc
stateDirectory: /var/lib/tokenwell
credentials:
  - {name: billing, accessKeyFile: DIR/keys/billing, outputs: [{path: /run/b.jwt, mode: "0644"}, {path: /run/c.jwt, owner: 0}]}
  - name: later
    accessKeyFile: DIR/later
    required: false
    customClaims: {tier: gold, seats: 3}
    onExpiry: remove
    renew: {at: 50%}
    outputs:
      - {path: /run/later.json, format: json}
      - {path: /run/claims.json, format: json, claims: [tenants, nsec]}
      - {path: /run/later.env, format: env}
      - {path: /run/later.header, format: header, mode: "0600"}
      - {path: /run/later.txt, format: template, template: "{{ token }}"}
      - {path: /run/file.txt, format: template, templateFile: DIR/template}
    hooks:
      - {signal: SIGHUP, pidFile: /run/app.pid}
      - {signal: 10, processName: nginx}
      - {command: [/bin/sh, -c, "echo '$$1'", aVeryLongWordThatMayBeSecret]}
      - {post: "http://127.0.0.1:8080/-/reload?key=value", timeout: 2s}
credentialsFrom:
  - {accessKeyDirectory: DIR/keys, outputs: [{path: "/run/{name}.jwt"}], hooks: [{command: [DIR/keys/billing]}, {command: [DIR/keys]}, {command: [DIR/none]}]}
  - {accessKeyDirectory: DIR/absent, outputs: [{path: "/run/x/{name}.jwt"}]}
sets: [{directory: /run/x, mode: "0755", group: 0}]
"#;
    let output = check(&folder, yaml);
    let plain =
        |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(folder.path().to_str().unwrap(), "/etc/tokenwell");
    insta::assert_snapshot!(plain(&output.stdout), @r#"
    configuration  /etc/tokenwell/tokenwell.yaml
    project        P2abc
    api            https://api.descope.com
    state          /var/lib/tokenwell
    sets           /run/x (mode 0755, group 0, the previous files stay for 5s)
    http           timeout 10s, connect within 5s, 8 in flight at most
    log            text on a terminal and in the journal, else json, level info

    credential billing
      key file     /etc/tokenwell/keys/billing (present)
      outputs      /run/b.jwt (jwt, mode 0644)
                   /run/c.jwt (jwt, mode 0640, user 0)
      on expiry    the expired token stays; servers will reject it

    credential later
      key file     /etc/tokenwell/later (missing: `run` waits for it)
      outputs      /run/later.json (json, mode 0640)
                   /run/claims.json (json with claims nsec tenants, mode 0640)
                   /run/later.env (env DESCOPE_SESSION_TOKEN DESCOPE_SESSION_EXPIRES_AT DESCOPE_PROJECT_ID, mode 0640)
                   /run/later.header (header, mode 0600)
                   /run/later.txt (template of 11 bytes, mode 0640)
                   /run/file.txt (template /etc/tokenwell/template, mode 0640)
      hooks        HUP to the process of /run/app.pid
                   USR1 to nginx
                   /bin/sh -c "echo '$1'" … (timeout 10s)
                   POST to http://127.0.0.1:8080/-/reload (timeout 2s)
      claims       seats, tier
      renewal      at 50% of the life, jitter 10%, spacing 2s, retry after 2s to 1m, denied again every 5m
      on expiry    the files are removed
      required     no: it does not count for readiness

    a credential for each key in /etc/tokenwell/keys
      as of now    writable
      outputs      /run/{name}.jwt (jwt, mode 0640)
      hooks        /etc/tokenwell/keys/billing (timeout 10s)
                   /etc/tokenwell/keys (timeout 10s)
                   /etc/tokenwell/none (timeout 10s)
      on expiry    the expired token stays; servers will reject it

    a credential for each key in /etc/tokenwell/absent
      as of now    none
      outputs      /run/x/{name}.jwt (jwt, mode 0640)
      on expiry    the expired token stays; servers will reject it
    "#);
    insta::assert_snapshot!(plain(&output.stderr), @r#"
    warning: line 5, credentials[0].outputs[0].mode: `0644` lets every user read the token (set `group` and write `"0640"`, unless this is intended)
    warning: line 10, credentials[1].onExpiry: some readers do not start while their file is missing: `EnvironmentFile=` of systemd, `include` of nginx, `curl -H @file` (make the file optional, as `EnvironmentFile=-/path` does, or write `keep`)
    warning: key file `/etc/tokenwell/later` is missing
    warning: others may write key file `/etc/tokenwell/keys/writable` (mode 0666)
    warning: key folder `/etc/tokenwell/absent` is missing
    warning: file `Bad` in `/etc/tokenwell/keys` is not used as a key: its name is not a legal credential name; use lowercase letters, digits and `-` between them, at most 63 characters, such as `bad`; give it another one by `rename`, or leave it out by `exclude`
    warning: key file `/etc/tokenwell/keys/later` makes no credential of its own: a credential of `credentials` has its name or its output, `later`
    warning: program `/etc/tokenwell/keys` of a hook is not a file
    warning: program `/etc/tokenwell/keys/billing` of a hook may not be executed by this user
    warning: program `/etc/tokenwell/none` of a hook is missing or not accessible
    "#);
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn check_exits_with_2_and_an_empty_stdout_on_mistakes() {
    let folder = tempfile::tempdir().unwrap();
    let output = check(&folder, "projectId: P2abc\n");
    assert_eq!((output.status.code(), output.stdout.is_empty()), (Some(2), true));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.starts_with("error: `") && said.contains("has a mistake"), "{said}");
}

#[test]
fn usage_errors_differ_from_failures() {
    let cases: [(&[&str], i32); 8] = [
        (&[], 2),
        (&["--help"], 0),
        (&["--version"], 0),
        (&["check", "--config", "/no/such"], 2),
        (&["check", "--access-key-file", "k"], 2),
        (&["check", "--output", "o"], 2),
        (&["check", "--config", "c", "--access-key-file", "k", "--output", "o"], 2),
        (&["once", "--timeout", "10"], 2),
    ];
    for (arguments, code) in cases {
        assert_eq!(tokenwell(arguments, &[]).status.code(), Some(code), "{arguments:?}");
    }
}

#[test]
fn the_environment_names_the_configuration_and_flags_win() {
    let (_folder, path) = written(BARE.as_bytes());
    let named = [("TOKENWELL_CONFIG", path.to_str().unwrap())];
    let output = tokenwell(&["check"], &named);
    assert!(String::from_utf8_lossy(&output.stdout).contains("credential a"), "{output:?}");
    let flags = ["check", "--project-id", "P2abc", "--access-key-file", "/keys/k", "--output", "/run/o"];
    let output = tokenwell(&flags, &named);
    assert!(String::from_utf8_lossy(&output.stdout).contains("credential k"), "{output:?}");
}

#[test]
fn a_key_on_the_command_line_is_not_repeated() {
    let canary = "K2canaryCanaryCanaryCanaryCanary";
    let joined = format!("--access-key={canary}");
    let lines: [&[&str]; 7] = [
        &[canary],
        &["check", canary],
        &["check", "--access-key", canary],
        &["check", &joined],
        &["check", "--access-key-file", canary, "--output", "o"],
        &["check", "--project-id", canary, "--access-key-file", "k", "--output", "o"],
        &["once", "--timeout", canary],
    ];
    for line in lines {
        let output = tokenwell(line, &[]);
        assert_eq!(output.status.code(), Some(2), "{line:?}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
        assert!(!said.contains("canary"), "{said}");
    }
}
