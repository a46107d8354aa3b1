//! `tokenwell status`.

use std::{
    ffi::OsStr,
    fs,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    os::unix::fs::{PermissionsExt as _, symlink},
    process::Command,
    thread,
    time::Duration,
};

use nix::sys::signal::Signal;
use serde_json::Value;
use tokenwell::sandbox::Answer;

use crate::{
    program::{Ended, Program, once, run, tokenwell, within},
    setting::{QUICK, Setting},
};

#[test]
fn a_ready_daemon_is_asked_over_tcp_and_over_a_unix_socket() {
    let mut setting = Setting::with(&["a", "b"]);
    serve(&setting, "127.0.0.1:0", &["a", "b"]);
    let daemon = setting.ready();
    let address = address(&setting, &daemon);
    // `just now` is less than a second ago, which a stalled machine may miss. A long name of the host breaks the line.
    let asked = [format!("{address}status,"), "just now".to_owned()];
    let is_asked = |ended: &Ended| asked.iter().all(|part| ended.stdout.contains(part));
    let ended = until(&setting, "ready", |ended| ended.code == Some(0) && is_asked(ended));
    assert!(ended.stdout.starts_with("2 of 2 fresh; next renewal in "), "{}", ended.stdout);
    assert_eq!((ended.stdout.contains('\x1b'), ended.stderr.as_str()), (false, ""));
    quiet(&mut setting, &ended);
    daemon.stop();

    let socket = setting.path("run/status.sock");
    serve(&setting, &format!("unix:{}", socket.display()), &["a", "b"]);
    let daemon = setting.ready();
    let asked = format!("unix:{}", socket.display());
    until(&setting, "ready", |ended| ended.code == Some(0) && ended.stdout.contains(&asked));
    daemon.stop();
}

#[test]
fn a_token_in_one_of_two_outputs_is_failing_with_its_time_left() {
    let mut setting = Setting::with(&["a"]);
    setting.sandbox.set(|settings| settings.life = Duration::from_secs(3600));
    // Not in `out`, where the setting reads every file.
    fs::create_dir(setting.path("pipes")).unwrap();
    let fifo = setting.path("pipes/fifo");
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let (key, good) = (setting.path("keys/a"), setting.path("out/good.jwt"));
    let socket = setting.path("run/status.sock");
    let rest = format!(
        "status: {{listen: \"unix:{}\"}}\ncredentials:\n  - {{name: a, accessKeyFile: {}, outputs: [{{path: {}}}, {{path: {}}}]}}\n",
        socket.display(),
        key.display(),
        good.display(),
        fifo.display()
    );
    setting.configure_with(QUICK, &rest);
    for start in ["the first", "the next"] {
        let daemon = Program::start(&mut run(&setting.path("")));
        // Until the next process answers, the status of the one before says the same of the pipe.
        let ended = until(&setting, "the write has failed", |ended| {
            ended.stdout.contains("(FIFO)") && !ended.stdout.contains("no daemon runs here")
        });
        let row = ended.stdout.lines().find(|line| line.starts_with("a ")).unwrap();
        assert!(row.contains("failing") && row.contains("59m"), "{start}: {}", ended.stdout);
        assert!(ended.stdout.starts_with("not ready: 0 of 1 fresh") && !ended.stdout.contains("no token"), "{start}");
        assert!(ended.stdout.contains(&format!("`{}`", fifo.display())), "{start}: {}", ended.stdout);
        quiet(&mut setting, &ended);
        daemon.stop();
    }
    assert_eq!(setting.sandbox.exchanges().len(), 1, "the next process copies the token");
    assert!(!fs::symlink_metadata(&fifo).unwrap().is_file(), "the pipe is still there");
}

