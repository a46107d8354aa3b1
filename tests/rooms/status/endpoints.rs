//! The answer of each path, the permitted clients, and the omission of secrets.

use std::{fs, time::Duration};

use tokenwell::sandbox::{Answer as Scripted, Shape};

use crate::{
    client::Server,
    served::{FREE_PORT, configure, credential, ready, setting, start, until},
};

#[test]
fn every_path_answers_with_what_it_is_for() {
    let setting = setting(&["a", "b"]);
    let (_program, server) = ready(&setting);
    for (path, status, kind, text) in [
        ("/livez", 200, "text/plain; charset=utf-8", "ok\n"),
        ("/readyz", 200, "text/plain; charset=utf-8", "ready\n"),
        ("/readyz/a", 200, "text/plain; charset=utf-8", "ready\n"),
        ("/readyz/other", 404, "text/plain; charset=utf-8", "no required credential"),
        ("/status", 200, "application/json", "{\n  \"version\": 1,\n  \"ready\": true,"),
        ("/metrics", 200, "text/plain; version=0.0.4; charset=utf-8", "# HELP tokenwell_session_expiry_timestamp"),
        ("/", 200, "text/html; charset=utf-8", "<!doctype html>"),
        ("/page.js", 200, "text/javascript; charset=utf-8", "//"),
        ("/words.js", 200, "text/javascript; charset=utf-8", "//"),
        ("/page.css", 200, "text/css; charset=utf-8", "/*"),
        ("/icon.svg", 200, "image/svg+xml", "<svg"),
        ("/readyz/", 404, "text/plain; charset=utf-8", "no required credential"),
        (
            "/status/",
            404,
            "text/plain; charset=utf-8",
            "not found; the paths are /, /status, /metrics, /readyz, /readyz/NAME, /livez and /v1/credentials/NAME\n",
        ),
        ("/favicon.ico", 404, "text/plain; charset=utf-8", "not found; the paths are /,"),
        ("/../etc/passwd", 404, "text/plain; charset=utf-8", "not found; the paths are /,"),
    ] {
        let answer = server.get(path);
        assert_eq!((answer.status, answer.header("content-type")), (status, Some(kind)), "{path}");
        assert!(answer.body.starts_with(text), "{path}: {}", answer.body);
        let head = server.ask(&format!("HEAD {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
        assert_eq!((head.status, head.body.as_str()), (status, ""), "HEAD {path}");
        assert_eq!(head.header("content-type"), Some(kind), "HEAD {path}");
    }
}

#[test]
fn no_answer_may_be_kept_guessed_framed_or_read_by_another_site() {
    let setting = setting(&["a"]);
    let (_program, server) = ready(&setting);
    for path in ["/", "/status", "/metrics", "/readyz", "/nothing", "/page.js"] {
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\nConnection: close\r\n\r\n"
        );
        let answer = server.ask(&request);
        for (name, value) in [
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{path}");
        }
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self';") && !policy.contains("unsafe"), "{policy}");
        assert!(!answer.whole().to_lowercase().contains("access-control"), "{path}");
    }
}

#[test]
fn loopback_answers_to_no_name_of_somebody_elses() {
    let setting = setting(&["a"]);
    let (_program, server) = ready(&setting);
    let asked_as = |host: &str| server.ask(&format!("GET /status HTTP/1.1\r\n{host}Connection: close\r\n\r\n")).status;
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    let own = format!("Host: {}:9465\r\n", name.trim());
    for host in [
        "Host: localhost:9465\r\n",
        "Host: LOCALHOST\r\n",
        "Host: localhost.\r\n",
        "Host: tokenwell.localhost:9465\r\n",
        "Host: 127.0.0.1:1\r\n",
        "Host: [::1]:9465\r\n",
        own.as_str(),
        "",
    ] {
        assert_eq!(asked_as(host), 200, "{host}");
    }
    for host in [
        "Host: evil.example\r\n",
        "Host: localhost.evil.example:9465\r\n",
        "Host: a b\r\n",
        "Host: 127.0.0.1.nip.io\r\n",
    ] {
        assert!(matches!(asked_as(host), 400 | 421), "{host}");
    }
}

#[test]
fn nothing_but_get_and_head_is_answered_and_no_body_is_read() {
    let setting = setting(&["a"]);
    let (_program, server) = ready(&setting);
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "CONNECT", "NONSENSE"] {
        let request = format!("{method} /status HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\n\r\n");
        let answer = server.ask(&request);
        assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, HEAD")), "{method}");
    }
    let chunked = "GET /livez HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n";
    assert_eq!(server.ask(chunked).status, 200);
}

