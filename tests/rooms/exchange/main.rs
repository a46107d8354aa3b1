//! The client over real sockets: its requests, and its errors for servers, networks and proxies that misbehave.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod client_certificates;
#[path = "../../common/full_port.rs"]
mod full_port;
#[path = "../../common/nobody.rs"]
mod nobody;
mod odd_http;
mod server;
mod slow_network;
mod tls;
mod trust;

use std::{net::TcpListener, time::Duration};

use serde_json::json;
use server::{Answer, Server};
use tokenwell::{
    exchange::{Api, BaseUrl, Client, ClientError, HttpSettings, ProjectId, Proxies, Refused, Reply},
    renewal::Refusal,
    secret::Secret,
    source::{AccessKeyMaterial, LoginOptions, Material, Secrets},
};

const KEY: &str = "K2canarycanarycanarycanary";

fn project() -> ProjectId {
    ProjectId::parse("P2abc").unwrap()
}

/// Returns time-outs that are long enough for every successful request on a busy machine.
fn patient() -> HttpSettings {
    HttpSettings {
        timeout: Duration::from_secs(60),
        connect_timeout: Duration::from_secs(60),
        ..HttpSettings::default()
    }
}

/// Returns a short time-out for requests that can only end by it.
fn impatient() -> HttpSettings {
    HttpSettings { timeout: Duration::from_millis(300), ..patient() }
}

/// A client and its API.
#[derive(Clone, Debug)]
struct ApiClient {
    client: Client,
    api: Api,
}

impl ApiClient {
    fn build(base: &BaseUrl, settings: &HttpSettings, proxies: &Proxies) -> Result<Self, ClientError> {
        let client = Client::build(&base.origin(), settings, proxies)?;
        Ok(Self { client, api: Api { project: project(), base_url: base.clone() } })
    }

    async fn exchange(&self, options: &LoginOptions, key: &str) -> Result<Reply, Refused> {
        let key = Secret::new(key.to_owned());
        let material = Material::from(Secrets::AccessKey(AccessKeyMaterial {
            options: options.clone(),
            key,
            auth_management_key: None,
        }));
        self.client.send(material.request(&self.api)?).await
    }
}

fn client(url: &str, settings: &HttpSettings) -> ApiClient {
    ApiClient::build(&BaseUrl::parse(url, true).unwrap(), settings, &Proxies::none()).unwrap()
}

async fn exchange(client: &ApiClient, options: &LoginOptions) -> Result<Reply, Refused> {
    let result = client.exchange(options, KEY).await;
    let shown = format!("{client:?} {result:?}");
    assert!(!shown.contains("canary"), "{shown}");
    result
}

/// Returns the refusal of an exchange with a server that sends this answer.
async fn refused_by(answer: Answer, settings: &HttpSettings) -> Refused {
    let server = Server::start([answer]).await;
    let origin = format!("http://{}", server.address);
    let refused = exchange(&client(&origin, settings), &LoginOptions::default()).await.unwrap_err();
    assert!(refused.message.contains(&format!("`{origin}`")), "{}", refused.message);
    assert!(!refused.message.contains('\n'));
    refused
}

fn ends_with(refused: &Refused, words: &str) {
    assert!(refused.message.ends_with(words), "{}", refused.message);
}

#[tokio::test]
async fn a_request_is_exactly_as_descope_wants_it() {
    let server = Server::start([Answer::reply("200 OK", "{}")]).await;
    let client = client(&format!("http://{}/base/", server.address), &patient());
    let reply = exchange(&client, &LoginOptions::default()).await.unwrap();
    assert_eq!((reply.status.as_u16(), reply.body.as_slice()), (200, &b"{}"[..]));

    let requests = server.requests();
    let (head, body) = requests[0].split_once("\r\n\r\n").unwrap();
    let mut lines: Vec<_> = head.lines().map(str::to_owned).collect();
    assert_eq!(lines.remove(0), "POST /base/v1/auth/accesskey/exchange HTTP/1.1");
    lines.sort();
    let mut expected = [
        "accept: */*".to_owned(),
        "accept-encoding: identity".to_owned(),
        format!("authorization: Bearer P2abc:{KEY}"),
        "content-length: 2".to_owned(),
        "content-type: application/json".to_owned(),
        format!("host: {}", server.address),
        format!("user-agent: tokenwell/{}", env!("CARGO_PKG_VERSION")),
    ];
    expected.sort();
    assert_eq!(lines, expected);
    assert_eq!(body, "{}");
}

