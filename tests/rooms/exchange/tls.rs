//! TLS and proxies: trusted servers, and the errors for other servers.

use std::{fs, net::SocketAddr, path::PathBuf, process::Command, sync::Arc, time::Duration};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use tempfile::TempDir;
use tokenwell::{
    exchange::{
        BaseUrl, ClientError, Clients, HttpSettings, Proxies, Refused, Reply, Request, TlsSetupError, TokenUrl,
    },
    renewal::Refusal,
    source::LoginOptions,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::ring, pki_types::PrivateKeyDer, version},
};

use crate::{
    ApiClient, exchange,
    nobody::nobody,
    patient,
    server::{Answer, Server},
};

/// A private certificate authority, with its certificate in a file.
pub(crate) struct Authority {
    pub(crate) issuer: CertifiedIssuer<'static, KeyPair>,
    pub(crate) folder: TempDir,
}

impl Authority {
    pub(crate) fn new() -> Self {
        Self::named("ours")
    }

    pub(crate) fn named(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("ca.pem"), format!("# ours\n{}", issuer.pem())).unwrap();
        Self { issuer, folder }
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// Returns the certificates that a server for this name sends.
    fn acceptor(&self, name: &str, spoil: impl Fn(&mut CertificateParams)) -> TlsAcceptor {
        TlsAcceptor::from(Arc::new(self.server(name, spoil)))
    }

    fn server(&self, name: &str, spoil: impl Fn(&mut CertificateParams)) -> ServerConfig {
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        spoil(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[&version::TLS12, &version::TLS13])
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
            .unwrap()
    }
}

pub(crate) fn trusting(file: PathBuf) -> HttpSettings {
    HttpSettings { ca_file: Some(file), ..patient() }
}

pub(crate) async fn ask(server: &Server, settings: &HttpSettings, proxies: &Proxies) -> Result<Reply, Refused> {
    let base = BaseUrl::parse(&format!("https://{}", server.address), false).unwrap();
    exchange(&ApiClient::build(&base, settings, proxies).unwrap(), &LoginOptions::default()).await
}

pub(crate) fn ok() -> [Answer; 1] {
    [Answer::reply("200 OK", "{}")]
}

#[tokio::test]
async fn a_private_authority_is_trusted_through_the_ca_file() {
    let authority = Authority::new();
    let server = Server::start_with(ok(), Some(authority.acceptor("127.0.0.1", |_| {}))).await;
    let reply = ask(&server, &trusting(authority.file()), &Proxies::none()).await.unwrap();
    assert_eq!(reply.status.as_u16(), 200);
}

/// HTTP/2 has no benefit at a few requests per hour.
#[tokio::test]
async fn a_server_that_offers_http2_as_well_is_asked_over_http1() {
    let authority = Authority::new();
    let mut config = authority.server("127.0.0.1", |_| {});
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let server = Server::start_with(ok(), Some(TlsAcceptor::from(Arc::new(config)))).await;
    let reply = ask(&server, &trusting(authority.file()), &Proxies::none()).await.unwrap();
    assert_eq!(reply.status.as_u16(), 200);
}

