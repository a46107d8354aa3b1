//! Every failure of an exchange, a key file, a write and a hook, at the most verbose level; the responses contain the key.

use std::{fs, os::unix::fs::PermissionsExt as _};

use tokenwell::sandbox::{Answer, Reply, Shape};
use tokio::net::TcpSocket;

use crate::{
    program::{Program, run},
    setting::Setting,
};

const PACE: &str = "renew: {spacing: 100ms, retryFirst: 100ms, retryMax: 200ms, deniedEvery: 1s}\n";

fn start(setting: &Setting) -> Program {
    Program::start(run(&setting.path("")).env("TOKENWELL_LOG", "trace"))
}

#[test]
fn no_answer_of_a_server_brings_a_key_or_a_token_into_the_log() {
    let mut setting = Setting::new();
    let key = setting.key("a");
    setting.put("keys/a", &key);
    let said =
        serde_json::json!({"errorCode": "E061104", "errorDescription": key, "errorMessage": format!("no {key}")});
    let echo = |status: u16| Reply::new(status).header("x-echo", &key).header("retry-after", &key);
    let jwt = Shape {
        body: serde_json::json!({"keyId": key, "permissions": [key]}).as_object().unwrap().clone(),
        ..Shape::default()
    };
    let other =
        Shape { claims: serde_json::json!({"iss": key, "sub": key}).as_object().unwrap().clone(), ..Shape::default() };
    let unknown = Shape { header: serde_json::json!({"kid": key}).as_object().unwrap().clone(), ..Shape::default() };
    let answers: Vec<Answer> = vec![
        echo(401).json(&said).into(),
        echo(403).body(key.clone()).into(),
        echo(400).json(&said).into(),
        echo(429).json(&said).into(),
        echo(500).body(key.clone()).into(),
        echo(302).header("location", &format!("http://127.0.0.1:1/{key}")).into(),
        Reply::new(200).body(key.clone()).into(),
        Reply::new(200).json(&serde_json::json!({"sessionJwt": key})).into(),
        Reply::new(200).json(&serde_json::json!({"sessionJwt": format!("{key}.{key}.{key}")})).into(),
        Reply::new(200).body(key.repeat(10_000)).into(),
        Reply::new(204).header("x-echo", &key).into(),
        Answer::Overlong { body_bytes: 100_000 },
        Answer::Reset,
        Answer::Garbage,
        Answer::Truncated,
        Answer::Session(other),
        Answer::Session(unknown),
        Answer::Session(jwt),
    ];
    setting.sandbox.script(answers);
    setting.configure_with(PACE, &setting.named(&["a"]));
    let program = start(&setting);
    let mut rotations = 0;
    exhaust_script(&mut setting, &mut rotations);
    program.until_said("token written", 1);
    // These take the whole timeout, which would be too short for the others on a machine that stalls for a while.
    setting.configure_with(&format!("{PACE}http: {{timeout: 500ms}}\n"), &setting.named(&["a"]));
    program.until_said("the new configuration is in force", 1);
    setting.sandbox.script([Answer::Hang, Answer::Stalled, Answer::Usual]);
    exhaust_script(&mut setting, &mut rotations);
    program.until_said("token written", 2);
    let ended = program.stop();
    for class in ["denied", "blocked", "garbled", "unreachable", "failed"] {
        assert!(ended.stderr.contains(class), "{class} is met");
    }
    setting.clean(&ended);
}

/// Makes exchanges until every response of the script was given. Some responses delay the next try, but a new key is tried
/// at once.
fn exhaust_script(setting: &mut Setting, rotations: &mut usize) {
    while setting.sandbox.scripted() > 0 {
        *rotations += 1;
        let next = setting.key(&format!("rotation{rotations}"));
        let before = setting.sandbox.counters().exchanges;
        setting.put("keys/a", &next);
        setting.until("the next answer", move |counters| counters.exchanges > before);
    }
}

