//! Certificates that change under a running daemon.

use std::{net::SocketAddr, sync::Arc, thread};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{RootCertStore, ServerConfig, crypto::ring, pki_types::PrivateKeyDer, server::WebPkiClientVerifier},
};

use crate::{
    common::secret_volume::SecretVolume,
    program::{Program, run},
    setting::{QUICK, Setting},
};

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority(name: &str) -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// Returns a certificate and its key.
fn signed_by(authority: &Authority, names: &[&str]) -> (rcgen::Certificate, KeyPair) {
    let key = KeyPair::generate().unwrap();
    let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
    (CertificateParams::new(names).unwrap().signed_by(&key, authority).unwrap(), key)
}

/// Starts a TLS server that demands a certificate of this authority, before the sandbox.
fn before(sandbox: SocketAddr, authority: &Authority) -> SocketAddr {
    let (certificate, key) = signed_by(authority, &["127.0.0.1"]);
    let mut roots = RootCertStore::empty();
    roots.add(authority.der().clone()).unwrap();
    let provider = Arc::new(ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), Arc::clone(&provider)).build().unwrap();
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let listener = TcpListener::from_std(listener).unwrap();
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    let mut outer = acceptor.accept(stream).await.ok()?;
                    let mut inner = TcpStream::connect(sandbox).await.ok()?;
                    copy_bidirectional(&mut outer, &mut inner).await.ok()
                });
            }
        });
    });
    address
}

#[test]
fn a_client_certificate_is_used_as_soon_as_it_changes() {
    let mut setting = Setting::with(&["a"]);
    let (ours, strangers) = (authority("ours"), authority("strangers"));
    let front = before(setting.sandbox.address(), &ours);
    let elsewhere = tempfile::tempdir().unwrap();
    let pair = |authority: &Authority| {
        let (certificate, key) = signed_by(authority, &[]);
        (certificate.pem(), key.serialize_pem())
    };
    let (refused, accepted) = (pair(&strangers), pair(&ours));
    let root = ours.pem();
    let files = |certificate, key| [("ca.crt", root.as_str()), ("tls.crt", certificate), ("tls.key", key)];
    let mut volume = SecretVolume::new(&elsewhere.path().join("tls"), &files(&refused.0, &refused.1));
    let http = format!(
        "http: {{caFile: {}, clientCertificateFile: {}, clientKeyFile: {}, connectTimeout: 10s}}\n",
        volume.path("ca.crt").display(),
        volume.path("tls.crt").display(),
        volume.path("tls.key").display()
    );
    let text = format!("{QUICK}{http}{}", setting.named(&["a"]));
    setting.put("tokenwell.yaml", &setting.configuration(&format!("https://{front}"), &text));
    let program = Program::start(&mut run(&setting.path("")));
    program.until_said("the server refuses the client certificate: it does not trust the authority", 1);
    assert_eq!(setting.sandbox.counters().exchanges, 0);

    volume.update(&files(&accepted.0, &refused.1));
    program.until_said("does not match the certificate of `http.clientCertificateFile`", 1);
    program.until_said("the former certificates stay in use until the files change", 1);
    volume.update(&files(&accepted.0, &accepted.1));
    program.until_said("new connections use the certificates that the files hold now", 1);
    setting.until_exchanges(1);
    program.until_said("token written", 1);

    volume.update(&[("ca.crt", ""), ("tls.crt", &accepted.0), ("tls.key", &accepted.1)]);
    program.until_said("cannot use `http.caFile`", 1);
    program.until_said("it contains no usable certificate: it is empty", 1);
    let ended = program.stop();
    assert_eq!(ended.stderr.matches("stay in use until the files change").count(), 2, "{}", ended.stderr);
    assert!(!ended.stderr.contains("PRIVATE KEY-----"), "{}", ended.stderr);
    setting.clean(&ended);
}
