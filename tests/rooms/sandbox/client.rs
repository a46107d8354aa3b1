//! A client of the sandbox.

use std::io::{self, Write as _};
use std::net::TcpStream;
use std::sync::{Arc, LazyLock, Mutex, Once};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::{Client, Method, RequestBuilder, Response};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use serde_json::Value;
use tokenwell::sandbox::{Sandbox, Settings};
use tokenwell::secret::Secret;

pub(crate) const PROJECT: &str = "P2project";

pub(crate) fn sandbox() -> Sandbox {
    Sandbox::start(default()).unwrap()
}

pub(crate) fn default() -> Settings {
    Settings::default()
}

pub(crate) fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

pub(crate) fn request(sandbox: &Sandbox, method: Method, path: &str) -> RequestBuilder {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| rustls::crypto::ring::default_provider().install_default().unwrap());
    let client = Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    client.request(method, format!("{}{path}", sandbox.base_url()))
}

pub(crate) fn exchange_of(sandbox: &Sandbox, project: &str, key: &str) -> RequestBuilder {
    request(sandbox, Method::POST, "/v1/auth/accesskey/exchange").bearer_auth(format!("{project}:{key}")).body("{}")
}

pub(crate) async fn exchange(sandbox: &Sandbox, key: &str) -> Response {
    exchange_of(sandbox, PROJECT, key).send().await.unwrap()
}

pub(crate) async fn statuses<const N: usize>(sandbox: &Sandbox, keys: [&str; N]) -> [u16; N] {
    let mut statuses = [0; N];
    for (status, key) in statuses.iter_mut().zip(keys) {
        *status = exchange(sandbox, key).await.status().as_u16();
    }
    statuses
}

/// Posts a JSON body with this secret in the bearer of the project `P2project`.
pub(crate) async fn post(sandbox: &Sandbox, path: &str, secret: &str, body: &Value) -> Response {
    let bearer = format!("{PROJECT}:{secret}");
    request(sandbox, Method::POST, path).bearer_auth(bearer).body(body.to_string()).send().await.unwrap()
}

/// Returns the status and the `errorCode` of a refusal.
pub(crate) async fn refusal(response: Response) -> (u16, String) {
    let status = response.status().as_u16();
    (status, json_of(response).await["errorCode"].as_str().unwrap().to_owned())
}

/// Returns a refresh JWT of a day.
pub(crate) fn refresh_token(sandbox: &Sandbox) -> String {
    sandbox.refresh_token(PROJECT, Duration::from_secs(24 * 3600)).unwrap().expose().to_owned()
}

pub(crate) async fn told(sandbox: &Sandbox, method: Method, path: &str, body: &Value) -> Response {
    request(sandbox, method, path).body(body.to_string()).send().await.unwrap()
}

pub(crate) async fn keys(sandbox: &Sandbox) -> Value {
    json_of(request(sandbox, Method::GET, "/v2/keys/P2project").send().await.unwrap()).await
}

pub(crate) async fn json_of(response: Response) -> Value {
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
}

pub(crate) fn names(object: &Value) -> Vec<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

/// Sends an exchange without an HTTP client, and returns the stream with the answer still unread.
pub(crate) fn raw_exchange(sandbox: &Sandbox) -> TcpStream {
    let mut stream = TcpStream::connect(sandbox.address()).unwrap();
    let head = "POST /v1/auth/accesskey/exchange HTTP/1.1\r\nhost: sandbox\r\nauthorization: Bearer P2:K2\r\n";
    stream.write_all(format!("{head}content-length: 2\r\n\r\n{{}}").as_bytes()).unwrap();
    stream
}

pub(crate) struct Jwt {
    pub(crate) header: Value,
    pub(crate) claims: Value,
    signed: String,
    signature: Vec<u8>,
}

impl Jwt {
    pub(crate) fn of(reply: &Value) -> Self {
        Self::read(&reply["sessionJwt"])
    }

    pub(crate) fn read(text: &Value) -> Self {
        let text = text.as_str().unwrap();
        let (signed, signature) = text.rsplit_once('.').unwrap();
        let (header, claims) = signed.split_once('.').unwrap();
        let bytes = |part| URL_SAFE_NO_PAD.decode(part).unwrap();
        let json = |part| serde_json::from_slice(&bytes(part)).unwrap();
        Self { header: json(header), claims: json(claims), signed: signed.to_owned(), signature: bytes(signature) }
    }

    pub(crate) fn life(&self) -> u64 {
        self.claims["exp"].as_u64().unwrap() - self.claims["iat"].as_u64().unwrap()
    }

    pub(crate) fn is_vouched_for(&self, jwks: &Value) -> bool {
        let keys = jwks["keys"].as_array().unwrap();
        let Some(key) = keys.iter().find(|key| key["kid"] == self.header["kid"]) else { return false };
        let number = |name| URL_SAFE_NO_PAD.decode(key[name].as_str().unwrap()).unwrap();
        let public = RsaPublicKeyComponents { n: number("n"), e: number("e") };
        public.verify(&RSA_PKCS1_2048_8192_SHA256, self.signed.as_bytes(), &self.signature).is_ok()
    }
}

/// Returns everything that this process logs from the first call on, at every level. The sandbox logs on its own
/// thread.
pub(crate) fn logged() -> Arc<Mutex<Vec<u8>>> {
    struct Log(Arc<Mutex<Vec<u8>>>);
    impl io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    static LOG: LazyLock<Arc<Mutex<Vec<u8>>>> = LazyLock::new(|| {
        let log = Arc::new(Mutex::new(Vec::new()));
        let writer = Arc::clone(&log);
        let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_ansi(false);
        let subscriber = subscriber.with_writer(move || Log(Arc::clone(&writer))).finish();
        tracing::subscriber::set_global_default(subscriber).unwrap();
        log
    });
    Arc::clone(&LOG)
}