#[tokio::test]
async fn a_refused_certificate_has_a_reason_and_no_key_is_sent() {
    let ours = Authority::new();
    let expired = |params: &mut CertificateParams| params.not_after = date_time_ymd(2001, 1, 1);
    let early = |params: &mut CertificateParams| params.not_before = date_time_ymd(4000, 1, 1);
    for (acceptor, reason, remedy) in [
        (
            Authority::named("another").acceptor("127.0.0.1", |_| {}),
            "is not trusted: the issuer of the server's certificate `rcgen self signed cert`, `another`, is no trusted root",
            "let the server send the certificate of `another` after its own, or append that certificate to `http.caFile`",
        ),
        (
            Authority::named("ours").acceptor("127.0.0.1", |_| {}),
            "its issuer `ours` has the name of a trusted root, but another key",
            "put the current certificate of `ours` into `http.caFile`",
        ),
        (ours.acceptor("127.0.0.1", expired), "has expired at 2001-01-01T00:00:00Z; the clock of", "set the clock"),
        (ours.acceptor("127.0.0.1", early), "is not valid yet, but from 4000-01-01T00:00:00Z; the", "set the clock"),
        (
            ours.acceptor("other.example", |_| {}),
            "is for another name: for `other.example`, not `127.0.0.1`",
            "`subjectAltName=IP:127.0.0.1`",
        ),
    ] {
        let server = Server::start_with(ok(), Some(acceptor)).await;
        let refused = ask(&server, &trusting(ours.file()), &Proxies::none()).await.unwrap_err();
        assert_eq!(refused.refusal, Refusal::Unreachable);
        let start = format!("cannot reach `https://{}`: TLS: the server's certificate ", server.address);
        assert!(refused.message.starts_with(&start) && refused.message.contains(reason), "{}", refused.message);
        assert!(refused.remedy.as_deref().is_some_and(|text| text.contains(remedy)), "{:?}", refused.remedy);
        assert_eq!((server.connections(), server.requests().len()), (1, 0));
    }
}

#[tokio::test]
async fn a_server_that_does_not_speak_tls_is_said_so() {
    let authority = Authority::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        let _ = stream.read_to_end(&mut Vec::new()).await;
    });
    let base = BaseUrl::parse(&format!("https://{address}"), false).unwrap();
    let client = ApiClient::build(&base, &trusting(authority.file()), &Proxies::none()).unwrap();
    let refused = exchange(&client, &LoginOptions::default()).await.unwrap_err();
    assert_eq!(refused.message, format!("cannot reach `https://{address}`: the server does not speak TLS"));
}

#[tokio::test]
async fn an_endless_handshake_ends_at_the_connect_timeout() {
    let authority = Authority::new();
    // The kernel accepts the connection, but no process writes to it.
    let mute = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = mute.local_addr().unwrap();
    let base = BaseUrl::parse(&format!("https://{address}"), false).unwrap();
    let settings = HttpSettings { connect_timeout: Duration::from_millis(300), ..trusting(authority.file()) };
    let client = ApiClient::build(&base, &settings, &Proxies::none()).unwrap();
    let refused = exchange(&client, &LoginOptions::default()).await.unwrap_err();
    assert_eq!(refused.refusal, Refusal::TimedOut);
    let words = "TCP is connected, the TLS handshake is not finished";
    assert_eq!(refused.message, format!("no connection to `https://{address}` within 300ms: {words}"));
    assert!(refused.remedy.unwrap().contains("holds TLS back"));

    let proxies = set("HTTPS_PROXY", format!("http://user:hunter22@{address}"));
    let base = BaseUrl::parse("https://api.descope.com", false).unwrap();
    let client = ApiClient::build(&base, &settings, &proxies).unwrap();
    let refused = exchange(&client, &LoginOptions::default()).await.unwrap_err();
    assert_eq!(refused.refusal, Refusal::TimedOut);
    let message = format!(
        "no connection to `https://api.descope.com` within 300ms: the proxy `{address}`, which `HTTPS_PROXY` names, gives no tunnel \
         within 300ms"
    );
    assert_eq!(refused.message, message);
    assert_eq!(refused.remedy.as_deref(), Some("does it respond, and can it reach `api.descope.com`?"));

    // The proxy is asked again for as long as is left, and the words name no measured time.
    let little_left = HttpSettings {
        timeout: Duration::from_millis(2300),
        connect_timeout: Duration::from_millis(1300),
        ..settings.clone()
    };
    let client = ApiClient::build(&base, &little_left, &proxies).unwrap();
    let refused = exchange(&client, &LoginOptions::default()).await.unwrap_err();
    assert!(refused.message.ends_with("gives no tunnel within 1s 300ms"), "{}", refused.message);

    let no_time =
        HttpSettings { timeout: Duration::from_millis(300), connect_timeout: Duration::from_secs(5), ..settings };
    let client = ApiClient::build(&base, &no_time, &proxies).unwrap();
    let refused = exchange(&client, &LoginOptions::default()).await.unwrap_err();
    let message = "no whole reply from `https://api.descope.com` within 300ms: the proxy opened no tunnel";
    assert_eq!(refused.message, message);
    let remedy = format!("see whether the proxy `{address}` responds and can reach `api.descope.com`");
    assert!(refused.remedy.unwrap().starts_with(&remedy));
}

