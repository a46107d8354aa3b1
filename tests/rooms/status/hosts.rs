//! The names under which a loopback address answers: probes under every one, the rest under those of the configuration.

use std::io::{Read as _, Write as _};

use crate::{
    client::{Answer, Server},
    program::Program,
    served::{ready, setting, start},
    setting::{QUICK, Setting},
};

const PROXY: &str = "status.corp.example";
const FOR_PROBES: [&str; 4] = ["/livez", "/readyz", "/readyz/a", "/metrics"];
const FOR_PEOPLE: [&str; 5] = ["/", "/status", "/page.js", "/nothing", "/readyzz"];

fn allow(setting: &Setting, hosts: &str) {
    let status = format!("status: {{listen: \"127.0.0.1:0\", hosts: {hosts}}}\n");
    setting.configure_with(QUICK, &format!("{status}{}", setting.named(&["a"])));
}

fn ask(server: &Server, path: &str, host: &str) -> Answer {
    server.ask(&format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"))
}

fn statuses<const N: usize>(server: &Server, paths: [&str; N], host: &str) -> [u16; N] {
    paths.map(|path| ask(server, path, host).status)
}

#[test]
fn probes_and_scrapers_are_answered_under_every_name() {
    let setting = setting(&["a"]);
    let (_program, server) = ready(&setting);
    assert_eq!(statuses(&server, FOR_PROBES, PROXY), [200; 4]);
    assert_eq!(statuses(&server, FOR_PEOPLE, PROXY), [421; 5]);
    let page = ask(&server, "/", PROXY).body;
    assert!(page.contains("`status.hosts`") && page.contains("/livez, /readyz and /metrics"), "{page}");
    let post = format!("POST /livez HTTP/1.1\r\nHost: {PROXY}\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(server.ask(&post).status, 405);
}

#[test]
fn reasons_are_left_out_under_a_foreign_name() {
    let setting = setting(&["a"]);
    allow(&setting, "[\"*.ops.example\"]");
    std::fs::remove_file(setting.path("keys/a")).unwrap();
    let (_program, server) = start(&setting);
    let reasons = |host| {
        let answer = ask(&server, "/readyz", host);
        (answer.status, answer.body.contains("keys/a"))
    };
    assert_eq!(["localhost", "status.ops.example"].map(reasons), [(503, true); 2]);
    assert_eq!([PROXY, "ops.example"].map(reasons), [(503, false); 2]);
    let body = ask(&server, "/readyz/a", PROXY).body;
    assert!(body.starts_with("not ready; the reasons are shown under"), "{body}");
}

#[test]
fn a_reload_changes_the_names_also_for_open_connections() {
    let setting = setting(&["a"]);
    let (program, server) = ready(&setting);
    let mut kept_open = server.connect();
    let mut ask_again = |expected: &str| {
        kept_open.write_all(format!("HEAD /status HTTP/1.1\r\nHost: {PROXY}\r\n\r\n").as_bytes()).unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            kept_open.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap();
        assert!(head.starts_with(&format!("HTTP/1.1 {expected}")), "{head}");
    };
    let reload = |program: &Program, hosts: &str, times| {
        allow(&setting, hosts);
        program.until_said("the new configuration is in force", times);
    };
    ask_again("421");
    reload(&program, "[STATUS.corp.example.]", 1);
    ask_again("200");
    assert_eq!(statuses(&server, FOR_PEOPLE, &format!("{PROXY}:8443")), [200, 200, 200, 404, 404]);
    assert_eq!(ask(&server, "/status", "evil.example").status, 421);
    reload(&program, "[\"*.corp.example\"]", 2);
    ask_again("200");
    reload(&program, "[other.example]", 3);
    ask_again("421");
    assert_eq!(statuses(&server, FOR_PROBES, PROXY), [200; 4]);
    let said = program.stop().stderr;
    assert_eq!(said.matches("status is served").count(), 1, "the server stays where it is: {said}");
}
