//! A server as an app's backend: it requires a bearer token and verifies it with the project's public keys.

use std::{
    collections::HashSet,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use tokenwell::{
    sandbox::Sandbox,
    session::{Jwks, Jwt, SignatureVerdict},
};

/// The requests received.
#[derive(Clone, Default, Debug)]
pub(crate) struct Visits {
    /// Requests with a token that the project signed.
    pub(crate) good: usize,
    /// Reasons for the rejection of the others.
    pub(crate) bad: Vec<String>,
    /// Every token received.
    pub(crate) tokens: HashSet<String>,
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

    pub(crate) fn visits(&self) -> Visits {
        self.visits.lock().unwrap().clone()
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
        let verdict = judge(jwks, authorization.as_deref());
        let (status, body) = if verdict.is_ok() { ("200 OK", "welcome\n") } else { ("401 Unauthorized", "no\n") };
        {
            let mut seen = seen.lock().unwrap();
            match verdict {
                Ok(token) => {
                    seen.good += 1;
                    seen.tokens.insert(token);
                }
                Err(why) => seen.bad.push(format!("{}: {why}", line.trim_end())),
            }
        }
        let length = body.len();
        write!(&*stream, "HTTP/1.1 {status}\r\nContent-Length: {length}\r\n\r\n{body}").ok()?;
    }
}

fn judge(jwks: &Jwks, authorization: Option<&str>) -> Result<String, String> {
    let header = authorization.ok_or("no Authorization header")?;
    let token = header.strip_prefix("Bearer ").ok_or(format!("not a bearer token: {header:?}"))?;
    let jwt = Jwt::parse(token).map_err(|why| format!("{why}: {token:?}"))?;
    match jwks.verify(&jwt) {
        SignatureVerdict::Verified => Ok(token.to_owned()),
        other => Err(format!("{other:?}: {token:?}")),
    }
}
