//! Reads the token files continuously, as an app would, and counts the results.

use std::{
    fs, io,
    path::PathBuf,
    sync::mpsc::{self, RecvTimeoutError},
    thread::{self, JoinHandle},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use tokio::sync::watch;

use crate::{
    clock,
    fingerprint::Fingerprint,
    secret::Secret,
    session::{Jwks, Jwt, SignatureVerdict},
};

/// The results so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Tally {
    /// Reads of a file, counted from its first appearance.
    pub(super) reads: u64,
    /// New tokens: each differs from the previous one in the same file.
    pub(super) tokens: u64,
    /// The file could not be read, although it had existed.
    pub(super) missing: u64,
    /// The file contained anything but one token with a valid signature of the API.
    pub(super) torn: u64,
    /// The token had expired by its `exp` and this machine's clock.
    pub(super) expired: u64,
}

impl Tally {
    /// Returns the number of reads without a whole, valid token.
    pub(super) fn faults(&self) -> u64 {
        self.missing + self.torn + self.expired
    }
}

/// A thread that reads. Dropping this stops it.
pub(super) struct Reader {
    tally: watch::Receiver<Tally>,
    /// Dropped to stop the thread.
    stop: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Reader {
    /// Starts to read the files, which need not exist yet. A token is whole if one of the keys signed it.
    pub(super) fn start(paths: Vec<PathBuf>, keys: Jwks) -> io::Result<Self> {
        let (stop, stopped) = mpsc::channel();
        let (sender, tally) = watch::channel(Tally::default());
        let thread = thread::Builder::new().name("reader".to_owned()).spawn(move || {
            let mut files: Vec<_> = paths.into_iter().map(|path| Watched { path, last: None }).collect();
            let mut tally = Tally::default();
            while stopped.recv_timeout(PAUSE) == Err(RecvTimeoutError::Timeout) {
                for file in &mut files {
                    file.read(clock::wall(), &keys, &mut tally);
                }
                sender.send_replace(tally);
            }
        })?;
        Ok(Self { tally, stop: Some(stop), thread: Some(thread) })
    }

    /// Returns the results so far.
    pub(super) fn tally(&self) -> Tally {
        *self.tally.borrow()
    }

    /// Stops, and returns the results.
    pub(super) fn stop(mut self) -> Tally {
        self.end();
        self.tally()
    }

    fn end(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            // The panic hook has already printed its panic.
            let _ended = thread.join();
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.end();
    }
}

struct Watched {
    path: PathBuf,
    /// The last whole token and its expiry.
    last: Option<(Fingerprint, SystemTime)>,
}

impl Watched {
    fn read(&mut self, now: SystemTime, keys: &Jwks, tally: &mut Tally) {
        let content = match fs::read_to_string(&self.path) {
            Ok(text) => Some(Secret::new(text)),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => None,
            Err(_) => {
                tally.reads += u64::from(self.last.is_some());
                tally.missing += u64::from(self.last.is_some());
                return;
            }
        };
        tally.reads += 1;
        let Some(token) = content else {
            tally.torn += 1;
            return;
        };
        let fingerprint = token.fingerprint();
        let known = self.last.filter(|(last, _)| *last == fingerprint);
        let Some((_, ends)) = known.or_else(|| Some((fingerprint, end_of(&token, keys)?))) else {
            tally.torn += 1;
            return;
        };
        tally.tokens += u64::from(known.is_none());
        tally.expired += u64::from(ends <= now);
        self.last = Some((fingerprint, ends));
    }
}

/// Returns the expiry of a whole token. A torn one has no valid signature.
fn end_of(token: &Secret, keys: &Jwks) -> Option<SystemTime> {
    let jwt = Jwt::parse(token.expose()).ok()?;
    let is_whole = keys.verify(&jwt) == SignatureVerdict::Verified;
    UNIX_EPOCH.checked_add(jwt.expires_at?).filter(|_| is_whole)
}

/// The pause between two reads of a file.
pub(super) const PAUSE: Duration = Duration::from_millis(5);

#[cfg(test)]
mod tests {
    use std::{
        io::{Read as _, Write as _},
        net::TcpStream,
    };

    use super::*;
    use crate::sandbox::{Sandbox, Settings};

    /// One file, a signed token for it, and the results so far.
    struct Fixture {
        folder: tempfile::TempDir,
        keys: Jwks,
        token: String,
        file: Watched,
        tally: Tally,
    }

    impl Fixture {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let sandbox = Sandbox::start(Settings::default()).unwrap();
            let keys = Jwks::parse(sandbox.jwks().unwrap().to_string().as_bytes()).unwrap();
            let file = Watched { path: folder.path().join("token"), last: None };
            Self { folder, keys, token: exchanged(&sandbox), file, tally: Tally::default() }
        }

        /// Reads the file with this content, so many seconds before the token expires.
        fn read_with(&mut self, text: Option<&str>, before_end: u64) -> (u64, u64, u64, u64, u64) {
            let path = self.folder.path().join("token");
            match text {
                Some(text) => fs::write(path, text).unwrap(),
                None => _ = fs::remove_file(path),
            }
            let end = Jwt::parse(&self.token).unwrap().expires_at.unwrap();
            let now = UNIX_EPOCH + end - Duration::from_secs(before_end);
            self.file.read(now, &self.keys, &mut self.tally);
            let Tally { reads, tokens, missing, torn, expired } = self.tally;
            (reads, tokens, missing, torn, expired)
        }
    }

    fn exchanged(sandbox: &Sandbox) -> String {
        let mut connection = TcpStream::connect(sandbox.address()).unwrap();
        let request = "POST /v1/auth/accesskey/exchange HTTP/1.1\r\nhost: sandbox\r\nconnection: close\r\n\
            content-length: 2\r\nauthorization: Bearer P2test:K2test\r\n\r\n{}";
        connection.write_all(request.as_bytes()).unwrap();
        let mut reply = String::new();
        connection.read_to_string(&mut reply).unwrap();
        let (_, body) = reply.split_once("\r\n\r\n").unwrap();
        serde_json::from_str::<serde_json::Value>(body).unwrap()["sessionJwt"].as_str().unwrap().to_owned()
    }

    #[test]
    fn every_read_is_counted_once_the_file_exists() {
        let mut fixture = Fixture::new();
        let token = fixture.token.clone();
        assert_eq!(fixture.read_with(None, 9), (0, 0, 0, 0, 0));
        assert_eq!(fixture.read_with(Some(&token), 9), (1, 1, 0, 0, 0));
        assert_eq!(fixture.read_with(Some(&token), 1), (2, 1, 0, 0, 0));
        assert_eq!(fixture.read_with(Some(&token), 0), (3, 1, 0, 0, 1));
        assert_eq!(fixture.read_with(None, 9), (4, 1, 1, 0, 1));
    }

    #[test]
    fn anything_but_the_whole_token_is_torn() {
        let mut fixture = Fixture::new();
        let token = fixture.token.clone();
        for (number, torn) in [&token[..token.len() - 4], &token[4..], "", &token[..token.len() / 2]].iter().enumerate()
        {
            let reads = number as u64 + 1;
            assert_eq!(fixture.read_with(Some(torn), 9), (reads, 0, 0, reads, 0));
        }
        assert_eq!(fixture.read_with(Some(&format!("{token}\n")), 9), (5, 0, 0, 5, 0));
        assert_eq!(fixture.read_with(Some(&token), 9), (6, 1, 0, 5, 0));
    }
}
