//! Limits on clients of the status server.

use std::{
    io::{ErrorKind, Read as _, Write as _},
    net::TcpStream,
    sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    thread,
    time::Duration,
};

use crate::{
    client::{Answer, Server},
    program::within,
    served::{configure, connections, ready, setting},
};

#[test]
fn a_head_that_is_too_long_is_refused() {
    let setting = setting(&["a"]);
    let (_program, server) = ready(&setting);
    for request in [
        format!("GET / HTTP/1.1\r\nHost: localhost\r\nX: {}\r\n\r\n", "x".repeat(20_000)),
        format!("GET /{} HTTP/1.1\r\nHost: localhost\r\n\r\n", "x".repeat(20_000)),
        format!("GET / HTTP/1.1\r\nHost: localhost\r\n{}\r\n", "X: x\r\n".repeat(100)),
    ] {
        let answer = server.ask(&request);
        assert!(matches!(answer.status, 414 | 431), "{}", answer.whole());
    }
    assert_eq!(server.ask("what is this\r\n\r\n").status, 400);
    assert_eq!(server.get("/livez").status, 200);
}

#[test]
fn an_endless_request_head_is_abandoned() {
    let setting = setting(&["a"]);
    let (_program, server) = ready(&setting);
    let mut slow: Vec<_> = (0..20).map(|_| server.connect()).collect();
    for wire in &mut slow {
        wire.write_all(b"GET / HTTP/1.1\r\nHost: loc").unwrap();
    }
    assert_eq!(server.get("/livez").status, 200, "others are answered meanwhile");
    for wire in &mut slow {
        // The server closes the connection or sends a 408, but no answer.
        let answer = Answer::read(wire);
        assert!(matches!(answer.status, 0 | 408), "{}", answer.whole());
    }
}

#[test]
fn the_oldest_idle_connections_make_room_for_the_newest() {
    let setting = setting(&["a"]);
    let (program, server) = ready(&setting);
    let mut idle: Vec<_> = (0..1000).map(|_| server.connect()).collect();
    assert_eq!(server.get("/livez").status, 200);
    for wire in idle.iter_mut().take(1000 - CONNECTIONS_MAX) {
        match wire.read(&mut [0; 1]) {
            Ok(0) => {}
            Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
            other => panic!("it is not closed: {other:?}"),
        }
    }
    assert!(connections(&program, &server) <= CONNECTIONS_MAX, "{}", connections(&program, &server));
}

#[test]
fn half_request_heads_keep_no_client_away() {
    let setting = setting(&["a"]);
    let (program, server) = ready(&setting);
    let Server::Tcp(address) = &server else { panic!("a port of loopback") };
    let (over, came_again) = (AtomicBool::new(false), AtomicU64::new(0));
    let besiege = || {
        let mut wires: Vec<_> = (0..200).map(|_| half_a_head(address)).collect();
        while !over.load(Relaxed) {
            for wire in &mut wires {
                if !matches!(wire.read(&mut [0; 256]), Err(error) if error.kind() == ErrorKind::WouldBlock) {
                    *wire = half_a_head(address);
                    came_again.fetch_add(1, Relaxed);
                }
            }
        }
    };
    let looks: Vec<(u16, usize)> = thread::scope(|scope| {
        scope.spawn(besiege);
        within("they are thrown out", || (came_again.load(Relaxed) > 200).then_some(()));
        let looks = (0..40).map(|_| (server.get("/livez").status, connections(&program, &server))).collect();
        over.store(true, Relaxed);
        looks
    });
    // A client that connects and then stays idle for a while can be evicted. The test is such a client on a slow
    // machine.
    let answered = looks.iter().filter(|(status, _)| *status == 200).count();
    assert!(answered >= 20, "{answered} of {}", looks.len());
    // One connection more may exist until its eviction is complete.
    assert!(looks.iter().all(|(_, connections)| *connections <= CONNECTIONS_MAX + 1), "{looks:?}");
}

#[test]
fn active_connections_are_not_evicted() {
    let names: Vec<String> = (0..300).map(|n| format!("credential-{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let setting = setting(&names);
    configure(&setting, &format!("unix:{}", setting.path("s").display()), &setting.named(&names));
    let (_program, server) = ready(&setting);
    // The answer exceeds the socket buffers, so the rest is in flight after the first byte.
    let begun = || {
        let mut wire = server.connect();
        wire.write_all(b"GET /status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
        wire.read_exact(&mut [0; 1]).unwrap();
        wire
    };
    let mut slow: Vec<_> = (0..CONNECTIONS_MAX - 1).map(|_| begun()).collect();
    let _idle: Vec<_> = (0..100).map(|_| server.connect()).collect();
    assert_eq!(server.get("/livez").status, 200, "one place is left for all others");
    slow.push(begun());
    let mut late = server.connect();
    let _ = late.write_all(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_eq!(Answer::read(&mut late).status, 0, "everyone is being answered");
    for wire in &mut slow {
        let answer = Answer::read(wire);
        assert!(answer.body.len() > 256 * 1024, "{}", answer.body.len());
        assert!(answer.body.ends_with("\n}\n"), "{}", answer.body.len());
    }
    within("there is room again", || (server.get("/livez").status == 200).then_some(()));
}

fn half_a_head(address: &str) -> TcpStream {
    let mut wire = TcpStream::connect(address).unwrap();
    wire.set_nonblocking(true).unwrap();
    let _ = wire.write_all(b"GET /livez HTTP/1.1\r\nHost: loc");
    wire
}

#[test]
fn a_client_that_does_not_read_is_disconnected() {
    let names: Vec<String> = (0..300).map(|n| format!("credential-{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let setting = setting(&names);
    let (program, server) = ready(&setting);
    let mut deaf = server.connect();
    let many = "GET /status HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(100);
    // The answers exceed every buffer of the kernel, so the server stops reading requests at some point.
    let _ = deaf.write_all(many.as_bytes());
    assert_eq!(server.get("/livez").status, 200);
    within("it is known", || (connections(&program, &server) > 0).then_some(()));
    // The server closes a connection after a little more than half a minute.
    let gone = (0..8).any(|_| within_patience(|| connections(&program, &server) == 0));
    assert!(gone, "it is still there");
}

fn within_patience(wanted: impl Fn() -> bool) -> bool {
    for _ in 0..1500 {
        if wanted() {
            return true;
        }
        thread::sleep(Duration::from_millis(10));
    }
    false
}

/// Limit on concurrent connections.
const CONNECTIONS_MAX: usize = 128;