#[test]
fn no_key_file_brings_a_secret_into_the_log() {
    let mut setting = Setting::new();
    let key = setting.key("a");
    let files = [
        format!("{key}\n{key}\n"),
        format!("{key} {key}"),
        format!("\u{feff}{key}"),
        format!("P2world:{key}"),
        format!("{key}\u{e9}"),
        key.repeat(1000),
        String::new(),
    ];
    for (n, text) in files.iter().enumerate() {
        fs::write(setting.path(&format!("keys/bad{n}")), text).unwrap();
    }
    fs::create_dir(setting.path("keys/folder")).unwrap();
    setting.put_key("good", "good");
    fs::write(setting.path("file"), "").unwrap();
    let names: Vec<_> = (0..files.len()).map(|n| format!("bad{n}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).chain(["folder", "missing"]).collect();
    let (good, file) = (setting.path("keys/good"), setting.path("file/token.jwt"));
    let (good, file, below) =
        (good.display(), file.display(), setting.path("file/deeper/token.jwt").display().to_string());
    let more = format!("  - {{name: good, accessKeyFile: {good}, outputs: [{{path: {file}}}, {{path: {below}}}]}}\n");
    setting.configure_with(PACE, &format!("{}{more}", setting.named(&names)));
    let program = start(&setting);
    program.until_said("cannot make folder", 1);
    program.until_said("cannot use key file", files.len() + 1);
    let ended = program.stop();
    setting.clean(&ended);
}

#[test]
fn dead_peers_and_hooks_that_print_the_token() {
    let mut setting = Setting::new();
    let key = setting.key("a");
    setting.put("keys/a", &key);
    // The socket is bound and does not listen, so no other process can listen there.
    let unused = TcpSocket::new_v4().unwrap();
    unused.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = unused.local_addr().unwrap();
    let text = format!("{PACE}{}", setting.named(&["a"]));
    setting.put("tokenwell.yaml", &setting.configuration(&format!("http://{address}"), &text));
    let program = start(&setting);
    program.until_said("connection refused", 1);
    setting.clean(&program.stop());
    drop(unused);

    let (keys, out) = (setting.path("keys/a"), setting.path("out/a.jwt"));
    let (keys, out) = (keys.display(), out.display());
    let cat = format!("cat {out}; echo; head -c 500 {out}; cat {out} >&2; exit 3");
    let hooks = format!("hooks: [{{command: [/bin/sh, -c, \"{cat}\"]}}, {{command: [/bin/cat, {out}]}}]");
    let credential =
        format!("credentials: [{{name: a, accessKeyFile: {keys}, outputs: [{{path: {out}}}], {hooks}}}]\n");
    setting.configure_with(PACE, &credential);
    let program = start(&setting);
    program.until_said("hook", 2);
    program.until_said("exit code 3", 1);
    let ended = program.stop();
    setting.learn_tokens();
    setting.clean(&ended);
}

/// One hook for each encoding, because only the beginning of a hook's output is logged.
#[test]
fn hooks_that_print_the_key_and_the_token_in_every_dress() {
    let mut setting = Setting::new();
    let key = real_key(&mut setting);
    setting.put("keys/a", &key);
    let (keys, out, script) = (setting.path("keys/a"), setting.path("out/a.jwt"), setting.path("hook"));
    let (keys, out, script) = (keys.display(), out.display(), script.display());
    // A prefix before a secret shifts its base64 alignment, by two bytes and by one.
    let secrets = format!("for f in {keys} {out}; do for b in '' 'P2:' 'Bearer P2:' 'xx'");
    let dresses = [
        "cat",
        "fold -w 11",
        "base64",
        "base64 -w 0",
        "base64 -w 0 | tr +/ -_",
        "od -An -v -tx1",
        "od -v -tx1",
        "od -An -v -tx1 | tr -d ' \\n'",
        "od -An -v -tx1 | tr -d ' \\n' | tr a-f A-F",
        "od -An -v -tx1 | tr ' ' % | tr -d '\\n' | tr a-f A-F",
        "od -An -v -tx1 | tr ' ' % | tr -d '\\n'",
        "od -An -v -tu1 -w2000 | sed 's/^ *//; s/  */, /g'",
        "sed 's/+/%2B/g; s/=/%3D/g; s/%o/%25o/g; s/[.]/%2E/g; s/_/%5F/g; s/-/%2D/g'",
    ];
    let mut hooks = Vec::new();
    for (n, dress) in dresses.iter().enumerate() {
        let name = format!("{script}{n}");
        let lines =
            format!("#!/bin/sh\n{secrets}; do (printf %s \"$b\"; cat $f) | {dress}; echo; done; done; exit 3\n");
        fs::write(&name, lines).unwrap();
        fs::set_permissions(&name, fs::Permissions::from_mode(0o755)).unwrap();
        hooks.push(format!("{{command: [{name}]}}"));
    }
    let hooks = hooks.join(", ");
    let credential =
        format!("credentials: [{{name: a, accessKeyFile: {keys}, outputs: [{{path: {out}}}], hooks: [{hooks}]}}]\n");
    setting.configure_with(PACE, &credential);
    let program = start(&setting);
    program.until_said("exit code 3", dresses.len());
    let ended = program.stop();
    let masked = ended.stderr.lines().filter(|line| line.contains("exit code 3") && line.contains("[secret]"));
    assert_eq!(masked.count(), dresses.len());
    setting.clean(&ended);
}

/// A key as long as real ones, with characters that URLs and base64 encode.
fn real_key(setting: &mut Setting) -> String {
    let key = format!("K2{}+/=%of{}", "aB3dEfGh1JkLmN0pQrStUvWxYz", "98765432100123456789abcdef");
    setting.leaks.key(&key);
    key
}
