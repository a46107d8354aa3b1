//! Replies in odd HTTP: what curl, Node, Python and Go accept is accepted, and the rest has a true description.

use tokenwell::renewal::Refusal;

use super::{Answer, LoginOptions, Server, client, exchange, patient, refused_by};

const BODY: &str = r#"{"a":1}"#;

/// Returns a reply with these header fields, each with its line end.
fn fields(fields: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n{fields}\r\n{BODY}")
}

/// Returns a reply with this status line.
fn status_line(line: &str) -> String {
    format!("{line}\r\nContent-Length: 7\r\n\r\n{BODY}")
}

/// Returns a reply with this body in chunks, and these header fields.
fn chunked(fields: &str, chunks: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n{fields}\r\n{chunks}")
}

/// Returns a reply whose length is stated as these header fields, each with its line end.
fn length(fields: &str) -> String {
    format!("HTTP/1.1 200 OK\r\n{fields}\r\n{BODY}")
}

async fn body_of(answer: Answer) -> String {
    let server = Server::start([answer]).await;
    let client = client(&format!("http://{}", server.address), &patient());
    let reply = exchange(&client, &LoginOptions::default()).await.unwrap_or_else(|refused| panic!("{refused:?}"));
    String::from_utf8(reply.body.to_vec()).unwrap()
}

#[tokio::test]
async fn a_header_of_any_reasonable_size_is_read() {
    let cookies =
        (0..120).map(|n| format!("Set-Cookie: a{n}=b; Path=/; Secure; HttpOnly\r\n")).collect::<Vec<_>>().concat();
    let many = (0..5000).map(|n| format!("X-{n}: b\r\n")).collect::<Vec<_>>().concat();
    let long = format!("X: {}\r\n", "b".repeat(65_000)).repeat(6);
    for header in [cookies, many, long] {
        assert_eq!(body_of(Answer::Bytes(fields(&header))).await, BODY, "{header:.40}");
    }
}

#[tokio::test]
async fn odd_header_fields_spoil_no_reply() {
    for field in [
        "X: a\r\n  b\r\n\tc\r\n",
        "X : a\r\n",
        "X Y: a\r\n",
        "X(Y): a\r\n",
        "Ä: a\r\n",
        ": a\r\n",
        "no colon\r\n",
        "X:\r\n",
        "X: ä€\r\n",
        "X: a\x01\x1b[0m\x7f\r\n",
        "Upgrade: h2,h2c\r\nConnection: Upgrade\r\n",
    ] {
        assert_eq!(body_of(Answer::Bytes(fields(field))).await, BODY, "{field:?}");
    }
}

#[tokio::test]
async fn odd_status_lines_and_early_replies_are_read() {
    for line in ["HTTP/1.0 200 OK", "HTTP/1.1 200", "HTTP/1.1 200 ", "HTTP/1.1 200 ä", "\r\nHTTP/1.1 200 OK"] {
        assert_eq!(body_of(Answer::ThenClose(status_line(line))).await, BODY, "{line:?}");
    }
    let hint = "HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n";
    for early in
        ["HTTP/1.1 100 Continue\r\n\r\n".repeat(60), "HTTP/1.1 102 Processing\r\n\r\n".repeat(3), hint.repeat(10)]
    {
        assert_eq!(body_of(Answer::Bytes(format!("{early}{}", fields("")))).await, BODY, "{early:.40}");
    }
    assert_eq!(body_of(Answer::Bytes(fields("").replace("\r\n", "\n"))).await, BODY, "line ends without CR");
}

