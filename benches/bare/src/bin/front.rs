//! TLS in front of the sandbox, as the real API has it: `front SANDBOX_ADDRESS CA_FILE` writes its certificate there, prints its base URL and
//! serves until it is killed.

use std::{env, error::Error, fs, sync::Arc};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::ring, pki_types::PrivateKeyDer},
};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [sandbox, ca_file] = arguments.as_slice() else { return Err("usage: front SANDBOX_ADDRESS CA_FILE".into()) };
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()])?;
    fs::write(ca_file, cert.pem())?;
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], PrivateKeyDer::try_from(signing_key.serialize_der())?)?;
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async move {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("https://localhost:{}", listener.local_addr()?.port());
        loop {
            let (stream, _) = listener.accept().await?;
            let (acceptor, sandbox) = (acceptor.clone(), sandbox.clone());
            tokio::spawn(async move {
                let mut outer = acceptor.accept(stream).await.ok()?;
                let mut inner = TcpStream::connect(sandbox).await.ok()?;
                copy_bidirectional(&mut outer, &mut inner).await.ok()
            });
        }
    })
}
