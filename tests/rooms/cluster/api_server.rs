//! The model's front: TLS, requests, tokens, and answers that the test sets.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    path::Path,
    sync::{Arc, Mutex, MutexGuard},
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpListener,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::ring, pki_types::PrivateKeyDer},
};

use crate::store::{Request, Store, status};

/// What happens to the next request in place of the usual answer.
pub(crate) enum Next {
    /// It gets this answer: status line, further header lines, body.
    Answer(&'static str, &'static str, String),
    /// It is done, and the connection is closed without an answer.
    Lost,
    /// This happens first, and then the usual answer comes.
    After(Box<dyn FnOnce() + Send>),
    /// It is neither done nor answered.
    Silence,
}

/// A running model. It stops with the runtime of the test.
pub(crate) struct ApiServer {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
    issuer: CertifiedIssuer<'static, KeyPair>,
}

struct Shared {
    store: Mutex<Store>,
    token: Mutex<String>,
    next: Mutex<VecDeque<Next>>,
    requests: Mutex<Vec<Request>>,
}

impl ApiServer {
    pub(crate) async fn start(token: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
            .unwrap();
        let (acceptor, listener) =
            (TlsAcceptor::from(Arc::new(config)), TcpListener::bind("127.0.0.1:0").await.unwrap());
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            store: Mutex::default(),
            token: Mutex::new(token.to_owned()),
            next: Mutex::default(),
            requests: Mutex::default(),
        });
        let of_connections = Arc::clone(&shared);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (shared, acceptor) = (Arc::clone(&of_connections), acceptor.clone());
                tokio::spawn(async move {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        serve(stream, &shared).await;
                    }
                });
            }
        });
        Self { address, shared, issuer }
    }

    /// Writes the certificate of the authority.
    pub(crate) fn write_authority(&self, path: &Path) {
        std::fs::write(path, self.issuer.pem()).unwrap();
    }

    pub(crate) fn store(&self) -> MutexGuard<'_, Store> {
        self.shared.store.lock().unwrap()
    }

    /// Accepts another token from here on.
    pub(crate) fn rotate_token(&self, token: &str) {
        token.clone_into(&mut self.shared.token.lock().unwrap());
    }

    pub(crate) fn next(&self, next: Next) {
        self.shared.next.lock().unwrap().push_back(next);
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().unwrap().clone()
    }
}

async fn serve(mut stream: impl AsyncRead + AsyncWrite + Unpin, shared: &Shared) {
    while let Some(request) = read_request(&mut stream).await {
        let next = shared.next.lock().unwrap().pop_front();
        shared.requests.lock().unwrap().push(request.clone());
        let (line, more, body) = match next {
            None => answered(shared, &request),
            Some(Next::Answer(line, more, body)) => (line.to_owned(), more, body),
            Some(Next::After(first)) => {
                first();
                answered(shared, &request)
            }
            Some(Next::Lost) => {
                answered(shared, &request);
                let _ = stream.shutdown().await;
                return;
            }
            Some(Next::Silence) => std::future::pending().await,
        };
        let head = format!("HTTP/1.1 {line}\r\n{more}content-length: {}\r\n\r\n", body.len());
        let _ = stream.write_all(head.as_bytes()).await;
        let _ = stream.write_all(body.as_bytes()).await;
        let _ = stream.flush().await;
    }
}

fn answered(shared: &Shared, request: &Request) -> (String, &'static str, String) {
    let is_known = request.token == *shared.token.lock().unwrap();
    let (code, body) = if is_known {
        shared.store.lock().unwrap().handle(request)
    } else {
        (401, status(401, "Unauthorized", "Unauthorized", &json!({})))
    };
    (format!("{code} Of The Model"), "content-type: application/json\r\n", body.to_string())
}

async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> Option<Request> {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
            let field = |name: &str| {
                let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with(&format!("{name}: ")));
                line.map(|line| line[name.len() + 2..].to_owned())
            };
            let length = field("content-length").map_or(0, |length| length.parse().unwrap());
            let body = &bytes[end + 4..];
            if body.len() >= length {
                let mut words = head.split(' ');
                let (method, target) = (words.next().unwrap().to_owned(), words.next().unwrap());
                let (path, query) = target.split_once('?').unwrap_or((target, ""));
                return Some(Request {
                    method,
                    path: path.to_owned(),
                    query: query.to_owned(),
                    token: field("authorization").unwrap_or_default().trim_start_matches("Bearer ").to_owned(),
                    content_type: field("content-type").unwrap_or_default(),
                    body: if body.is_empty() { Value::Null } else { serde_json::from_slice(body).unwrap() },
                });
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}