#[test]
fn json_is_the_servers_answer() {
    let mut setting = Setting::with(&["a"]);
    serve(&setting, "127.0.0.1:0", &["a"]);
    let daemon = setting.ready();
    let address = address(&setting, &daemon);
    let at = address.trim_start_matches("http://").trim_end_matches('/');
    let served = || {
        let mut wire = TcpStream::connect(at).unwrap();
        wire.write_all(b"GET /status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
        let mut text = String::new();
        wire.read_to_string(&mut text).unwrap();
        steady(text.split_once("\r\n\r\n").unwrap().1)
    };
    // Events between two requests make the responses differ.
    let ended = within("the same answer twice", || {
        let before = served();
        let ended = status(&setting, &["--json"]);
        (steady(&ended.stdout) == before && before["credentials"][0]["state"] == "fresh").then_some(ended)
    });
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    quiet(&mut setting, &ended);
    daemon.stop();
}

#[test]
fn a_denied_key_comes_first_and_says_what_to_do() {
    let mut setting = Setting::with(&["a", "b"]);
    let key = setting.put_key("b", "b");
    setting.sandbox.revoke(&key);
    let daemon = Program::start(&mut run(&setting.path("")));
    let ended =
        until(&setting, "the refusal", |ended| ended.stdout.contains("not ready: 1 of 2 fresh; b: access key denied"));
    assert_eq!(ended.code, Some(1));
    let (b, a) = (ended.stdout.find("\nb  ").unwrap(), ended.stdout.find("\na  ").unwrap());
    assert!(b < a, "{}", ended.stdout);
    assert!(ended.stdout.contains("    to do: make a new access key in Descope's console"), "{}", ended.stdout);
    assert!(ended.stdout.contains("which still runs"), "{}", ended.stdout);
    quiet(&mut setting, &ended);
    daemon.stop();
}

#[test]
fn what_a_killed_daemon_left_is_judged_by_the_clock_of_now() {
    let mut setting = Setting::with(&["a"]);
    setting.sandbox.set(|settings| settings.life = Duration::from_secs(3));
    serve(&setting, "127.0.0.1:0", &["a"]);
    let daemon = setting.ready();
    until(&setting, "the daemon's own word", |ended| ended.code == Some(0));
    within("the file is up to date", || file(&setting).filter(|file| file["credentials"][0]["state"] == "fresh"));
    setting.sandbox.set(|settings| settings.outage = Some(Answer::status(503)));
    daemon.signal(Signal::SIGKILL);
    daemon.ended();
    let ended = until(&setting, "the end of the token", |ended| ended.stdout.contains("\na           expired"));
    assert_eq!(ended.code, Some(1));
    assert!(ended.stdout.starts_with("not ready: no daemon runs here; 0 of 1 fresh; a: expired "), "{}", ended.stdout);
    let said = ended.stdout.replace('\n', " ");
    assert!(said.contains("which is gone, or runs elsewhere; http://127.0.0.1:"), "{said}");
    assert!(said.contains("does not answer: Connection refused"), "{said}");
    let json = status(&setting, &["--json"]);
    let report: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!((json.code, &report["ready"]), (Some(1), &Value::Bool(false)));
    assert_eq!(report["credentials"][0]["state"], "expired");
    assert!(json.stderr.starts_with("read from "), "{}", json.stderr);
    quiet(&mut setting, &ended);
}

#[test]
fn after_a_stop_tokens_are_good_until_one_is_removed() {
    let mut setting = Setting::with(&["a", "b"]);
    assert_eq!(Program::start(&mut once(&setting.path(""), "20s")).ended().code, Some(0));
    let ended = status(&setting, &[]);
    assert_eq!(ended.code, Some(0), "{}", ended.stdout);
    assert!(ended.stdout.starts_with("no daemon runs here, the last one stopped "), "{}", ended.stdout);
    assert!(ended.stdout.contains("; 2 of 2 fresh\n"), "{}", ended.stdout);
    fs::remove_file(setting.path("out/b.jwt")).unwrap();
    let ended = status(&setting, &[]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.stdout.contains("\nb           missing "), "{}", ended.stdout);
    assert!(ended.stdout.contains("does not hold the token that was written last"), "{}", ended.stdout);
    quiet(&mut setting, &ended);
}

#[test]
fn without_a_run_or_access_the_remedy_is_named() {
    let setting = Setting::with(&["a"]);
    let ended = status(&setting, &[]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""));
    assert!(ended.stderr.starts_with("error: no daemon has run with this configuration yet: "), "{}", ended.stderr);
    setting.put("state/status.json", "{}");
    let ended = status(&setting, &["--json"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""));
    assert!(ended.stderr.contains("is not a status file of this version"), "{}", ended.stderr);
    if !nix::unistd::geteuid().is_root() {
        fs::set_permissions(setting.path("state"), fs::Permissions::from_mode(0o000)).unwrap();
        let ended = status(&setting, &[]);
        fs::set_permissions(setting.path("state"), fs::Permissions::from_mode(0o700)).unwrap();
        assert_eq!(ended.code, Some(1));
        assert!(ended.stderr.contains("run this as the user that tokenwell runs as"), "{}", ended.stderr);
    }
}

#[test]
fn what_answers_and_is_no_tokenwell_is_recognised() {
    let setting = Setting::with(&["a"]);
    let sandbox = setting.sandbox.base_url();
    serve(&setting, sandbox.trim_start_matches("http://").trim_end_matches('/'), &["a"]);
    let ended = status(&setting, &[]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.stderr.contains("/status does not answer: it answers HTTP 404"), "{}", ended.stderr);
}

