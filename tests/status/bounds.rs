//! What clients may do to it: little.

use std::io::{Read as _, Write as _};

use crate::{
    client::Answer,
    program::within,
    served::{connections, ready, setting},
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
fn a_head_that_never_ends_is_given_up_and_holds_nobody_up() {
    let setting = setting(&["a"]);
    let (_program, server) = ready(&setting);
    let mut slow: Vec<_> = (0..20).map(|_| server.connect()).collect();
    for wire in &mut slow {
        wire.write_all(b"GET / HTTP/1.1\r\nHost: loc").unwrap();
    }
    assert_eq!(server.get("/livez").status, 200, "others are answered meanwhile");
    for wire in &mut slow {
        // The end of the connection, or a 408 before it; not an answer.
        let answer = Answer::read(wire);
        assert!(matches!(answer.status, 0 | 408), "{}", answer.whole());
    }
}

#[test]
fn of_a_thousand_connections_a_few_are_kept_and_the_rest_are_closed() {
    let setting = setting(&["a"]);
    let (program, server) = ready(&setting);
    let mut idle: Vec<_> = (0..1000).map(|_| server.connect()).collect();
    let mut closed = 0;
    for wire in idle.iter_mut().skip(64) {
        closed += usize::from(matches!(wire.read(&mut [0; 1]), Ok(0) | Err(_)));
    }
    assert_eq!(closed, 1000 - 64);
    assert!(connections(&program, &server) <= 64, "{}", connections(&program, &server));
    drop(idle);
    within("it is free again", || {
        let mut wire = server.connect();
        let _ = wire.write_all(b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        (Answer::read(&mut wire).status == 200).then_some(())
    });
}

#[test]
fn a_client_that_does_not_read_is_cut_off_and_holds_nobody_up() {
    let names: Vec<String> = (0..300).map(|n| format!("credential-{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let setting = setting(&names);
    let (program, server) = ready(&setting);
    let mut deaf = server.connect();
    let many = "GET /status HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(100);
    // More is asked for than any buffer of the kernel holds; at some point it is not even taken.
    let _ = deaf.write_all(many.as_bytes());
    assert_eq!(server.get("/livez").status, 200);
    within("it is known", || (connections(&program, &server) > 0).then_some(()));
    // Its life is half a minute and a little more.
    let gone = (0..8).any(|_| within_patience(|| connections(&program, &server) == 0));
    assert!(gone, "it is still there");
}

fn within_patience(wanted: impl Fn() -> bool) -> bool {
    for _ in 0..1500 {
        if wanted() {
            return true;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    false
}
