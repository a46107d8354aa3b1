//! Client certificates: servers that demand one, and the errors of files that cannot be presented.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use rcgen::{CertificateParams, DnType, KeyPair, date_time_ymd};
use tokenwell::{
    clock,
    exchange::{
        Anchors, BaseUrl, ClientCertificateFiles, HttpSettings, NetworkPath, Proxies, judge_client_certificate,
    },
    renewal::Refusal,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        RootCertStore, ServerConfig, SupportedProtocolVersion, crypto::ring, pki_types::PrivateKeyDer,
        server::WebPkiClientVerifier, version,
    },
};

use crate::{
    server::{Answer, Server},
    tls::{Authority, ask, ok, trusting},
};

/// Returns a server that demands a certificate of `clients`, or only asks for one.
fn acceptor(
    ours: &Authority,
    clients: &Authority,
    is_optional: bool,
    version: &'static SupportedProtocolVersion,
) -> TlsAcceptor {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &ours.issuer).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(clients.issuer.der().clone()).unwrap();
    let provider = Arc::new(ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), Arc::clone(&provider));
    let verifier = if is_optional { verifier.allow_unauthenticated() } else { verifier };
    let config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[version])
        .unwrap()
        .with_client_cert_verifier(verifier.build().unwrap())
        .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

/// Writes a client's certificate and its key.
fn client_files(of: &Authority, spoil: impl Fn(&mut CertificateParams)) -> ClientCertificateFiles {
    let folder = of.folder.path();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, "billing");
    spoil(&mut params);
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, &of.issuer).unwrap();
    let files = ClientCertificateFiles { certificate: folder.join("client.pem"), key: folder.join("client.key") };
    fs::write(&files.certificate, certificate.pem()).unwrap();
    fs::write(&files.key, key.serialize_pem()).unwrap();
    files
}

fn presenting(roots: PathBuf, files: ClientCertificateFiles) -> HttpSettings {
    HttpSettings { client_certificate: Some(files), ..trusting(roots) }
}

/// Returns what `check --online` says of the handshake: the reason and the remedy.
async fn examined(server: &Server, settings: &HttpSettings) -> Result<(), (String, String)> {
    let origin = BaseUrl::parse(&format!("https://{}", server.address), false).unwrap().origin();
    let path = NetworkPath::of(&origin, "baseUrl", &Proxies::none()).unwrap();
    let anchors = Anchors::load(settings).unwrap();
    let patience = Duration::from_secs(60);
    let addresses = path.look_up(patience).await.unwrap();
    let connected = path.connect(&addresses, patience).await.unwrap();
    let tunnel = path.tunnel(connected, Some(&anchors), patience).await.unwrap();
    let error = path.handshake(tunnel, &anchors, clock::wall(), patience).await.err();
    error.map_or(Ok(()), |error| Err((error.to_string(), error.remedy().unwrap_or_default().to_owned())))
}

#[tokio::test]
async fn a_certificate_is_presented_to_a_server_that_demands_one() {
    let (ours, clients) = (Authority::new(), Authority::named("clients"));
    for version in [&version::TLS12, &version::TLS13] {
        let server = Server::start_with(ok(), Some(acceptor(&ours, &clients, false, version))).await;
        let settings = presenting(ours.file(), client_files(&clients, |_| {}));
        assert_eq!(ask(&server, &settings, &Proxies::none()).await.unwrap().status.as_u16(), 200);
        assert_eq!(examined(&server, &settings).await, Ok(()));
    }
}