#[tokio::test]
async fn login_options_are_sent_as_far_as_they_are_set() {
    let claims = json!({"tier": "gold", "n": {"a": [1, null]}}).as_object().unwrap().clone();
    let tenant = Some("T2tenant".to_owned());
    for (options, expected) in [
        (LoginOptions { custom_claims: claims.clone(), selected_tenant: None }, json!({"customClaims": claims})),
        (LoginOptions { selected_tenant: tenant.clone(), ..Default::default() }, json!({"selectedTenant": "T2tenant"})),
        (
            LoginOptions { custom_claims: claims.clone(), selected_tenant: tenant },
            json!({"customClaims": claims, "selectedTenant": "T2tenant"}),
        ),
    ] {
        let server = Server::start([Answer::reply("200 OK", "{}")]).await;
        exchange(&client(&format!("http://{}", server.address), &patient()), &options).await.unwrap();
        let requests = server.requests();
        let body: serde_json::Value = serde_json::from_str(requests[0].split_once("\r\n\r\n").unwrap().1).unwrap();
        assert_eq!(body, json!({ "loginOptions": expected }));
    }
}

#[tokio::test]
async fn any_whole_reply_is_handed_on_chunked_or_not() {
    let chunked = "HTTP/1.1 401 Unauthorized\r\nx-test: 1\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{\"\r\n3\r\na\":\r\n2\r\n1}\r\n0\r\n\r\n";
    let until_closed = "HTTP/1.0 503 Sorry\r\n\r\nto the end";
    let informed = "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n";
    for (answer, status, body) in [
        (Answer::Bytes(chunked.to_owned()), 401, "{\"a\":1}"),
        (Answer::ThenClose(until_closed.to_owned()), 503, "to the end"),
        (Answer::Bytes(informed.to_owned()), 204, ""),
    ] {
        let server = Server::start([answer]).await;
        let client = client(&format!("http://{}", server.address), &patient());
        let reply = exchange(&client, &LoginOptions::default()).await.unwrap();
        assert_eq!((reply.status.as_u16(), reply.body.as_slice()), (status, body.as_bytes()));
    }
}

#[tokio::test]
async fn a_redirect_is_handed_on_and_never_followed() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap();
    elsewhere.set_nonblocking(true).unwrap();
    let location = elsewhere.local_addr().unwrap();
    for status in
        ["301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect"]
    {
        let redirect = format!("HTTP/1.1 {status}\r\nlocation: http://{location}/\r\ncontent-length: 0\r\n\r\n");
        let server = Server::start([Answer::Bytes(redirect)]).await;
        let client = client(&format!("http://{}", server.address), &patient());
        let reply = exchange(&client, &LoginOptions::default()).await.unwrap();
        assert!(status.starts_with(reply.status.as_str()));
        assert_eq!(server.requests().len(), 1);
        assert_eq!(elsewhere.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock, "nobody came");
    }
}

#[tokio::test]
async fn a_body_of_64_kib_is_read_and_a_longer_one_is_not() {
    let server = Server::start([Answer::reply("200 OK", &"x".repeat(65_536))]).await;
    let client = client(&format!("http://{}", server.address), &patient());
    assert_eq!(exchange(&client, &LoginOptions::default()).await.unwrap().body.len(), 65_536);

    let endless = format!(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{}",
        format!("1000\r\n{}\r\n", "x".repeat(4096)).repeat(17)
    );
    for long in [Answer::reply("200 OK", &"x".repeat(65_537)), Answer::Bytes(endless)] {
        let refused = refused_by(long, &patient()).await;
        assert_eq!(refused.refusal, Refusal::Unreachable);
        ends_with(&refused, "is longer than 65536 bytes");
    }
}

#[tokio::test]
async fn the_buffer_of_a_body_is_as_long_as_the_reply_says() {
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n".to_owned();
    for (answer, bytes_max) in [(Answer::reply("200 OK", &"x".repeat(1500)), 1500), (Answer::Bytes(chunked), 4096)] {
        let server = Server::start([answer]).await;
        let client = client(&format!("http://{}", server.address), &patient());
        let reply = exchange(&client, &LoginOptions::default()).await.unwrap();
        assert!(reply.body.capacity() <= bytes_max, "{} bytes", reply.body.capacity());
    }
}

