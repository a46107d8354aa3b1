//! What other users can read from the process.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    os::unix::{
        fs::{MetadataExt, PermissionsExt, chown},
        process::CommandExt,
    },
    process::Command,
    sync::mpsc,
    thread,
};

use nix::{
    sys::signal::Signal::{SIGHUP, SIGUSR1},
    unistd::geteuid,
};
use tokenwell::sandbox::{Answer, Shape};

use crate::{
    program::{Program, TOKENWELL, run, tokenwell},
    setting::Setting,
};

#[test]
fn no_secret_is_in_the_trace_log_or_the_process_table() {
    let mut setting = Setting::with(&["a", "b"]);
    setting.sandbox.script([
        Answer::denied(),
        Answer::busy(1),
        Answer::Garbage,
        Answer::Session(Shape {
            claims: serde_json::json!({"iss": "P2other"}).as_object().unwrap().clone(),
            ..Shape::default()
        }),
    ]);
    setting.configure_with(
        "renew: {spacing: 100ms, retryFirst: 100ms, retryMax: 200ms, deniedEvery: 1s}\n",
        &setting.named(&["a", "b"]),
    );
    let program = Program::start(run(&setting.path("")).env("TOKENWELL_LOG", "trace"));
    program.until_said("token written", 2);
    program.signal(SIGUSR1);
    setting.put_key("a", "rotated");
    program.signal(SIGHUP);
    program.until_said("token written", 4);
    setting.learn_tokens();
    for name in ["cmdline", "environ", "comm", "status", "maps"] {
        let bytes = fs::read(format!("/proc/{}/{name}", program.pid())).unwrap();
        assert_eq!(setting.leaks.found_in(&String::from_utf8_lossy(&bytes)), None, "{name}");
    }
    let ended = program.stop();
    setting.clean(&ended);
    for file in walk(&setting.path("state")) {
        let bytes = fs::read(&file).unwrap();
        assert_eq!(setting.leaks.found_in(&String::from_utf8_lossy(&bytes)), None, "{}", file.display());
    }
}

#[test]
fn a_key_in_the_place_of_its_file_is_not_repeated() {
    let mut setting = Setting::new();
    let key = format!("K2{}", "aB3dEfGh1JkLmN0pQrStUvWxYz".repeat(2));
    setting.leaks.key(&key);
    for arguments in [
        &["run", "--project-id", "P2x", "--access-key-file", &key, "--output", "x"][..],
        &["run", "--access-key", &key],
        &["once", &key],
        &["check", "--project-id", &key, "--access-key-file", "k", "--output", "x"],
        &["check", "--base-url", &key, "--access-key-file", "k", "--output", "x"],
    ] {
        let ended = Program::start(tokenwell(arguments).current_dir(setting.path(""))).ended();
        assert_eq!(ended.code, Some(2), "{}", ended.stderr);
        setting.clean(&ended);
    }
}

#[test]
fn there_are_no_core_dumps_and_no_debuggers_of_the_same_user() {
    let setting = Setting::with(&["a"]);
    let mut command;
    if geteuid().is_root() {
        // Root may read the files of every process, so another user must run it.
        let copy = setting.path("tokenwell");
        // A separate process copies it: a file that is open for writing here while another test forks cannot be executed.
        assert!(Command::new("/bin/cp").args([TOKENWELL.as_ref(), copy.as_os_str()]).status().unwrap().success());
        for folder in ["", "keys", "out", "state"] {
            fs::set_permissions(setting.path(folder), fs::Permissions::from_mode(0o755)).unwrap();
            chown(setting.path(folder), Some(NOBODY), Some(NOBODY)).unwrap();
        }
        command = Command::new(copy);
        command.uid(NOBODY).gid(NOBODY);
    } else {
        command = Command::new(TOKENWELL);
    }
    command.env_clear().args(["run", "--config"]).arg(setting.path("tokenwell.yaml"));
    let program = Program::start(&mut command);
    program.until_said("ready", 1);
    let of_process = format!("/proc/{}", program.pid());
    let limits = fs::read_to_string(format!("{of_process}/limits")).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().collect::<Vec<_>>()[4..6], ["0", "0"]);
    let status = fs::read_to_string(format!("{of_process}/status")).unwrap();
    let uid: u32 =
        status.lines().find_map(|line| line.strip_prefix("Uid:\t")?.split('\t').next()?.parse().ok()).unwrap();
    assert_ne!(uid, 0);
    // Root owns the `/proc` files of a process that is not dumpable.
    assert_ne!(fs::metadata(format!("{of_process}/environ")).unwrap().uid(), uid);
}

#[test]
fn a_proxy_is_asked_for_a_tunnel_and_sees_no_key() {
    let mut setting = Setting::new();
    setting.put_key("a", "a");
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = proxy.local_addr().unwrap();
    let (sender, heads) = mpsc::channel();
    // It serves until the test ends: after a refusal the program asks once more, to say why.
    thread::spawn(move || {
        for client in proxy.incoming() {
            if sender.send(refuse(client.unwrap())).is_err() {
                return;
            }
        }
    });
    let mut command = tokenwell(["once", "--timeout", "300s", "--project-id", "P2x", "--output", "out/a.jwt"]);
    command.args(["--access-key-file", "keys/a", "--base-url", "https://api.descope.invalid"]);
    command.env("HTTPS_PROXY", format!("http://user:word@{address}")).current_dir(setting.path(""));
    let program = Program::start(&mut command);
    program.until_said("refuses to connect to `api.descope.invalid` (HTTP 403)", 1);
    let ended = program.stop();
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    let heads: Vec<_> = heads.try_iter().collect();
    assert_ne!(heads.len(), 0);
    for head in heads {
        assert!(head.starts_with("CONNECT api.descope.invalid:443 HTTP/1.1\r\n"), "{head}");
        assert_eq!(setting.leaks.found_in(&head), None);
    }
    assert!(!ended.stderr.contains("user:word"), "{}", ended.stderr);
    setting.clean(&ended);
}

/// Answers one request for a tunnel with 403 and returns its head, once the client has closed the connection.
fn refuse(mut client: TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    client.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
    let mut rest = Vec::new();
    let _ = client.read_to_end(&mut rest);
    assert!(rest.is_empty(), "no tunnel was granted");
    String::from_utf8(head).unwrap()
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] });
    // The control socket is no file that can be read.
    files.filter(|path| !path.ends_with("control.sock")).collect()
}

const NOBODY: u32 = 65534;
