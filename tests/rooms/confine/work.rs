//! All work of the daemon under confinement.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpListener,
    os::unix::net::UnixStream,
    process::{Child, Command, Stdio},
    thread,
};

use tokenwell::sandbox::Answer;

use crate::{
    common::secret_volume::SecretVolume,
    nobody::nobody,
    program::{Program, content, run, within},
    setting::{QUICK, Setting},
};

#[test]
fn confined_it_rotates_repairs_and_removes() {
    let mut setting = Setting::new();
    let key = setting.key("a");
    let elsewhere = tempfile::tempdir().unwrap();
    let mut volume = SecretVolume::new(&elsewhere.path().join("mount"), &[("a", &key)]);
    let mut app = App::start();
    fs::write(elsewhere.path().join("app.pid"), app.child.id().to_string()).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let post = listener.local_addr().unwrap();
    let posts = thread::spawn(move || told(&listener, 2));
    fs::write(setting.path("template"), "{{ token }} of {{ credential }}").unwrap();
    let rest = r#"status: {listen: "unix:PLACE/socket/status.sock"}
sets: [{directory: PLACE/out/set}]
credentials:
  - name: a
    accessKeyFile: ELSEWHERE/mount/a
    onExpiry: remove
    outputs:
      - {path: PLACE/out/a.jwt}
      - {path: PLACE/out/set/a.jwt}
      - {path: PLACE/out/set/a.json, format: json}
      - {path: PLACE/out/below/a.txt, format: template, templateFile: PLACE/template}
    hooks:
      - {signal: HUP, pidFile: ELSEWHERE/app.pid}
      - {post: "http://POST/reload"}
credentialsFrom:
  - {accessKeyDirectory: PLACE/keys, outputs: [{path: "PLACE/out/each/{name}/token"}]}
"#;
    let rest = rest.replace("POST", &post.to_string()).replace("ELSEWHERE", elsewhere.path().to_str().unwrap());
    let rest = rest.replace("PLACE", setting.path("").to_str().unwrap().trim_end_matches('/'));
    let text = setting.text(&format!("{QUICK}{rest}")).replace("http://127.0.0.1:", "http://localhost:");
    setting.put("tokenwell.yaml", &text);
    let program = setting.ready();
    assert_eq!(seccomp(&program), "2");
    app.told();
    let rotated = setting.key("rotated");
    volume.update(&[("a", &rotated)]);
    setting.until_exchanges(2);
    app.told();
    posts.join().unwrap();
    // The daemon creates the folder of a new output. Another process removes one file, and then one whole folder.
    setting.put_key("late", "late");
    let late = setting.path("out/each/late/token");
    content(&late);
    for removed in ["out/a.jwt", "out/set/a.json"] {
        let whole = content(&setting.path(removed));
        fs::remove_file(setting.path(removed)).unwrap();
        assert_eq!(content(&setting.path(removed)), whole);
    }
    // The folder is renamed, because the daemon would refill it during a deletion.
    fs::rename(setting.path("out"), setting.path("gone")).unwrap();
    for again in ["out/a.jwt", "out/set/a.jwt", "out/below/a.txt", "out/each/late/token"] {
        content(&setting.path(again));
    }
    within("readiness", || asked(&setting, "/readyz").starts_with("HTTP/1.1 200").then_some(()));
    assert!(asked(&setting, "/metrics").contains("process_open_fds"));
    content(&setting.path("state/status.json"));
    content(&setting.path("state/state/a.json"));
    content(&setting.path("state/jwks.json"));
    setting.learn_tokens();
    setting.clean(&program.stop());
    assert!(!setting.path("socket/status.sock").exists());

    // A restart needs no exchange, and an expired token is removed.
    let exchanges = setting.sandbox.counters().exchanges;
    let program = setting.ready();
    assert_eq!(setting.sandbox.counters().exchanges, exchanges);
    setting.clean(&program.stop());
}

#[test]
fn a_token_that_ends_while_the_api_is_away_is_removed() {
    let mut setting = Setting::with(&["a"]);
    let out = setting.path("out/a.jwt");
    let (key, path) = (setting.path("keys/a"), out.display().to_string());
    let key = key.display();
    setting.sandbox.set(|settings| settings.life = std::time::Duration::from_secs(2));
    setting.configure(&format!(
        "credentials: [{{name: a, accessKeyFile: {key}, onExpiry: remove, outputs: [{{path: {path}}}]}}]\n"
    ));
    let program = setting.ready();
    setting.learn_tokens();
    setting.sandbox.script(std::iter::repeat_with(|| Answer::status(500)).take(1000));
    within("the removal", || (!out.exists()).then_some(()));
    program.until_said("the token has expired and is removed", 1);
    setting.clean(&program.stop());
}

#[test]
fn the_roots_of_tls_are_read_again_at_each_reload() {
    let mut setting = Setting::with(&["a"]);
    let elsewhere = tempfile::tempdir().unwrap();
    let root = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let roots = elsewhere.path().join("corp.pem");
    fs::write(&roots, root.cert.pem()).unwrap();
    let nobody = nobody();
    let port = nobody.address.port();
    let rest = |more: &str| {
        let text = format!("{QUICK}http: {{caFile: {}}}\n{more}{}", roots.display(), setting.named(&["a"]));
        setting.put("tokenwell.yaml", &setting.configuration(&format!("https://localhost:{port}"), &text));
    };
    rest("");
    let program = Program::start(&mut run(&setting.path("")));
    program.until_said("connection refused", 1);
    assert_eq!(seccomp(&program), "2");
    fs::write(elsewhere.path().join("new"), root.cert.pem()).unwrap();
    fs::rename(elsewhere.path().join("new"), &roots).unwrap();
    rest("status: {listen: \"127.0.0.1:0\"}\n");
    program.until_said("the new configuration is in force", 1);
    setting.clean(&program.stop());
}

fn seccomp(program: &Program) -> String {
    let status = fs::read_to_string(format!("/proc/{}/status", program.pid())).unwrap();
    status.lines().find_map(|line| line.strip_prefix("Seccomp:\t")).unwrap().to_owned()
}

fn asked(setting: &Setting, path: &str) -> String {
    let mut socket = UnixStream::connect(setting.path("socket/status.sock")).unwrap();
    write!(socket, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    let mut said = String::new();
    socket.read_to_string(&mut said).unwrap();
    said
}

/// Accepts this number of requests and answers each.
fn told(listener: &TcpListener, times: usize) {
    for _ in 0..times {
        let (mut socket, _) = listener.accept().unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"}") {
            let mut byte = [0];
            socket.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        socket.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").unwrap();
    }
}

/// A shell that prints a line for each HUP.
struct App {
    child: Child,
}

impl App {
    fn start() -> Self {
        let script = "trap 'echo told' HUP; echo listens; while :; do sleep 0.05; done";
        let mut child = Command::new("/bin/sh").args(["-c", script]).stdout(Stdio::piped()).spawn().unwrap();
        assert_eq!(line(&mut child), "listens");
        Self { child }
    }

    fn told(&mut self) {
        assert_eq!(line(&mut self.child), "told");
    }
}

impl Drop for App {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn line(child: &mut Child) -> String {
    let stdout = child.stdout.as_mut().unwrap();
    let mut said = Vec::new();
    loop {
        let mut byte = [0];
        stdout.read_exact(&mut byte).unwrap();
        if byte == *b"\n" {
            return String::from_utf8(said).unwrap();
        }
        said.push(byte[0]);
    }
}