#[tokio::test]
async fn an_unusable_ca_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let build = |name: &str| {
        let path = folder.path().join(name);
        let base = BaseUrl::parse("https://api.descope.com", false).unwrap();
        let error = ApiClient::build(&base, &trusting(path.clone()), &Proxies::none()).unwrap_err();
        assert!(matches!(error, ClientError::Tls(TlsSetupError::File { .. })));
        let message = error.to_string();
        let prefix = format!("cannot use `http.caFile` `{}`: ", path.display());
        let remedy = "; name a file of PEM certificates (`-----BEGIN CERTIFICATE-----`) that tokenwell may read, or remove `caFile`";
        let why = message.strip_prefix(&prefix).and_then(|why| why.strip_suffix(remedy));
        why.unwrap_or_else(|| panic!("{message}")).to_owned()
    };
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let key = KeyPair::generate().unwrap().serialize_pem();
    for (name, content, holds) in [
        ("empty.pem", "", "it is empty"),
        ("text.pem", "canary", "it holds text that is no PEM"),
        ("broken.pem", broken, "it holds certificates, but none that is usable"),
        ("key.pem", &key, "it holds a private key"),
    ] {
        fs::write(folder.path().join(name), content).unwrap();
        assert_eq!(build(name), format!("it contains no usable certificate: {holds}"));
    }
    fs::write(folder.path().join("long.pem"), vec![b'\n'; (1 << 20) + 1]).unwrap();
    assert_eq!(build("long.pem"), "it is longer than 1 MiB");
    fs::create_dir(folder.path().join("folder")).unwrap();
    assert_eq!(build("folder"), "it is not a regular file");
    assert_eq!(build("missing.pem"), "there is no such file");
}

#[tokio::test]
async fn one_broken_certificate_does_not_spoil_a_bundle() {
    let authority = Authority::new();
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    fs::write(authority.file(), format!("{broken}{}", authority.issuer.pem())).unwrap();
    let server = Server::start_with(ok(), Some(authority.acceptor("127.0.0.1", |_| {}))).await;
    ask(&server, &trusting(authority.file()), &Proxies::none()).await.unwrap();
}

/// Starts a proxy that answers each `CONNECT` with these bytes and closes the connection.
async fn closing_proxy(answer: String) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut client, _) = listener.accept().await.unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(client.read_u8().await.unwrap());
            }
            client.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    address
}

/// Starts a proxy that opens each tunnel, waits for the client's TLS, and then sends these bytes and closes the connection.
async fn breaking_proxy(page: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut client, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(client.read_u8().await.unwrap());
                }
                client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.unwrap();
                // All of it: otherwise the connection is reset, and the page may be lost.
                let mut hello = [0; 16 * 1024];
                if client.read(&mut hello).await.is_ok_and(|count| count > 0) {
                    client.write_all(page.as_bytes()).await.unwrap();
                }
            });
        }
    });
    address
}

/// Starts a proxy for one connection. It answers the `CONNECT`, and forwards the connection.
async fn proxy(answer: &'static str) -> (String, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let seen = tokio::spawn(async move {
        let (mut client, _) = listener.accept().await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(client.read_u8().await.unwrap());
        }
        let head = String::from_utf8(head).unwrap();
        client.write_all(answer.as_bytes()).await.unwrap();
        let target = head.split(' ').nth(1).unwrap();
        let mut server = TcpStream::connect(target).await.unwrap();
        tokio::spawn(async move { copy_bidirectional(&mut client, &mut server).await });
        head
    });
    (address, seen)
}

fn set(variable: &'static str, value: String) -> Proxies {
    Proxies::read(move |name| (name == variable).then(|| value.clone()))
}

