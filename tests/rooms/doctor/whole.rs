//! The complete report of a setup without faults, and of a setup with many faults.

use std::{fs, net::TcpListener, os::unix::fs::PermissionsExt as _, time::Duration};

use crate::{
    program::tokenwell,
    runner::{check, everything, examination, patient_setting, plain, run},
    tunnel::Authority,
};

#[test]
fn without_faults_every_examination_passes() {
    let mut setting = patient_setting(&["a", "b"]);
    let authority = Authority::named("Ours");
    let front = authority.before(setting.sandbox.address(), |_| {});
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    fs::write(setting.path("app.pid"), std::process::id().to_string()).unwrap();
    let dir = setting.path("");
    let dir = dir.display();
    let text = format!(
        "renew: {{spacing: 100ms}}
status: {{listen: 127.0.0.1:0}}
http: {{caFile: {ca}, connectTimeout: 10s}}
sets: [{{directory: {dir}/pair}}]
credentials:
  - name: a
    accessKeyFile: {dir}/keys/a
    outputs: [{{path: {dir}/out/a.jwt, mode: '0600'}}, {{path: {dir}/pair/a.json, format: json}}]
    hooks:
      - command: [/bin/sh, -c, 'exit 1']
      - {{signal: HUP, pidFile: {dir}/app.pid}}
      - {{post: 'http://{address}/reload'}}
  - name: b
    accessKeyFile: {dir}/keys/b
    outputs: [{{path: {dir}/deep/down/b.jwt}}]
",
        ca = authority.file(&setting.path("")).display(),
        address = listener.local_addr().unwrap(),
    );
    setting.put("tokenwell.yaml", &setting.configuration(&format!("https://{front}"), &text));
    let before = everything(&setting.path(""));
    let mut command = check(&setting);
    let ended = run(&mut setting, command.env("LC_ALL", "C.UTF-8"));
    let mut offline = tokenwell(["check", "--config"]);
    offline.arg(setting.path("tokenwell.yaml"));
    let plan = run(&mut setting, &mut offline);
    assert!(plan.stdout.starts_with("configuration ") && plan.stdout.contains("credential b"), "{}", plan.stdout);
    assert_eq!(
        ended.stdout,
        format!("{}\n{}", plan.stdout, examination(&ended)),
        "the plan comes first, as without `--online`"
    );
    let ports = [(front, "SERVER"), (listener.local_addr().unwrap(), "LISTENER")];
    let text =
        plain(&setting, examination(&ended), &ports).replace(&format!("process {} ", std::process::id()), "process N ");
    let identity = text.lines().find(|line| line.contains("examined as")).unwrap().to_owned();
    insta::assert_snapshot!(text.replace(&identity, "(identity)"), @r"
    ✓ pass  config    `DIR/tokenwell.yaml`: 2 credentials, 3 outputs, 1 set, 3 hooks
    ✓ pass  config    project `P2world` at `https://SERVER`
    (identity)
    ✓ pass  key file  `DIR/keys/a` holds one key
    ✓ pass  key file  `DIR/keys/b` holds one key
    ✓ pass  DNS       `127.0.0.1` is an address and needs no look-up
    ✓ pass  TCP       SERVER accepts the connection (…ms)
    ✓ pass  proxy     none: neither `HTTPS_PROXY` nor `ALL_PROXY` is set
    ✓ pass  TLS       TLS 1.3 (…ms); the server shows `api.example` (until …), signed by `Ours`
    ✓ pass  TLS       trusted by root `Ours` of `http.caFile`
    ✓ pass  edge      Descope's API answers, nothing in front of it blocks (…ms)
    ✓ pass  clock     the server's and this machine's agree
    ✓ pass  exchange  a: a session of 10m was granted with key … (…ms)
    ✓ pass  exchange  b: a session of 10m was granted with key … (…ms)
    ✓ pass  spacing   a, b: recorded in the state directory: a daemon that starts now keeps its spacing of 100ms
    ✓ pass  signature the sessions are signed by a key that the project publishes
    ✓ pass  life      a, b: lives 10m, renewed after 6m42s, 3m18s before its end
    ✓ pass  output    `DIR/out/a.jwt` can be written: mode 0600, on a disk, … free
    ✓ pass  output    `DIR/pair/a.json` can be written: mode 0640, in a set, on a disk, … free, `DIR/pair` will be created
    ✓ pass  output    `DIR/deep/down/b.jwt` can be written: mode 0640, on a disk, … free, `DIR/deep` will be created
    ✓ pass  lock      3 outputs written by no process
    ✓ pass  hook      `/bin/sh` can be run
    ✓ pass  hook      process N of `DIR/app.pid` is alive
    ✓ pass  hook      a server listens at `http://LISTENER/reload`
    ✓ pass  state     `DIR/state` can be written
    ✓ pass  listen    `127.0.0.1:0` can be listened on

    nothing failed, 26 passed
    ");
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    for name in ["a", "b"] {
        fs::remove_file(setting.path(&format!("state/state/{name}.json"))).unwrap();
    }
    fs::remove_dir(setting.path("state/state")).unwrap();
    assert_eq!(everything(&setting.path("")), before, "only the records of two exchanges were added");
    assert_eq!(setting.sandbox.counters().exchanges, 2);
}

#[test]
fn every_failure_names_the_fault_and_the_remedy() {
    let mut setting = patient_setting(&["a", "b", "d"]);
    let revoked = tokenwell::secret::Secret::new(setting.key("b"));
    setting.sandbox.revoke(&revoked);
    setting.sandbox.set(|settings| {
        settings.clock_offset_seconds = 7200;
        settings.life = Duration::from_secs(2);
    });
    fs::set_permissions(setting.path("keys/d"), fs::Permissions::from_mode(0o666)).unwrap();
    fs::write(setting.path("file"), "").unwrap();
    fs::create_dir(setting.path("out/d.jwt")).unwrap();
    // This exceeds every possible process id.
    fs::write(setting.path("app.pid"), "2147483647").unwrap();
    fs::write(setting.path("script"), "").unwrap();
    let dir = setting.path("");
    let dir = dir.display();
    let text = format!(
        "credentials:
  - {{name: a, accessKeyFile: {dir}/keys/a, outputs: [{{path: {dir}/file/a.jwt}}]}}
  - name: b
    accessKeyFile: {dir}/keys/b
    outputs: [{{path: {dir}/out/b.jwt}}]
    hooks: [{{command: [{dir}/script]}}, {{signal: HUP, pidFile: {dir}/app.pid}}, {{signal: HUP, pidFile: {dir}/no.pid}}]
  - {{name: c, accessKeyFile: {dir}/keys/c, outputs: [{{path: {dir}/out/c.jwt}}]}}
  - {{name: d, accessKeyFile: {dir}/keys/d, outputs: [{{path: {dir}/out/d.jwt}}]}}
"
    );
    let state = format!("stateDirectory: {}", setting.path("state").display());
    let text = setting.text(&text).replace(&state, &format!("stateDirectory: {dir}/file"));
    setting.put("tokenwell.yaml", &text);
    let mut command = check(&setting);
    let ended = run(&mut setting, &mut command);
    let text = plain(&setting, examination(&ended), &[(setting.sandbox.address(), "SERVER")]);
    let identity = text.lines().find(|line| line.contains("examined as")).unwrap().to_owned();
    insta::assert_snapshot!(text.replace(&identity, "(identity)"), @r"
    + pass  config    `DIR/tokenwell.yaml`: 4 credentials, 4 outputs, 3 hooks
    + pass  config    project `P2world` at `http://SERVER`
    (identity)
    + pass  key file  `DIR/keys/a` holds one key
    + pass  key file  `DIR/keys/b` holds one key
    x FAIL  key file  key file `DIR/keys/c` is missing, or is a link that leads nowhere; it is used as soon as it is there
    x FAIL  key file  others may write key file `DIR/keys/d`; take that right away (`chmod go-w`)
    + pass  DNS       `127.0.0.1` is an address and needs no look-up
    + pass  TCP       SERVER accepts the connection (…ms)
    + pass  proxy     none: plain http uses no proxy, because a proxy would see the secret
    - skip  TLS       not examined, because `baseUrl` is plain http
    + pass  edge      Descope's API answers, nothing in front of it blocks (…ms)
    x FAIL  clock     the server's clock is 2h ahead of this machine's: tokens look expired, or not yet valid, to every program that verifies them here; set the one that is wrong, by NTP (`timedatectl`)
    + pass  exchange  a: a session of 2s was granted with key … (…ms)
    x FAIL  exchange  b: denied with key …: Descope denies the access key: HTTP 401, E062803 (invalid access key); make a new access key in Descope's console and put it into `DIR/keys/b`; check the project, the claims and the tenant
    - skip  exchange  c: not examined, because its source gives no usable secret
    + pass  exchange  d: a session of 2s was granted with key … (…ms)
    ! note  spacing   a, b, d: not recorded, because `DIR/file` cannot be written: not a directory; wait 2s before you start a daemon
    + pass  signature the sessions are signed by a key that the project publishes
    x FAIL  life      a, d: a session of 2s ends before the spacing of 2s allows the next exchange; lengthen sessions in Descope (the project's access key session timeout), or shorten `renew.spacing`
    x FAIL  output    cannot make folder `DIR/file`: not a directory; a part of this path is a file where a folder is needed: correct the path
    + pass  output    `DIR/out/b.jwt` can be written: mode 0640, on a disk, … free
    + pass  output    `DIR/out/c.jwt` can be written: mode 0640, on a disk, … free
    x FAIL  output    cannot write token file `DIR/out/d.jwt`: it is a folder; name a file instead, tokenwell replaces nothing else
    + pass  lock      4 outputs written by no process
    x FAIL  hook      program `DIR/script` of a hook may not be executed by this user
    x FAIL  hook      pid file `DIR/app.pid` names process 2147483647, which is not visible; if the app runs, it is in another process namespace: share the process namespace of the pod (`shareProcessNamespace`), or use `post`
    ! note  hook      pid file `DIR/no.pid` is missing; a program that starts later reads the new token by itself
    x FAIL  state     `DIR/file/state` cannot be written: not a directory: without it every restart costs a request for each credential; let tokenwell's user write there, or name another `stateDirectory`
    - skip  listen    not examined, because `status.listen` is not set

    10 failed, 2 to note, 15 passed, 3 skipped
    ");
    assert_eq!(ended.code, Some(1));
}