#[tokio::test]
async fn a_body_is_read_however_its_length_is_stated() {
    for header in [
        "Content-Length: 7\r\nContent-Length: 7\r\n",
        "Content-Length: 7, 7\r\n",
        "Content-Length:   7  \r\n",
        "Content-Length: 0007\r\n",
        "content-length : 7\r\n",
        "",
        "Connection: keep-alive\r\n",
        "Transfer-Encoding: identity\r\n",
    ] {
        assert_eq!(body_of(Answer::ThenClose(length(header))).await, BODY, "{header:?}");
    }
    let long_extension = format!("7;x={}\r\n{BODY}\r\n0\r\n\r\n", "a".repeat(8000));
    for (header, chunks) in [
        ("", "7;a=b;c=\"d\"\r\n{\"a\":1}\r\n0\r\n\r\n"),
        ("", &long_extension),
        ("", "0007\r\n{\"a\":1}\r\n000\r\n\r\n"),
        ("", "7   \r\n{\"a\":1}\r\n0\r\n\r\n"),
        ("", "7\r\n{\"a\":1}\r\n0\r\nX-Trailer: 1\r\nY: 2\r\n\r\n"),
        ("Content-Length: 5\r\n", "7\r\n{\"a\":1}\r\n0\r\n\r\n"),
        ("Transfer-Encoding: chunked\r\n", "7\r\n{\"a\":1}\r\n0\r\n\r\n"),
    ] {
        assert_eq!(body_of(Answer::Bytes(chunked(header, chunks))).await, BODY, "{header:?} {chunks:.40}");
    }
}

#[tokio::test]
async fn http_that_cannot_be_read_has_its_true_cause() {
    let too_many = (0..9000).map(|n| format!("X-{n}: b\r\n")).collect::<Vec<_>>().concat();
    let too_long = format!("X: {}\r\n", "b".repeat(65_000)).repeat(8);
    let long_extension = format!("7;{}\r\n{BODY}\r\n0\r\n\r\n", "a".repeat(20_000));
    let long_trailer = format!("7\r\n{BODY}\r\n0\r\nX: {}\r\n\r\n", "a".repeat(20_000));
    for (answer, words) in [
        (fields(&too_many), "its header is too long: more than 8192 fields or 408 KiB"),
        (fields(&too_long), "its header is too long: more than 8192 fields or 408 KiB"),
        ("SSH-2.0-canary\r\n\r\n".to_owned(), "the server does not speak HTTP/1.1"),
        (status_line("HTTP/2 200"), "the server does not speak HTTP/1.1"),
        (status_line("ICY 200 OK"), "the server does not speak HTTP/1.1"),
        (BODY.to_owned(), "the server does not speak HTTP/1.1"),
        (status_line("HTTP/1.1 OK canary"), "its status line is not one of HTTP/1.1"),
        (status_line("HTTP/1.1 2000 OK"), "its status line is not one of HTTP/1.1"),
        (
            length("Content-Length: 7\r\nContent-Length: 8\r\n"),
            "its `Content-Length` is not a number, or there are several different ones",
        ),
        (
            length("Content-Length: seven\r\n"),
            "its `Content-Length` is not a number, or there are several different ones",
        ),
        (chunked("", "x\r\n"), "the chunks of its body are malformed"),
        (chunked("", "7\n{\"a\":1}\n0\n\n"), "the chunks of its body are malformed"),
        (chunked("", &long_extension), "the extensions of its chunks are longer than 16 KiB"),
        (chunked("", &long_trailer), "its trailer is too long: more than 8192 fields or 16 KiB"),
        (
            chunked("", "7\r\n{\"a\":1}\r\n0\r\n\r\n").replacen("1.1", "1.0", 1),
            "it has `Transfer-Encoding`, which its version, HTTP/1.0, does not have",
        ),
    ] {
        let refused = refused_by(Answer::ThenClose(answer.clone()), &patient()).await;
        assert_eq!(refused.refusal, Refusal::Unreachable);
        assert!(refused.message.starts_with("cannot read the reply of `http://127.0.0.1:"), "{refused:?}");
        assert!(refused.message.ends_with(&format!(": {words}")), "{refused:?} for {answer:.60}");
        assert!(refused.remedy.is_some_and(|remedy| remedy.contains("`curl -v`")), "{answer:.60}");
    }
}
