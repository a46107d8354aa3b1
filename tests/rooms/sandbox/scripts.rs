//! Scripted answers.

use std::io::{self, Read as _};
use std::time::Duration;

use serde_json::{Value, json};
use tokenwell::sandbox::{Answer, Reply, RequestOutcome, Shape, SigningKey};

use crate::client::{Jwt, exchange, exchange_of, json_of, keys, raw_exchange, sandbox, secret};

#[tokio::test]
async fn a_scripted_session_may_be_bent_in_every_part() {
    let sandbox = sandbox();
    sandbox.revoke(&secret("K2key"));
    let map = |value: Value| value.as_object().unwrap().clone();
    sandbox.script([
        Answer::Session(Shape { life: Some(Duration::ZERO), ..Shape::default() }),
        Answer::Session(Shape { claims: map(json!({"exp": null, "iss": "P2other"})), ..Shape::default() }),
        Answer::Session(Shape { body: map(json!({"sessionJwt": null, "expiration": "7"})), ..Shape::default() }),
        Answer::Session(Shape {
            signed_by: Some(SigningKey::Stranger),
            header: map(json!({"kid": SigningKey::First.kid()})),
            headers: [("date".to_owned(), None), ("x-a".to_owned(), Some("b".to_owned()))].into(),
            ..Shape::default()
        }),
    ]);
    let ended = Jwt::of(&json_of(exchange(&sandbox, "K2key").await).await);
    assert_eq!(ended.life(), 0);
    let bent = Jwt::of(&json_of(exchange(&sandbox, "K2key").await).await);
    assert_eq!((&bent.claims["iss"], bent.claims.get("exp")), (&json!("P2other"), None));
    let none = json_of(exchange(&sandbox, "K2key").await).await;
    assert_eq!((none.get("sessionJwt"), &none["expiration"]), (None, &json!("7")));
    let response = exchange(&sandbox, "K2key").await;
    assert!(response.headers().get("date").is_none());
    assert_eq!(response.headers()["x-a"], "b");
    let forged = Jwt::of(&json_of(response).await);
    assert_eq!(forged.header["kid"], SigningKey::First.kid());
    assert!(!forged.is_vouched_for(&keys(&sandbox).await));
    assert_eq!(exchange(&sandbox, "K2key").await.status(), 401, "the script is over");
}

#[tokio::test]
async fn a_scripted_reply_is_sent_as_it_is() {
    let sandbox = sandbox();
    let date = "Sun, 06 Nov 1994 08:49:37 GMT";
    sandbox.script([
        Reply::new(403).body("error code: 1010").header("date", date).into(),
        Reply::new(302).header("location", "http://127.0.0.1:1/").into(),
        Reply::new(200).body([0xff, 0xfe]).without_header("date").into(),
        Answer::Overlong { body_bytes: 100_000 },
        Reply::new(200).header("not a header", "x").into(),
    ]);
    let edge = exchange(&sandbox, "K2key").await;
    assert_eq!((edge.status().as_u16(), edge.headers()["date"].to_str().unwrap()), (403, date));
    assert_eq!(edge.bytes().await.unwrap(), "error code: 1010");
    let moved = exchange(&sandbox, "K2key").await;
    assert_eq!((moved.status().as_u16(), moved.headers()["location"].to_str().unwrap()), (302, "http://127.0.0.1:1/"));
    let bytes = exchange(&sandbox, "K2key").await;
    assert!(bytes.headers().get("date").is_none());
    assert_eq!(bytes.bytes().await.unwrap()[..], [0xff, 0xfe]);
    let long = exchange(&sandbox, "K2key").await;
    assert_eq!(long.bytes().await.unwrap().len(), 100_000);
    assert_eq!(exchange(&sandbox, "K2key").await.status(), 500, "what HTTP cannot say is no silent success");
}

#[tokio::test]
async fn a_hanging_exchange_ends_with_its_client() {
    let sandbox = sandbox();
    sandbox.script([Answer::Hang]);
    let hanging = tokio::spawn(exchange_of(&sandbox, "P2project", "K2hang").send());
    sandbox.exchanges_reach(1).await;
    assert_eq!(exchange(&sandbox, "K2key").await.status(), 200);
    assert_eq!(sandbox.exchanges()[0].outcome, RequestOutcome::Waiting);
    assert!(!hanging.is_finished());
    hanging.abort();
    sandbox.until(|counters| counters.abandoned == 1).await;
    assert_eq!(sandbox.exchanges()[0].outcome, RequestOutcome::Abandoned);
    assert_eq!(sandbox.counters().in_flight, 0);
}

#[test]
fn a_broken_exchange_breaks_as_scripted() {
    let sandbox = sandbox();
    sandbox.script([Answer::Reset, Answer::Garbage, Answer::Truncated, Answer::Stalled]);
    let reset = raw_exchange(&sandbox).read_to_end(&mut Vec::new()).unwrap_err();
    assert_eq!(reset.kind(), io::ErrorKind::ConnectionReset);

    let mut garbage = Vec::new();
    raw_exchange(&sandbox).read_to_end(&mut garbage).unwrap();
    assert!(!garbage.is_empty() && !garbage.starts_with(b"HTTP/"));

    let mut half = Vec::new();
    raw_exchange(&sandbox).read_to_end(&mut half).unwrap();
    let text = String::from_utf8(half.clone()).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("content-length: 400") && !body.is_empty() && body.len() < 400);

    let mut stalled = raw_exchange(&sandbox);
    let mut same = vec![0; half.len()];
    stalled.read_exact(&mut same).unwrap();
    assert_eq!(same, half);
    stalled.set_nonblocking(true).unwrap();
    assert_eq!(stalled.read(&mut [0]).unwrap_err().kind(), io::ErrorKind::WouldBlock);
    assert_eq!(sandbox.counters().cut, 4);
    assert!(sandbox.exchanges().iter().all(|seen| seen.outcome == RequestOutcome::Cut));
}
