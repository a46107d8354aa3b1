//! A table of the needs of configurations.

use std::{fmt::Write as _, fs, path::Path};

use tokenwell::{
    config::{self, Config, ConfigSource, Environment},
    confine::{Right, needs},
};

#[test]
fn every_configured_path_needs_read_or_write_access() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("netrc.j2"), "{{ token }}").unwrap();
    let text = r#"
projectId: P2abc
stateDirectory: /var/lib/tokenwell
http: {caFile: /srv/ca/corp.pem}
status: {listen: "unix:/run/status/tokenwell.sock"}
credentials:
  - name: billing
    accessKeyFile: /var/run/secrets/descope/billing
    outputs:
      - {path: /run/tokenwell/billing.jwt}
      - {path: /run/tokenwell/billing.json, format: json}
      - {path: /srv/app/netrc, format: template, templateFile: FOLDER/netrc.j2}
      - {path: /run/set/billing.jwt}
    hooks:
      - {signal: HUP, pidFile: /run/app/app.pid}
      - {signal: HUP, processName: nginx}
      - {post: "http://127.0.0.1:1/"}
credentialsFrom:
  - accessKeyDirectory: /var/run/secrets/tenants
    outputs: [{path: "/run/tenants/{name}.jwt"}, {path: "/run/each/of-{name}/token/jwt"}]
sets: [{directory: /run/set}]
"#;
    let config = load(folder.path(), &text.replace("FOLDER", folder.path().to_str().unwrap()));
    let mut table = String::new();
    for need in needs(&config, Some(Path::new("/etc/tokenwell/tokenwell.yaml"))) {
        let path = need.path.display().to_string().replace(folder.path().to_str().unwrap(), "/folder");
        let right = match need.right() {
            Right::Read => "read ",
            Right::Write => "write",
        };
        let _ = writeln!(table, "{right} {path} ({:?})", need.purpose);
    }
    let mut lines: Vec<_> = table.lines().collect();
    lines.sort_unstable();
    insta::assert_snapshot!(lines.join("\n"), @r"
    read  /etc/tokenwell/tokenwell.yaml (File)
    read  /folder/netrc.j2 (File)
    read  /run/app/app.pid (PidFile)
    read  /srv/ca/corp.pem (File)
    read  /var/run/secrets/descope/billing (File)
    read  /var/run/secrets/tenants (Folder)
    write /run/each (Written)
    write /run/set (Written)
    write /run/status (Written)
    write /run/tenants (Written)
    write /run/tokenwell (Written)
    write /srv/app (Written)
    write /var/lib/tokenwell (Written)
    ");
}

fn load(folder: &Path, text: &str) -> Config {
    let file = folder.join("tokenwell.yaml");
    fs::write(&file, text).unwrap();
    config::load(&ConfigSource::file(file), &Environment::default()).unwrap().config
}