#[test]
fn it_answers_while_every_exchange_hangs() {
    let setting = setting(&["a", "b"]);
    configure(&setting, FREE_PORT, &format!("http: {{timeout: 300s}}\n{}", setting.named(&["a", "b"])));
    let hold = setting.sandbox.hold();
    let (_program, server) = start(&setting);
    setting.until_exchanges(2);
    assert_eq!(server.get("/livez").status, 200);
    assert_eq!(server.get("/metrics").status, 200);
    assert_eq!(server.get("/").status, 200);
    let answer = server.get("/readyz");
    assert_eq!((answer.status, answer.body.as_str()), (503, "a: no token yet\nb: no token yet\n"));
    let status = until(&server, "an exchange is under way", |status| {
        credential(status, "a")["nextAction"]["what"] == "exchange"
    });
    assert_eq!(status["ready"], false);
    drop(hold);
    until(&server, "tokens", |status| status["ready"] == true);
    assert_eq!(server.get("/readyz").status, 200);
}

#[test]
fn no_face_says_a_key_or_a_token_whatever_happens() {
    let mut setting = setting(&["a", "b", "c"]);
    setting.sandbox.script([
        Scripted::denied(),
        Scripted::Garbage,
        Scripted::Session(Shape {
            claims: serde_json::json!({"iss": "P2other"}).as_object().unwrap().clone(),
            ..Shape::default()
        }),
    ]);
    let (program, server) = start(&setting);
    setting.until_exchanges(5);
    setting.put_key("a", "rotated");
    setting.put("keys/b", "two\nlines K2canary");
    setting.leaks.key("K2canary");
    until(&server, "all of it is told", |status| {
        credential(status, "a")["state"] == "fresh" && credential(status, "b")["keyTrouble"].is_string()
    });
    setting.learn_tokens();
    for path in ["/", "/status", "/metrics", "/readyz", "/readyz/b", "/livez", "/page.js", "/nothing"] {
        assert_eq!(setting.leaks.found_in(&server.get(path).whole()), None, "{path}");
    }
    let ended = program.stop();
    setting.clean(&ended);
    let file = fs::read_to_string(setting.path("state/status.json")).unwrap();
    assert_eq!(setting.leaks.found_in(&file), None);
}

#[test]
fn the_last_day_is_in_buckets() {
    let setting = setting(&["a"]);
    setting.sandbox.script([Scripted::denied()]);
    let (_program, server) = start(&setting);
    let status = until(&server, "a refusal", |status| credential(status, "a")["lastRefusal"]["class"] == "denied");
    assert_eq!(status["history"]["bucketSeconds"], 900);
    let bucket = &status["history"]["buckets"][0];
    assert_eq!((&bucket["sessions"], &bucket["refusals"]), (&0.into(), &1.into()));
    let from = humantime::parse_rfc3339(bucket["from"].as_str().unwrap()).unwrap();
    let at = humantime::parse_rfc3339(status["at"].as_str().unwrap()).unwrap();
    assert!(at.duration_since(from).unwrap() <= Duration::from_secs(901));
}

#[test]
fn a_client_that_stays_may_ask_again() {
    let setting = setting(&["a"]);
    let (_program, server) = ready(&setting);
    let mut wire = server.connect();
    let both = "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\nGET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    wire.write_all(both.as_bytes()).unwrap();
    let mut said = String::new();
    wire.read_to_string(&mut said).unwrap();
    assert_eq!(said.matches("HTTP/1.1 200 OK").count(), 2, "{said}");
    let Server::Tcp(_) = server else { panic!("a port of loopback") };
}