#[test]
fn a_silent_close_is_not_taken_for_another_program() {
    let setting = Setting::with(&["a"]);
    let busy = TcpListener::bind("127.0.0.1:0").unwrap();
    serve(&setting, &busy.local_addr().unwrap().to_string(), &["a"]);
    let closer = thread::spawn(move || {
        drop(busy.accept().unwrap());
        let (mut wire, _) = busy.accept().unwrap();
        wire.read_exact(&mut [0; 16]).unwrap();
        drop(wire);
        let (mut wire, _) = busy.accept().unwrap();
        wire.read_exact(&mut [0; 16]).unwrap();
        wire.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{").unwrap();
    });
    for what in ["at once", "after the head", "amid the answer"] {
        let ended = status(&setting, &[]);
        assert_eq!(ended.code, Some(1), "{what}");
        assert!(
            ended.stderr.contains("does not answer: it closes the connection without an answer"),
            "{}",
            ended.stderr
        );
    }
    closer.join().unwrap();
}

#[test]
fn a_daemon_of_another_configuration_is_ignored() {
    let (mut setting, other) = (Setting::with(&["a"]), Setting::with(&["theirs"]));
    serve(&other, "127.0.0.1:0", &["theirs"]);
    let daemon = other.ready();
    let address = address(&other, &daemon);
    let theirs = format!(
        "{address}status is answered by the daemon of another configuration, `{}`; give each its own `status.listen`",
        other.path("tokenwell.yaml").display()
    );
    serve(&setting, address.trim_start_matches("http://").trim_end_matches('/'), &["a"]);
    let ended = status(&setting, &[]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""));
    assert!(ended.stderr.contains("no daemon has run with this configuration yet"), "{}", ended.stderr);
    assert!(ended.stderr.contains(&theirs), "{}", ended.stderr);
    assert_eq!(Program::start(&mut once(&setting.path(""), "20s")).ended().code, Some(0));
    let ended = status(&setting, &["--json"]);
    let report: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!((ended.code, &report["credentials"][0]["name"]), (Some(0), &Value::from("a")));
    assert!(ended.stderr.contains(&theirs), "{}", ended.stderr);
    quiet(&mut setting, &ended);
    daemon.stop();
}

#[test]
fn a_daemon_is_recognised_by_its_file_and_its_outputs() {
    let setting = Setting::with(&["a", "b"]);
    let listen = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let asked_by = |file: &str| {
        let mut command: Command = tokenwell(["status", "--config"].map(OsStr::new));
        Program::start(command.arg(setting.path(file))).ended()
    };
    let from_a_folder = format!(
        "credentialsFrom: [{{accessKeyDirectory: {}, outputs: [{{path: \"{}\"}}]}}]\n",
        setting.path("keys").display(),
        setting.path("out/{name}.jwt").display()
    );
    for rest in [setting.named(&["a", "b"]), from_a_folder] {
        setting.configure_with(QUICK, &format!("status: {{listen: \"{listen}\"}}\n{rest}"));
        let daemon = setting.ready();
        address(&setting, &daemon);
        let _ = fs::remove_file(setting.path("link.yaml"));
        symlink(setting.path("tokenwell.yaml"), setting.path("link.yaml")).unwrap();
        let text = fs::read_to_string(setting.path("tokenwell.yaml")).unwrap();
        setting.put("copy.yaml", &text.replace("/state", "/another-state"));
        for file in ["tokenwell.yaml", "link.yaml", "copy.yaml"] {
            let ended = asked_by(file);
            assert!(ended.stdout.contains("asked the daemon on host "), "{file}: {}{}", ended.stdout, ended.stderr);
        }
        daemon.stop();
    }
}