#[tokio::test]
async fn https_goes_through_the_proxy_as_a_tunnel() {
    let authority = Authority::new();
    for (variable, answer) in [
        ("HTTPS_PROXY", "HTTP/1.1 200 OK\r\n\r\n"),
        ("all_proxy", "HTTP/1.0 200\nVia: x\n\n"),
        ("https_proxy", "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n"),
    ] {
        let server = Server::start_with(ok(), Some(authority.acceptor("127.0.0.1", |_| {}))).await;
        let (address, seen) = proxy(answer).await;
        let proxies = set(variable, format!("http://user:hunter22@{address}"));
        ask(&server, &trusting(authority.file()), &proxies).await.unwrap();
        let head = seen.await.unwrap();
        assert!(head.starts_with(&format!("CONNECT {} HTTP/1.1\r\n", server.address)), "{head}");
        assert!(head.contains("\r\nproxy-authorization: Basic dXNlcjpodW50ZXIyMg==\r\n"), "{head}");
        assert!(!head.contains("Bearer"), "the key is inside the tunnel alone");
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn ca_file_and_proxy_apply_to_the_host_of_a_token_url() {
    let authority = Authority::new();
    let server = Server::start_with(ok(), Some(authority.acceptor("127.0.0.1", |_| {}))).await;
    let (address, seen) = proxy("HTTP/1.1 200 OK\r\n\r\n").await;
    let token_url = TokenUrl::parse(&format!("https://{}/t?p=1", server.address)).unwrap();
    let api = BaseUrl::parse("http://127.0.0.1:1", false).unwrap().origin();
    let proxies = set("HTTPS_PROXY", format!("http://{address}"));
    let clients = Clients::build(&api, [token_url.origin()], &trusting(authority.file()), &proxies).unwrap();
    let request = Request::post_form(token_url.path(), &[("grant_type", "client_credentials")]).basic("id", "hunter22");
    let reply = clients.of(&token_url.origin()).send(request).await.unwrap();
    assert_eq!(reply.status.as_u16(), 200);
    let head = seen.await.unwrap();
    assert!(head.starts_with(&format!("CONNECT {} HTTP/1.1\r\n", server.address)), "{head}");
    assert!(!head.contains("authorization"), "the secret is inside the tunnel alone: {head}");
    let requests = server.requests();
    assert!(requests[0].starts_with("POST /t?p=1 HTTP/1.1\r\n"), "{requests:?}");
    assert!(requests[0].contains("authorization: Basic aWQ6aHVudGVyMjI=\r\n"), "{requests:?}");
}

#[tokio::test]
async fn no_proxy_names_hosts_that_are_reached_directly() {
    let authority = Authority::new();
    let server = Server::start_with(ok(), Some(authority.acceptor("127.0.0.1", |_| {}))).await;
    let proxies = Proxies::read(|name| match name {
        "HTTPS_PROXY" => Some("http://127.0.0.1:1".to_owned()),
        "no_proxy" => Some("example.com, 127.0.0.0/8".to_owned()),
        _ => None,
    });
    ask(&server, &trusting(authority.file()), &proxies).await.unwrap();
}

#[tokio::test]
async fn a_proxy_that_refuses_is_said_so_without_its_password() {
    let authority = Authority::new();
    let server = Server::start_with(ok(), Some(authority.acceptor("127.0.0.1", |_| {}))).await;
    let required = "HTTP/1.1 407 Proxy Authentication Required\r\n";
    for (answer, words) in [
        (
            format!("{required}Proxy-Authenticate: Basic realm=x\r\n\r\n"),
            "does not take the user and password in it (HTTP 407)",
        ),
        (
            format!("{required}Proxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM\r\n\r\n"),
            "wants a login by Negotiate or NTLM (HTTP 407), which tokenwell does not support",
        ),
        (
            format!("{required}Proxy-Authenticate: Digest realm=\"x\", nonce=\"y\"\r\n\r\n"),
            "wants a login by Digest (HTTP 407)",
        ),
        (format!("{required}\r\n"), "does not take the user and password in it, and names no scheme (HTTP 407 without"),
        ("HTTP/1.1 403 Forbidden\r\n\r\n".to_owned(), "refuses to connect to `127.0.0.1` (HTTP 403)"),
        (
            "HTTP/1.0 403 Forbidden\nContent-Length: 4\n\nnono".to_owned(),
            "refuses to connect to `127.0.0.1` (HTTP 403)",
        ),
        ("HTTP/1.1 302 Found\r\nLocation: http://sign.in/\r\n\r\n".to_owned(), "redirects CONNECT (HTTP 302)"),
        ("HTTP/1.1 503 Sorry\r\n\r\n".to_owned(), "cannot reach `127.0.0.1` itself (HTTP 503)"),
        ("HTTP/1.1 405 No\r\n\r\n".to_owned(), "does not understand CONNECT (HTTP 405)"),
        ("HTTP/1.1 500 Oh\r\n\r\n".to_owned(), "fails (HTTP 500)"),
        ("HTTP/1.1 418\r\n\r\n".to_owned(), "refuses to connect to `127.0.0.1` (HTTP 418)"),
        (
            format!("HTTP/1.1 403 No\r\nX: {}\r\n\r\n", "x".repeat(20_000)),
            "refuses to connect to `127.0.0.1` (HTTP 403)",
        ),
        (format!("HTTP/1.1 403 No\r\nX: {}\r\n\r\n", "x".repeat(70_000)), "gives no tunnel: its answer is longer than"),
        ("HTTP/1.1 204 No\r\n\r\n".to_owned(), "opens the tunnel with HTTP 204 in place of 200, which tokenwell's"),
        ("HTTP/1.1 103 Hm\r\n\r\nHTTP/1.1 200 OK\r\n\r\n".to_owned(), "opens the tunnel with an answer that HTTP 103"),
        (
            format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "x".repeat(9_000)),
            "opens the tunnel with a header of more than 8192 bytes",
        ),
        (
            format!("HTTP/1.1 200 OK\r\n{}\r\n", "X: x\r\n".repeat(101)),
            "opens the tunnel with a header of more than 100 fields",
        ),
        ("SSH-2.0-OpenSSH\r\n".to_owned(), "gives no tunnel: it does not speak HTTP"),
        (
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>sign in</html>".to_owned(),
            "answers CONNECT with success and then sends HTTP instead of TLS, as the sign-in page of a network does",
        ),
        (String::new(), "gives no tunnel: it closed the connection without an answer"),
        (
            "HTTP/1.1 200 OK\r\n\r\n".to_owned(),
            "answers CONNECT with success, and then the connection was closed before the complete reply arrived",
        ),
    ] {
        let address = closing_proxy(answer).await;
        let proxies = set("HTTPS_PROXY", format!("http://user:hunter22@{address}"));
        let refused = ask(&server, &trusting(authority.file()), &proxies).await.unwrap_err();
        let start = format!(
            "cannot reach `https://{}`: the proxy `{address}`, which `HTTPS_PROXY` names, {words}",
            server.address
        );
        assert!(refused.message.starts_with(&start), "{}", refused.message);
        assert!(!refused.message.contains("hunter22"), "{}", refused.message);
    }
    let nobody = nobody();
    let proxies = set("HTTPS_PROXY", format!("http://user:hunter22@{}", nobody.address));
    let refused = ask(&server, &trusting(authority.file()), &proxies).await.unwrap_err();
    let words = format!("no connection to the proxy {}: connection refused", nobody.address);
    assert!(refused.message.ends_with(&words), "{}", refused.message);
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_proxy_that_speaks_tls_itself_is_used_and_its_faults_named() {
    let authority = Authority::new();
    let server = Server::start_with(ok(), Some(authority.acceptor("127.0.0.1", |_| {}))).await;
    let at = |address: &SocketAddr| set("HTTPS_PROXY", format!("https://user:hunter22@{address}"));
    let good = tls_proxy(authority.acceptor("127.0.0.1", |_| {}), "HTTP/1.1 200 OK\r\n\r\n").await;
    ask(&server, &trusting(authority.file()), &at(&good)).await.unwrap();
    assert_eq!(server.requests().len(), 1);

    let full = tls_proxy(authority.acceptor("127.0.0.1", |_| {}), "HTTP/1.1 503 Full\r\n\r\n").await;
    let misnamed = tls_proxy(authority.acceptor("proxy.example", |_| {}), "").await;
    let plain = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let without_tls = plain.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = plain.accept().await {
            client.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
            let _ = client.read(&mut [0; 4096]).await;
        }
    });
    for (address, words) in [
        (full, "cannot reach `127.0.0.1` itself (HTTP 503)"),
        (misnamed, "gives no tunnel, because TLS with the proxy itself fails: TLS: "),
        (without_tls, "gives no tunnel, because TLS with the proxy itself fails: "),
    ] {
        let refused = ask(&server, &trusting(authority.file()), &at(&address)).await.unwrap_err();
        let expected = format!("the proxy `{address}`, which `HTTPS_PROXY` names, {words}");
        assert!(refused.message.contains(&expected), "{}", refused.message);
        assert!(refused.remedy.is_some() && !format!("{refused:?}").contains("hunter22"));
    }
    assert_eq!(server.connections(), 1);
}

