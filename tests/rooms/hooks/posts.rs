//! POST hooks against servers that answer correctly, incorrectly or never.

use std::time::Duration;

use tokenwell::{
    config,
    hook::{Hook, HookOutcome, LoopbackUrl},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
};

use super::{PATIENCE, StoppedClock, failure, nobody, run};

#[tokio::test]
async fn a_post_carries_the_news_without_the_token() {
    let (server, hook) = server("127.0.0.1", PATIENCE).await;
    let (ran, request) = tokio::join!(run(&hook), async {
        let (mut connection, request) = accept(&server).await;
        connection.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
        request
    });
    assert_eq!(ran.outcome, HookOutcome::Done);
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /-/reload?of=tokenwell HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("content-type: application/json") && head.contains("user-agent: tokenwell/"), "{head}");
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    let wanted = serde_json::json!({"credential": "billing", "path": "/run/tokenwell/billing.jwt", "expiresAt": "2027-01-15T08:00:00Z"});
    assert_eq!(body, wanted);
    let hook = &config::schema::json()["definitions"]["hook"]["properties"]["post"]["description"];
    let documented = |field: &String| hook.as_str().unwrap().contains(&format!("`{field}`"));
    assert!(body.as_object().unwrap().keys().all(documented), "{hook}");
}

#[tokio::test]
async fn localhost_is_this_machine() {
    let (server, hook) = server("localhost", PATIENCE).await;
    let (ran, ()) = tokio::join!(run(&hook), answer(&server, b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"));
    assert_eq!(ran.outcome, HookOutcome::Done);
}

#[tokio::test]
async fn a_reply_without_success_is_reported() {
    let (server, hook) = server("127.0.0.1", PATIENCE).await;
    let address = server.local_addr().unwrap().to_string();
    let mut told = Vec::new();
    for status in ["404 Not Found", "405 Method Not Allowed", "500 Oops"] {
        let answer_text = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
        let (ran, ()) = tokio::join!(run(&hook), answer(&server, answer_text.as_bytes()));
        told.push(failure(&ran).replace(&address, "127.0.0.1:8080"));
    }
    for odd in ["SSH-2.0-OpenSSH_9.2\r\n\r\n", ""] {
        let (ran, ()) = tokio::join!(run(&hook), answer(&server, odd.as_bytes()));
        told.push(failure(&ran).replace(&address, "127.0.0.1:8080"));
    }
    insta::assert_snapshot!(told.join("\n"), @r"
    `http://127.0.0.1:8080/-/reload` answers HTTP 404; is the path right?
    `http://127.0.0.1:8080/-/reload` answers HTTP 405; the app accepts no POST there
    `http://127.0.0.1:8080/-/reload` answers HTTP 500
    `http://127.0.0.1:8080/-/reload` sent no HTTP response
    `http://127.0.0.1:8080/-/reload` sent no HTTP response
    ");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (server, hook) = server("127.0.0.1", PATIENCE).await;
    let elsewhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    elsewhere.set_nonblocking(true).unwrap();
    let to = elsewhere.local_addr().unwrap();
    for status in [301, 302, 307, 308] {
        let redirect = format!("HTTP/1.1 {status} Moved\r\nlocation: http://{to}/\r\ncontent-length: 0\r\n\r\n");
        let (ran, ()) = tokio::join!(run(&hook), answer(&server, redirect.as_bytes()));
        assert!(failure(&ran).contains("redirects are not followed"), "{ran:?}");
        assert!(elsewhere.accept().is_err(), "nobody came");
    }
}

#[tokio::test]
async fn a_missing_listener_is_not_a_failure() {
    for host in ["127.0.0.1", "localhost"] {
        // The socket is bound and does not listen, so no other process can listen there.
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let hook = post(host, socket.local_addr().unwrap().port(), PATIENCE);
        assert!(nobody(&run(&hook).await).contains("no server listens"));
    }
}

#[tokio::test]
async fn a_server_that_hangs_is_given_up() {
    let timeout = Duration::from_millis(300);
    for start in [&b""[..], b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc"] {
        let (server, hook) = server("127.0.0.1", timeout).await;
        let (ran, _open) = tokio::join!(run(&hook), async {
            let clock = StoppedClock::new();
            let (mut connection, _) = accept(&server).await;
            connection.write_all(start).await.unwrap();
            drop(clock);
            connection
        });
        assert_eq!(ran.outcome, HookOutcome::TimedOut(timeout));
    }
}

#[tokio::test]
async fn an_answer_without_end_is_read_to_a_bound() {
    let (server, hook) = server("127.0.0.1", PATIENCE).await;
    let (ran, sent) = tokio::join!(run(&hook), async {
        let (mut connection, _) = accept(&server).await;
        connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9999999999\r\n\r\n").await.unwrap();
        let mut sent = 0_u64;
        while connection.write_all(&[b'x'; 1000]).await.is_ok() {
            sent += 1000;
        }
        sent
    });
    assert_eq!(ran.outcome, HookOutcome::Done);
    assert!(sent < 100_000_000, "{sent} bytes, most of them on their way");
}

async fn server(host: &str, timeout: Duration) -> (TcpListener, Hook) {
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let hook = post(host, server.local_addr().unwrap().port(), timeout);
    (server, hook)
}

fn post(host: &str, port: u16, timeout: Duration) -> Hook {
    let url = LoopbackUrl::parse(&format!("http://{host}:{port}/-/reload?of=tokenwell")).unwrap();
    Hook::Post { url, timeout }
}

async fn answer(server: &TcpListener, text: &[u8]) {
    let (mut connection, _) = accept(server).await;
    connection.write_all(text).await.unwrap();
}

/// Accepts a connection, and reads the complete request from it.
async fn accept(server: &TcpListener) -> (TcpStream, String) {
    let (mut connection, _) = server.accept().await.unwrap();
    let mut request = Vec::new();
    while !request.ends_with(b"}") {
        assert!(connection.read_buf(&mut request).await.unwrap() > 0, "it came to its end");
    }
    (connection, String::from_utf8(request).unwrap())
}
