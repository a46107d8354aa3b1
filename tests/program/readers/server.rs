//! A server as an app's backend: it requires a bearer token and verifies it with the project's public keys.

use std::{
    collections::HashSet,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use tokenwell::{
    sandbox::Sandbox,
    session::{Jwks, Jwt, SignatureVerdict},
};

/// The requests received.
#[derive(Clone, Default, Debug)]
pub(crate) struct Visits {
    /// Requests with a token that the project signed and that was valid when they arrived.
    pub(crate) good: usize,
    /// Requests with a token that the project signed and that had expired.
    pub(crate) expired: usize,
    /// Reasons for the rejection of the others.
    pub(crate) bad: Vec<String>,
    /// Every token received that the project signed.
    pub(crate) tokens: HashSet<String>,
    /// The same in the order of the requests, with the time of each.
    pub(crate) arrivals: Vec<(String, SystemTime)>,
}

pub(crate) struct Server {
    address: SocketAddr,
    visits: Arc<Mutex<Visits>>,
}

impl Server {
    pub(crate) fn start(sandbox: &Sandbox) -> Self {
        let jwks = Arc::new(Jwks::parse(sandbox.jwks().unwrap().to_string().as_bytes()).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let visits = Arc::new(Mutex::new(Visits::default()));
        let seen = Arc::clone(&visits);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (jwks, seen) = (Arc::clone(&jwks), Arc::clone(&seen));
                thread::spawn(move || serve(&stream, &jwks, &seen));
            }
        });
        Self { address, visits }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn visits(&self) -> Visits {
        self.visits.lock().unwrap().clone()
    }

    /// Forgets the requests received until now.
    pub(crate) fn forget(&self) {
        *self.visits.lock().unwrap() = Visits::default();
    }
}

/// Serves one connection, request after request, until the client closes it.
fn serve(stream: &TcpStream, jwks: &Jwks, seen: &Mutex<Visits>) -> Option<()> {
    stream.set_read_timeout(Some(Duration::from_secs(60))).ok()?;
    let mut lines = BufReader::new(stream);
    loop {
        let (mut authorization, mut length, mut line) = (None, 0, String::new());
        lines.read_line(&mut line).ok().filter(|read| *read > 0)?;
        loop {
            let mut header = String::new();
            lines.read_line(&mut header).ok()?;
            let header = header.trim_end();
            if header.is_empty() {
                break;
            }
            let (name, value) = header.split_once(':')?;
            match name.to_ascii_lowercase().as_str() {
                "authorization" => authorization = Some(value.trim_start().to_owned()),
                "content-length" => length = value.trim().parse().ok()?,
                _ => {}
            }
        }
        std::io::copy(&mut (&mut lines).take(length), &mut std::io::sink()).ok()?;
        #[expect(clippy::disallowed_methods, reason = "a backend judges the expiry by its own clock")]
        let arrived = SystemTime::now();
        let verdict = judge(jwks, authorization.as_deref(), arrived);
        let is_valid = matches!(verdict, Ok((_, Validity::Valid)));
        let (status, body) = if is_valid { ("200 OK", "welcome\n") } else { ("401 Unauthorized", "no\n") };
        {
            let mut seen = seen.lock().unwrap();
            match verdict {
                Ok((token, validity)) => {
                    match validity {
                        Validity::Valid => seen.good += 1,
                        Validity::Expired => seen.expired += 1,
                    }
                    seen.tokens.insert(token.clone());
                    seen.arrivals.push((token, arrived));
                }
                Err(why) => seen.bad.push(format!("{}: {why}", line.trim_end())),
            }
        }
        let length = body.len();
        write!(&*stream, "HTTP/1.1 {status}\r\nContent-Length: {length}\r\n\r\n{body}").ok()?;
    }
}

enum Validity {
    Valid,
    Expired,
}

fn judge(jwks: &Jwks, authorization: Option<&str>, arrived: SystemTime) -> Result<(String, Validity), String> {
    let header = authorization.ok_or("no Authorization header")?;
    let token = header.strip_prefix("Bearer ").ok_or(format!("not a bearer token: {header:?}"))?;
    let jwt = Jwt::parse(token).map_err(|why| format!("{why}: {token:?}"))?;
    let arrived = arrived.duration_since(UNIX_EPOCH).unwrap();
    match jwks.verify(&jwt) {
        SignatureVerdict::Verified if jwt.expires_at.is_some_and(|end| arrived < end) => {
            Ok((token.to_owned(), Validity::Valid))
        }
        SignatureVerdict::Verified => Ok((token.to_owned(), Validity::Expired)),
        other => Err(format!("{other:?}: {token:?}")),
    }
}
