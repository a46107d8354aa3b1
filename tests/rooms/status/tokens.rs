//! Waiting for a newer token by `/v1/credentials/NAME`.

use std::{fs, io::Write as _, thread};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use nix::{
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::signal::Signal,
};
use serde_json::Value;

use crate::{
    client::{Answer, Server, Wire},
    program::{Program, within},
    served::{FREE_PORT, configure, ready, setting, start},
};

fn token(server: &Server, name: &str, query: &str) -> Value {
    let answer = server.get(&format!("/v1/credentials/{name}{query}"));
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")), "{}", answer.whole());
    serde_json::from_str(&answer.body).unwrap()
}

fn generation(token: &Value) -> u64 {
    token["generation"].as_u64().unwrap_or_else(|| panic!("{token}"))
}

/// Waits for a generation that is not this one.
fn next(server: &Server, name: &str, after: u64) -> Value {
    within("a newer token", || {
        let token = token(server, name, &format!("?after={after}&wait=20s"));
        (token["generation"] != after).then_some(token)
    })
}

fn renew(program: &Program) {
    program.signal(Signal::SIGUSR1);
}

/// Begins to wait for a token that does not come.
fn waiting(server: &Server, after: u64) -> Box<dyn Wire> {
    let mut wire = server.connect();
    let request =
        format!("GET /v1/credentials/a?after={after}&wait=5m HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    wire.write_all(request.as_bytes()).unwrap();
    wire
}

/// Whether the server has answered, or has closed the connection.
fn has_answer(wire: &dyn Wire) -> bool {
    poll(&mut [PollFd::new(wire.as_fd(), PollFlags::POLLIN)], PollTimeout::ZERO).unwrap() > 0
}

/// Adds clients until every place of those who wait is taken by one of these, and drops those who came too late for a place.
fn fill(server: &Server, after: u64, mut wires: Vec<Box<dyn Wire>>) -> Vec<Box<dyn Wire>> {
    within("every place is taken", || {
        wires.retain(|wire| !has_answer(&**wire));
        wires.extend((wires.len()..WAITING_MAX).map(|_| waiting(server, after)));
        (is_full(server, after) && !wires.iter().any(|wire| has_answer(&**wire))).then_some(())
    });
    wires
}

fn is_full(server: &Server, after: u64) -> bool {
    let answer = server.get(&format!("/v1/credentials/a?after={after}&wait=1s"));
    assert!(answer.status == 200 || answer.header("retry-after") == Some("1"), "{}", answer.whole());
    answer.status == 503
}

fn answers(wires: Vec<Box<dyn Wire>>) -> impl Iterator<Item = Answer> {
    wires.into_iter().map(|mut wire| Answer::read(&mut wire))
}

#[test]
fn a_client_that_waits_finds_each_newer_token_on_disk() {
    let mut setting = setting(&["a", "b"]);
    let (program, server) = ready(&setting);
    let mut last = generation(&token(&server, "a", ""));
    let mut before = setting.token("a").unwrap();
    for _ in 0..5 {
        let woken = thread::scope(|scope| {
            let woken = scope.spawn(|| next(&server, "a", last));
            renew(&program);
            woken.join().unwrap()
        });
        let now = setting.token("a").unwrap();
        assert!(generation(&woken) > last && now != before, "{woken}");
        let claims = URL_SAFE_NO_PAD.decode(now.split('.').nth(1).unwrap()).unwrap();
        let claims: Value = serde_json::from_slice(&claims).unwrap();
        let expected = (&woken["expiresAtUnix"], &woken["credential"], &woken["state"], &woken["ready"]);
        assert_eq!(expected, (&claims["exp"], &"a".into(), &"fresh".into(), &true.into()));
        assert_eq!(woken["outputs"][0]["path"], setting.path("out/a.jwt").display().to_string());
        assert!(woken["renewAt"].as_str().unwrap() < woken["expiresAt"].as_str().unwrap(), "{woken}");
        setting.learn_tokens();
        assert_eq!(setting.leaks.found_in(&woken.to_string()), None);
        (last, before) = (generation(&woken), now);
    }
    assert_eq!(token(&server, "a", "?after=0&wait=1m")["generation"], last, "any other generation is an answer");
    assert_eq!(token(&server, "a", &format!("?after={}&wait=1m", u64::MAX))["generation"], last, "also a smaller one");
    assert_eq!(token(&server, "a", &format!("?after={last}&wait=1ms"))["generation"], last, "the time is over");
    let status: Value = serde_json::from_str(&server.get("/status").body).unwrap();
    assert_eq!(status["credentials"][0]["generation"], last);
}

#[test]
fn the_first_token_wakes_a_client_that_has_none() {
    let mut setting = setting(&["a"]);
    let key = fs::read_to_string(setting.path("keys/a")).unwrap();
    fs::remove_file(setting.path("keys/a")).unwrap();
    configure(&setting, &format!("unix:{}", setting.path("s.sock").display()), &setting.named(&["a"]));
    let (_program, server) = start(&setting);
    let nothing = token(&server, "a", "?wait=1ms");
    assert_eq!((&nothing["generation"], &nothing["state"]), (&Value::Null, &"starting".into()));
    let woken = thread::scope(|scope| {
        let woken = scope.spawn(|| token(&server, "a", "?wait=1m"));
        setting.put("keys/a", &key);
        woken.join().unwrap()
    });
    assert!(generation(&woken) > 0);
    assert!(setting.token("a").is_some());
}

#[test]
fn questions_that_make_no_sense_are_refused() {
    let setting = setting(&["a", "b"]);
    let (_program, server) = ready(&setting);
    for (path, status, text) in [
        ("/v1/credentials/c", 404, "no credential has this name; the credentials are: a, b\n"),
        ("/v1/credentials/c?after=1&wait=1m", 404, "no credential has this name"),
        ("/v1/credentials/", 404, "no credential has this name"),
        ("/v1/credentials/a/", 404, "no credential has this name"),
        ("/v1/credentials", 404, "not found; the paths are "),
        ("/v2/credentials/a", 404, "not found; the paths are "),
        ("/v1/credentials/a?after=soon", 400, "`after` is not a generation"),
        ("/v1/credentials/a?wait=60", 400, "`wait` is not a duration"),
        ("/v1/credentials/a?since=1", 400, "the parameters are `after` and `wait`"),
        ("/v1/credentials/a?wait=1s&wait=1s", 400, "a parameter is there twice"),
    ] {
        let answer = server.get(path);
        assert_eq!(answer.status, status, "{path}: {}", answer.whole());
        assert!(answer.body.starts_with(text), "{path}: {}", answer.body);
    }
    let ask = |method: &str, host: &str| {
        server.ask(&format!("{method} /v1/credentials/a HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"))
    };
    assert_eq!((ask("POST", "localhost").status, ask("DELETE", "localhost").status), (405, 405));
    assert_eq!((ask("HEAD", "localhost").status, ask("HEAD", "localhost").body.as_str()), (200, ""));
    assert_eq!(ask("GET", "evil.example").status, 421, "the paths of tokens are not for other sites");
}

#[test]
fn as_many_clients_wait_as_may_and_probes_are_answered() {
    let setting = setting(&["a"]);
    let (program, server) = ready(&setting);
    let last = generation(&token(&server, "a", ""));
    let mut wires = fill(&server, last, Vec::new());
    for path in ["/livez", "/readyz", "/metrics", "/v1/credentials/a"] {
        assert_eq!(server.get(path).status, 200, "{path}");
    }
    within("the place of a client that has gone is free", || {
        drop(wires.remove(0));
        (!is_full(&server, last)).then_some(())
    });
    let wires = fill(&server, last, wires);
    renew(&program);
    for answer in answers(wires) {
        let woken: Value = serde_json::from_str(&answer.body).unwrap_or_else(|_| panic!("{}", answer.whole()));
        assert!(generation(&woken) > last);
    }
    let newest = generation(&token(&server, "a", ""));
    assert!(!is_full(&server, newest), "every place is free again");
}

#[test]
fn a_stop_and_a_removal_answer_those_who_wait() {
    let setting = setting(&["a", "b"]);
    let (program, server) = ready(&setting);
    let last = generation(&token(&server, "a", ""));
    let wires = fill(&server, last, Vec::new());
    configure(&setting, FREE_PORT, &setting.named(&["b"]));
    program.signal(Signal::SIGHUP);
    for answer in answers(wires) {
        assert_eq!((answer.status, &*answer.body), (404, "no credential has this name; the credentials are: b\n"));
    }
    configure(&setting, FREE_PORT, &setting.named(&["a", "b"]));
    program.signal(Signal::SIGHUP);
    within("it is back", || (server.get("/v1/credentials/a").status == 200).then_some(()));
    let last = generation(&next(&server, "a", 0));
    let wires = fill(&server, last, Vec::new());
    let ended = program.stop();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    for answer in answers(wires) {
        assert_eq!((answer.status, &*answer.body), (503, "the daemon stops\n"), "{}", answer.whole());
    }
}

#[test]
fn a_server_that_moves_still_answers_those_who_wait() {
    let setting = setting(&["a"]);
    let (program, server) = ready(&setting);
    let last = generation(&token(&server, "a", ""));
    let wires = fill(&server, last, Vec::new());
    let socket = setting.path("s.sock");
    configure(&setting, &format!("unix:{}", socket.display()), &setting.named(&["a"]));
    program.signal(Signal::SIGHUP);
    within("it has moved", || socket.exists().then_some(()));
    assert!(!wires.iter().any(|wire| has_answer(&**wire)), "nobody is sent away");
    renew(&program);
    for answer in answers(wires) {
        let woken: Value = serde_json::from_str(&answer.body).unwrap_or_else(|_| panic!("{}", answer.whole()));
        assert!(generation(&woken) > last);
    }
}

#[test]
fn a_restart_keeps_the_number_and_a_lost_state_grows_it() {
    let setting = setting(&["a"]);
    let (program, server) = ready(&setting);
    let first = generation(&token(&server, "a", ""));
    assert_eq!(program.stop().code, Some(0));
    let (program, server) = ready(&setting);
    assert_eq!((generation(&next(&server, "a", 0)), setting.sandbox.counters().exchanges), (first, 1));
    assert_eq!(program.stop().code, Some(0));
    fs::remove_dir_all(setting.path("state")).unwrap();
    let (_program, server) = ready(&setting);
    assert!(generation(&next(&server, "a", first)) > first);
}

#[test]
fn a_repaired_file_is_no_newer_token() {
    let setting = setting(&["a"]);
    let (_program, server) = ready(&setting);
    let last = generation(&token(&server, "a", ""));
    fs::remove_file(setting.path("out/a.jwt")).unwrap();
    within("it is written again", || setting.path("out/a.jwt").exists().then_some(()));
    within("it is ready", || token(&server, "a", "")["ready"].as_bool().filter(|is_ready| *is_ready));
    assert_eq!(generation(&token(&server, "a", "")), last);
}

#[test]
fn an_output_that_fails_is_named_and_wakes_again_when_it_heals() {
    let setting = setting(&["a"]);
    setting.put("occupied", "");
    let path = |name: &str| setting.path(name).display().to_string();
    let outputs = format!("[{{path: {}}}, {{path: {}}}]", path("out/a.jwt"), path("occupied/a.jwt"));
    let rest = format!("credentials: [{{name: a, accessKeyFile: {}, outputs: {outputs}}}]", path("keys/a"));
    configure(&setting, FREE_PORT, &rest);
    let (_program, server) = start(&setting);
    let half = next(&server, "a", 0);
    assert!(setting.path("out/a.jwt").exists());
    assert_eq!((&half["outputs"][0]["error"], &half["ready"]), (&Value::Null, &false.into()));
    assert!(half["outputs"][1]["error"].is_string(), "{half}");
    fs::remove_file(setting.path("occupied")).unwrap();
    let whole = next(&server, "a", generation(&half));
    assert!(setting.path("occupied/a.jwt").exists() && generation(&whole) > generation(&half));
    assert_eq!((&whole["outputs"][1]["error"], &whole["ready"]), (&Value::Null, &true.into()));
}

/// Limit on clients that wait.
const WAITING_MAX: usize = 64;
