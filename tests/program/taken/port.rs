//! The place where status is served: another program holds it, or it cannot be made, at a restart and later.

use std::{
    ffi::OsStr,
    fs,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    os::unix::net::UnixListener,
};

use nix::sys::signal::Signal;
use serde_json::Value;

use crate::{
    manager::Manager,
    program::{Ended, Program, run, tokenwell, within},
    setting::{QUICK, Setting},
};

#[test]
fn a_port_taken_at_a_restart_costs_no_renewal() {
    let mut setting = Setting::with(&["a"]);
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    serve(&setting, &free.to_string());
    let daemon = setting.ready();
    daemon.until_said("status is served", 1);
    daemon.signal(Signal::SIGKILL);
    daemon.ended();
    let other = TcpListener::bind(free).unwrap();

    let manager = Manager::at_path(&setting.path("notify"));
    let daemon = Program::start(run(&setting.path("")).env("NOTIFY_SOCKET", &manager.address));
    manager.until("READY=1");
    daemon.until_said("another program listens there; stop it, or change `status.listen`; it is ", 1);
    let (before, exchanges) = (setting.token("a"), setting.sandbox.counters().exchanges);
    setting.put_key("a", "rotated");
    setting.until_exchanges(exchanges + 1);
    within("the renewed token", || (setting.token("a") != before).then_some(()));
    let status = until_status(&setting, &daemon, |status| status["ready"] == true);
    assert_eq!(status["statusAddress"], Value::Null);
    assert!(status["troubles"][0].as_str().unwrap().contains("another program listens there"), "{status}");
    // It accepts no connection, and both commands ask it first.
    let stalled = [ended(&setting, "status"), ended(&setting, "wait")];
    assert_eq!(stalled.each_ref().map(|ended| ended.code), [Some(0); 2], "{stalled:?}");
    assert!(stalled[0].stdout.contains("cannot serve status at"), "{}", stalled[0].stdout);

    drop(other);
    daemon.until_said("status is served", 1);
    assert_eq!(readiness(free), 200);
    until_status(&setting, &daemon, |status| status["troubles"] == Value::Array(Vec::new()));
    let ended = daemon.stop();
    assert_eq!(ended.code, Some(0));
    assert_eq!(ended.stderr.matches("cannot serve status").count(), 1, "it is said once: {}", ended.stderr);
    setting.clean(&ended);
}

#[test]
fn whatever_keeps_it_from_listening_costs_no_token() {
    let setting = Setting::with(&["a"]);
    let in_use = TcpListener::bind("127.0.0.1:0").unwrap();
    let live = UnixListener::bind(setting.path("live.sock")).unwrap();
    setting.put("file", "precious");
    let at = |name: &str| format!("unix:{}", setting.path(name).display());
    for (listen, reason) in [
        (in_use.local_addr().unwrap().to_string(), "another program listens there"),
        ("192.0.2.1:9465".to_owned(), "this machine does not have that address"),
        ("[2001:db8::1]:9465".to_owned(), "cannot serve status at `[2001:db8::1]:9465`"),
        (at("live.sock"), "another program listens there"),
        (at("file"), "a file that is not a socket is there"),
        (at("file/status.sock"), "cannot serve status at `unix:"),
        ("systemd".to_owned(), "none was passed"),
    ] {
        serve(&setting, &listen);
        let ended = setting.ready().stop();
        assert_eq!(ended.code, Some(0), "{listen}: {}", ended.stderr);
        assert_eq!(ended.stderr.matches(reason).count(), 1, "{listen}: {}", ended.stderr);
    }
    assert_eq!(fs::read_to_string(setting.path("file")).unwrap(), "precious");
    drop(live);
}

#[test]
fn a_file_in_the_way_of_the_socket_is_waited_for() {
    let setting = Setting::with(&["a"]);
    let socket = setting.path("out/status.sock");
    fs::create_dir_all(setting.path("out")).unwrap();
    setting.put("out/status.sock", "not a socket");
    serve(&setting, &format!("unix:{}", socket.display()));
    let daemon = setting.ready();
    daemon.until_said("a file that is not a socket is there", 1);
    fs::remove_file(&socket).unwrap();
    daemon.until_said("status is served", 1);
    assert_eq!(daemon.stop().code, Some(0));
}

#[test]
fn a_reload_tries_at_once_and_a_removed_address_is_forgotten() {
    let setting = Setting::with(&["a"]);
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    serve(&setting, &other.local_addr().unwrap().to_string());
    let daemon = setting.ready();
    daemon.until_said("another program listens there", 1);
    serve(&setting, "127.0.0.1:0");
    daemon.until_said("status is served", 1);
    let status = until_status(&setting, &daemon, |status| status["statusAddress"].is_string());
    assert_eq!(status["troubles"], Value::Array(Vec::new()));
    serve(&setting, &other.local_addr().unwrap().to_string());
    daemon.until_said("status stays served at http://127.0.0.1:", 1);
    setting.configure(&setting.named(&["a"]));
    daemon.until_said("status is no longer served", 1);
    until_status(&setting, &daemon, |status| status["troubles"] == Value::Array(Vec::new()));
    assert_eq!(daemon.stop().code, Some(0));
}

#[test]
fn a_taken_port_does_not_keep_exec_from_its_program() {
    let mut setting = Setting::with(&["a"]);
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    serve(&setting, &other.local_addr().unwrap().to_string());
    let mut command = tokenwell(["exec", "--config"].map(OsStr::new));
    command.arg(setting.path("tokenwell.yaml")).args(["--", "/bin/sh", "-c", "cat \"$TOKENWELL_A_FILE\"; exit 7"]);
    let ended = Program::start(&mut command).ended();
    assert_eq!((ended.code, Some(&ended.stdout) == setting.token("a").as_ref()), (Some(7), true), "{}", ended.stderr);
    assert_eq!(ended.stderr.matches("another program listens there").count(), 1, "{}", ended.stderr);
}

fn serve(setting: &Setting, listen: &str) {
    setting.configure_with(QUICK, &format!("status: {{listen: \"{listen}\"}}\n{}", setting.named(&["a"])));
}

/// Waits for a status file of this process that is as wanted.
fn until_status(setting: &Setting, daemon: &Program, wanted: impl Fn(&Value) -> bool) -> Value {
    within("the status file", || {
        let file = fs::read_to_string(setting.path("state/status.json")).ok()?;
        let status: Value = serde_json::from_str(&file).ok()?;
        (status["processId"] == daemon.pid() && wanted(&status)).then_some(status)
    })
}

fn ended(setting: &Setting, command: &str) -> Ended {
    let mut command = tokenwell([command, "--config"].map(OsStr::new));
    Program::start(command.arg(setting.path("tokenwell.yaml"))).ended()
}

fn readiness(address: std::net::SocketAddr) -> u16 {
    let mut wire = TcpStream::connect(address).unwrap();
    wire.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    wire.read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}