#[tokio::test]
async fn a_server_that_does_not_finish_is_left_at_the_time_out() {
    let promise = "HTTP/1.1 200 OK\r\ncontent-length: 60000\r\n\r\n".to_owned();
    let headers_without_end = "HTTP/1.1 200 OK\r\nx: ".to_owned();
    let (no_head, no_body) =
        ("the server did not begin its reply", "the reply began, the server did not finish its reply");
    for (slow, step) in [
        (Answer::Silence, no_head),
        (Answer::Bytes(promise.clone()), no_body),
        (Answer::ThenTrickle(promise), no_body),
        (Answer::ThenTrickle(headers_without_end), no_head),
    ] {
        let refused = refused_by(slow, &impatient()).await;
        assert_eq!(refused.refusal, Refusal::TimedOut);
        ends_with(&refused, &format!("within 300ms: TCP is connected, {step}"));
        assert_eq!(refused.remedy.as_deref(), Some("the server is slow: see its status, or raise `http.timeout`"));
    }
}

#[tokio::test]
async fn a_connection_refused_closed_or_reset_is_said_so() {
    let nobody = nobody::nobody();
    let origin = format!("http://{}", nobody.address);
    let client = client(&origin, &patient());
    let refused = exchange(&client, &LoginOptions::default()).await.unwrap_err();
    assert_eq!(refused.refusal, Refusal::Unreachable);
    assert_eq!(refused.message, format!("cannot reach `{origin}`: connection refused"));
    let port = nobody.address.port();
    let remedy = format!("is `baseUrl` right, and does a server listen at port {port} there?");
    assert_eq!(refused.remedy.as_deref(), Some(remedy.as_str()));

    let half = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"sessionJwt\":\"eyJcanary".to_owned();
    let half_chunk = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n64\r\n{\"sessionJwt".to_owned();
    let closed = "the connection was closed before the complete reply arrived";
    for (answer, words) in [
        (Answer::ThenClose(String::new()), closed),
        (Answer::ThenClose(half.clone()), closed),
        (Answer::ThenClose(half_chunk), closed),
        (Answer::ThenReset(String::new()), "the connection was reset"),
        (Answer::ThenReset(half), "the connection was reset"),
    ] {
        let refused = refused_by(answer, &patient()).await;
        assert_eq!(refused.refusal, Refusal::Unreachable);
        ends_with(&refused, words);
    }
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_said_so() {
    let client = client("http://tokenwell.invalid", &patient());
    let refused = exchange(&client, &LoginOptions::default()).await.unwrap_err();
    assert_eq!(refused.refusal, Refusal::Unreachable);
    let start = "cannot reach `http://tokenwell.invalid`: the host name cannot be looked up: ";
    assert!(refused.message.starts_with(start), "{}", refused.message);
}

#[tokio::test]
async fn a_failed_request_is_not_sent_again_by_itself() {
    let server = Server::start([Answer::ThenClose(String::new()), Answer::reply("200 OK", "{}")]).await;
    let client = client(&format!("http://{}", server.address), &patient());
    exchange(&client, &LoginOptions::default()).await.unwrap_err();
    assert_eq!((server.requests().len(), server.connections()), (1, 1));
}

#[tokio::test]
async fn a_key_that_fits_into_no_header_is_refused_without_a_request() {
    let server = Server::start([]).await;
    let client = client(&format!("http://{}", server.address), &patient());
    let refused = client.exchange(&LoginOptions::default(), "K2canary\r\nx: y").await.unwrap_err();
    assert_eq!(refused.refusal, Refusal::Denied);
    assert!(!refused.message.contains("canary"));
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn plain_http_goes_through_no_proxy() {
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    proxy.set_nonblocking(true).unwrap();
    let url = format!("http://{}", proxy.local_addr().unwrap());
    let server = Server::start([Answer::reply("200 OK", "{}")]).await;
    let base = BaseUrl::parse(&format!("http://{}", server.address), false).unwrap();
    let client = ApiClient::build(&base, &patient(), &Proxies::read(|_| Some(url.clone()))).unwrap();
    exchange(&client, &LoginOptions::default()).await.unwrap();
    assert_eq!(proxy.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock, "nobody came");
}