/// Starts a proxy that is reached by TLS. It gives this answer to each `CONNECT`, and forwards the connection if it is a success.
async fn tls_proxy(acceptor: TlsAcceptor, answer: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (client, _) = listener.accept().await.unwrap();
            let Ok(mut client) = acceptor.accept(client).await else { continue };
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(client.read_u8().await.unwrap());
            }
            client.write_all(answer.as_bytes()).await.unwrap();
            client.flush().await.unwrap();
            if answer.contains(" 200 ") {
                let target = String::from_utf8(head).unwrap().split(' ').nth(1).unwrap().to_owned();
                let mut server = TcpStream::connect(target).await.unwrap();
                tokio::spawn(async move { copy_bidirectional(&mut client, &mut server).await });
            }
        }
    });
    address
}

#[tokio::test]
async fn what_a_proxy_does_within_its_tunnel_names_the_proxy() {
    let authority = Authority::new();
    let server = Server::start_with(ok(), Some(authority.acceptor("127.0.0.1", |_| {}))).await;
    for (page, words) in [
        (
            "HTTP/1.1 200 OK\r\n\r\n<html>sign in</html>",
            "answers CONNECT with success and then sends HTTP instead of TLS,",
        ),
        ("<html>sign in</html>", "answers CONNECT with success and then sends HTTP instead of TLS,"),
        ("", "answers CONNECT with success, and then the connection was closed before the complete reply arrived"),
    ] {
        let address = breaking_proxy(page).await;
        let proxies = set("HTTPS_PROXY", format!("http://{address}"));
        let refused = ask(&server, &trusting(authority.file()), &proxies).await.unwrap_err();
        let expected = format!("the proxy `{address}`, which `HTTPS_PROXY` names, {words}");
        assert!(refused.message.contains(&expected), "{page}: {}", refused.message);
    }
    assert_eq!(server.connections(), 0);
}

#[test]
fn a_machine_without_authorities_gets_the_remedy() {
    // Environment variables set the trusted roots, and a test can change them safely only for another process.
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "tls::in_a_process_without_authorities", "--ignored", "--nocapture"])
        .env("SSL_CERT_FILE", "/dev/null")
        .env("SSL_CERT_DIR", "/dev/null")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"));
}

#[test]
#[ignore = "run by a_machine_without_authorities_gets_the_remedy"]
fn in_a_process_without_authorities() {
    let https = BaseUrl::parse("https://api.descope.com", false).unwrap();
    let error = ApiClient::build(&https, &patient(), &Proxies::none()).unwrap_err();
    assert!(
        matches!(error, ClientError::Tls(TlsSetupError::NoRoots { replaced_by: Some("SSL_CERT_FILE") })),
        "{error:?}"
    );
    assert!(error.to_string().starts_with("the environment variable `SSL_CERT_FILE` replaces"), "{error}");
    let authority = Authority::new();
    ApiClient::build(&https, &trusting(authority.file()), &Proxies::none()).unwrap();
    let http = BaseUrl::parse("http://127.0.0.1:1", false).unwrap();
    ApiClient::build(&http, &patient(), &Proxies::none()).unwrap();
}
