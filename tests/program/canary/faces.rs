//! Every status interface, the state on disk, and the process data that the system shows.

use std::fs;

use tokenwell::sandbox::Answer;

use crate::{
    asked,
    program::{Program, run},
    setting::{QUICK, Setting},
};

#[test]
fn no_face_shows_a_key_or_a_token() {
    let mut setting = Setting::new();
    setting.put_key("a", "a");
    setting.put_key("b", "b");
    setting.sandbox.script([Answer::denied()]);
    let rest = format!("status: {{listen: \"127.0.0.1:0\"}}\n{}", setting.named(&["a", "b"]));
    setting.configure_with(QUICK, &rest);
    let program = Program::start(run(&setting.path("")).env("TOKENWELL_LOG", "trace"));
    program.until_said("token written", 1);
    let address = asked::address(&setting);
    let key = fs::read_to_string(setting.path("keys/a")).unwrap();
    setting.learn_tokens();
    let ask = |request: String| asked::ask(&address, &request);
    for path in [
        "/",
        "/livez",
        "/readyz",
        "/readyz/a",
        "/readyz/b",
        "/status",
        "/metrics",
        "/nothing",
        "/favicon.ico",
        "/v1/credentials/a",
    ] {
        for accept in ["*/*", "application/openmetrics-text; version=1.0.0"] {
            for method in ["GET", "HEAD", "POST"] {
                let said = ask(format!(
                    "{method} {path} HTTP/1.1\r\nhost: x\r\naccept: {accept}\r\nconnection: close\r\n\r\n"
                ));
                assert!(said.starts_with("HTTP/1.1 "), "{said}");
                assert_eq!(setting.leaks.found_in(&said), None, "{method} {path}");
            }
        }
    }
    // Neither the response nor the log quotes a key in a request.
    for request in [
        format!("GET /{key} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"),
        format!("GET /readyz/{key}?key={key} HTTP/1.1\r\nhost: {key}\r\nconnection: close\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\nconnection: close\r\n\r\n"),
        format!("{key}\r\n\r\n"),
    ] {
        let said = ask(request);
        assert_eq!(setting.leaks.found_in(&said), None);
    }
    for name in ["cmdline", "environ", "comm", "status", "stat", "maps", "limits", "mountinfo"] {
        let bytes = fs::read(format!("/proc/{}/{name}", program.pid())).unwrap();
        assert_eq!(setting.leaks.found_in(&String::from_utf8_lossy(&bytes)), None, "{name}");
    }
    let ended = program.stop();
    for file in asked::files(&setting.path("state")) {
        let bytes = fs::read(&file).unwrap();
        assert!(setting.leaks.all_in(&bytes).is_empty(), "{}", file.display());
    }
    setting.clean(&ended);
}