#[test]
fn a_wrong_configuration_and_a_piped_watch_fail_at_once() {
    let setting = Setting::with(&["a"]);
    let ended = status(&setting, &["--watch"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    assert!(ended.stderr.contains("`--watch` needs a terminal"), "{}", ended.stderr);
    assert_eq!(status(&setting, &["--watch", "--json"]).code, Some(2));
    setting.put("tokenwell.yaml", "credentials: 7\n");
    assert_eq!(status(&setting, &[]).code, Some(2));
}

#[test]
fn one_credential_is_shown_with_everything_about_it() {
    let mut setting = Setting::with(&["a", "b"]);
    let key = setting.put_key("b", "b");
    setting.sandbox.revoke(&key);
    let daemon = Program::start(&mut run(&setting.path("")));
    until(&setting, "the refusal", |ended| ended.stdout.contains("1 of 2 fresh; b: access key denied"));
    let ended = status(&setting, &["a"]);
    assert_eq!(ended.code, Some(0), "its own exit code: {}", ended.stdout);
    assert!(ended.stdout.starts_with("a: fresh, "), "{}", ended.stdout);
    for part in ["out/a.jwt (jwt), written ", "\n  key file", "keys/a\n", "\n  fingerprint", "\n  renewal"] {
        assert!(ended.stdout.contains(part), "{part:?} in\n{}", ended.stdout);
    }
    assert!(!ended.stdout.contains("keys/b"), "{}", ended.stdout);
    let ended = status(&setting, &["b"]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.stdout.contains("\n  last refusal  denied "), "{}", ended.stdout);
    assert!(ended.stdout.contains("\n  to do         make a new access key"), "{}", ended.stdout);
    let ended = status(&setting, &["a", "--json"]);
    let report: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!((&report["ready"], report["credentials"].as_array().unwrap().len()), (&Value::Bool(true), 1));
    let ended = status(&setting, &["c"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    assert!(ended.stderr.starts_with("error: no credential has the name `c`"), "{}", ended.stderr);
    quiet(&mut setting, &ended);
    daemon.stop();
}

#[test]
fn many_fresh_credentials_are_folded_and_all_shows_them() {
    let mut setting = Setting::new();
    let names: Vec<_> = (0..30).map(|n| format!("c{n:02}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    for name in &names {
        setting.put_key(name, name);
    }
    setting.configure(&setting.named(&names));
    assert_eq!(Program::start(&mut once(&setting.path(""), "60s")).ended().code, Some(0));
    fs::remove_file(setting.path("out/c17.jwt")).unwrap();
    let ended = status(&setting, &[]);
    assert!(ended.stdout.lines().count() < 24, "{}", ended.stdout);
    assert!(ended.stdout.contains("\nc17         missing"), "{}", ended.stdout);
    assert!(ended.stdout.contains(" and 29 fresh; --all shows them\n"), "{}", ended.stdout);
    let is_summary = |ended: &Ended| ended.stdout.lines().last().unwrap().contains("; 29 of 30 fresh; c17: missing");
    assert!(is_summary(&ended), "{}", ended.stdout);
    let ended = status(&setting, &["--all"]);
    assert_eq!(names.iter().filter(|name| ended.stdout.contains(&format!("{name}  "))).count(), 30);
    assert!(is_summary(&ended), "{}", ended.stdout);
    quiet(&mut setting, &ended);
}

/// Removes the values that change from one moment to the next.
fn steady(json: &str) -> Value {
    let mut report: Value = serde_json::from_str(json).unwrap();
    report["at"] = Value::Null;
    coarsen(&mut report);
    report
}

/// Times of the boot clock are converted to the current wall clock, in milliseconds.
fn coarsen(value: &mut Value) {
    match value {
        Value::String(text) if humantime::parse_rfc3339(text).is_ok() => text.truncate("2026-01-01T00:00:0".len()),
        Value::Array(values) => values.iter_mut().for_each(coarsen),
        Value::Object(fields) => fields.values_mut().for_each(coarsen),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn quiet(setting: &mut Setting, ended: &Ended) {
    setting.learn_tokens();
    assert_eq!(setting.leaks.found_in(&ended.stdout), None);
    assert_eq!(setting.leaks.found_in(&ended.stderr), None);
}

fn serve(setting: &Setting, listen: &str, names: &[&str]) {
    setting.configure_with(QUICK, &format!("status: {{listen: \"{listen}\"}}\n{}", setting.named(names)));
}

fn file(setting: &Setting) -> Option<Value> {
    serde_json::from_str(&fs::read_to_string(setting.path("state/status.json")).ok()?).ok()
}

fn address(setting: &Setting, daemon: &Program) -> String {
    within("the address of the server", || {
        let file = file(setting)?;
        file["statusAddress"].as_str().filter(|_| file["processId"] == daemon.pid()).map(str::to_owned)
    })
}

fn status(setting: &Setting, arguments: &[&str]) -> Ended {
    let mut command: Command = tokenwell(["status", "--config"].map(OsStr::new));
    command.arg(setting.path("tokenwell.yaml")).args(arguments);
    Program::start(&mut command).ended()
}

fn until(setting: &Setting, what: &str, wanted: impl Fn(&Ended) -> bool) -> Ended {
    within(what, || Some(status(setting, &[])).filter(|ended| wanted(ended)))
}