#[tokio::test]
async fn a_demand_for_a_certificate_is_told_alike_everywhere() {
    let (ours, clients) = (Authority::new(), Authority::named("clients"));
    let strangers = Authority::named("strangers");
    let missing = "TLS: the server demands a client certificate";
    for (version, files, reason) in [
        (&version::TLS12, None, missing),
        (&version::TLS13, None, missing),
        (
            &version::TLS13,
            Some(client_files(&strangers, |_| {})),
            "TLS: the server refuses the client certificate: it does not trust the authority that signed it",
        ),
        (
            &version::TLS13,
            Some(client_files(&clients, |params| params.not_after = date_time_ymd(2001, 1, 1))),
            "TLS: the server refuses the client certificate: it has expired",
        ),
    ] {
        let server = Server::start_with(ok(), Some(acceptor(&ours, &clients, false, version))).await;
        let settings = match &files {
            Some(files) => presenting(ours.file(), files.clone()),
            None => trusting(ours.file()),
        };
        let refused = ask(&server, &settings, &Proxies::none()).await.unwrap_err();
        assert_eq!(refused.refusal, Refusal::Unreachable);
        assert!(refused.message.contains(reason), "{}", refused.message);
        let remedy = refused.remedy.unwrap();
        assert!(remedy.contains("`http.clientCertificateFile`"), "{remedy}");
        let (told, told_remedy) = examined(&server, &settings).await.unwrap_err();
        assert!(told.starts_with(reason) && told_remedy == remedy, "{told}; {told_remedy}");
        assert_eq!(server.requests().len(), 0);
    }
}

#[tokio::test]
async fn a_page_that_refuses_for_want_of_a_certificate_is_read() {
    let (ours, clients) = (Authority::new(), Authority::named("clients"));
    let acceptor = acceptor(&ours, &clients, true, &version::TLS13);
    let page = "<html><head><title>400 No required SSL certificate was sent</title></head></html>";
    let server = Server::start_with([Answer::reply("400 Bad Request", page)], Some(acceptor)).await;
    let refused = ask(&server, &trusting(ours.file()), &Proxies::none()).await.unwrap_err();
    assert_eq!(refused.refusal, Refusal::Blocked);
    assert!(refused.message.ends_with("answers with HTTP 400: the server demands a client certificate"), "{refused:?}");
    assert!(refused.remedy.unwrap().contains("`http.clientCertificateFile`"));
}

#[test]
fn files_that_cannot_be_presented_are_named() {
    let authority = Authority::new();
    let files = client_files(&authority, |_| {});
    let why = |files: &ClientCertificateFiles| judge_client_certificate(files, clock::wall()).unwrap_err().to_string();
    assert!(judge_client_certificate(&files, clock::wall()).unwrap().is_none());

    let put = |name: &str, content: &str| {
        let path = authority.folder.path().join(name);
        fs::write(&path, content).unwrap();
        path
    };
    let with_key = |content: &str| ClientCertificateFiles { key: put("other.key", content), ..files.clone() };
    let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let of_another = KeyPair::generate().unwrap().serialize_pem();
    for (content, words) in [
        ("", "it contains no usable private key: it is empty; name a file with a private key"),
        (encrypted, "it holds a private key that is encrypted with a password; decrypt it with `openssl pkey"),
        (
            of_another.as_str(),
            "its private key does not match the certificate of `http.clientCertificateFile`; name the key",
        ),
        (
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
            "damaged, or of a type or size that is not supported",
        ),
        (&authority.issuer.pem(), "it contains no usable private key: it holds certificates"),
    ] {
        let why = why(&with_key(content));
        assert!(why.starts_with("cannot use `http.clientKeyFile` `") && why.contains(words), "{why}");
        assert!(!why.contains("AAAA"), "{why}");
    }
    let swapped = ClientCertificateFiles { certificate: files.key.clone(), key: files.certificate.clone() };
    let why = why(&swapped);
    assert!(why.contains("cannot use `http.clientCertificateFile`") && why.contains("it holds a private key"), "{why}");

    let expired = client_files(&authority, |params| params.not_after = date_time_ymd(2001, 1, 1));
    let warning = judge_client_certificate(&expired, clock::wall()).unwrap().unwrap();
    assert!(warning.contains("`billing`") && warning.contains("has expired at 2001-01-01T00:00:00Z"), "{warning}");
    let one = put("one.pem", &format!("{}{}", read(&files.certificate), read(&files.key)));
    let together = ClientCertificateFiles { certificate: one.clone(), key: one };
    assert!(judge_client_certificate(&together, clock::wall()).is_ok(), "one file may hold both");
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}
