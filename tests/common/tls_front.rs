//! A server behind TLS, like the real API.

use std::{
    net::{SocketAddr, TcpListener as StdListener},
    sync::Arc,
    thread,
};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::ring, pki_types::PrivateKeyDer},
};

/// A TLS server in front of another server, until the test ends.
pub(crate) struct TlsFront {
    pub(crate) base_url: String,
    /// The certificate to trust, PEM.
    pub(crate) root: String,
}

impl TlsFront {
    pub(crate) fn of(server: SocketAddr) -> Self {
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = StdListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = TcpListener::from_std(listener).unwrap();
                while let Ok((stream, _)) = listener.accept().await {
                    let acceptor = acceptor.clone();
                    tokio::spawn(async move {
                        let mut outer = acceptor.accept(stream).await.ok()?;
                        let mut inner = TcpStream::connect(server).await.ok()?;
                        copy_bidirectional(&mut outer, &mut inner).await.ok()
                    });
                }
            });
        });
        Self { base_url: format!("https://localhost:{port}"), root: cert.pem() }
    }
}
