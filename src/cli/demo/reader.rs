//! A reader of the token files, as an app would be: it reads at them all the time and counts what it finds.

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

/// What a reader found so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Tally {
    /// Looks at a file, from when it was first there.
    pub(super) reads: u64,
    /// Tokens that differed from the one before in the same file.
    pub(super) tokens: u64,
    /// The file could not be read although it had been there.
    pub(super) missing: u64,
    /// The file held anything but one token that the API had signed.
    pub(super) torn: u64,
    /// The token had ended, by its own `exp` and the machine's clock.
    pub(super) expired: u64,
}

impl Tally {
    /// Looks that found something else than a whole, live token.
    pub(super) fn faults(&self) -> u64 {
        self.missing + self.torn + self.expired
    }
}

/// A thread that reads. Dropping it stops it.
pub(super) struct Reader {
    tally: watch::Receiver<Tally>,
    /// Dropped to stop the thread.
    stop: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Reader {
    /// Begins to look at the files, which need not be there yet. Tokens are whole if one of the keys signed them.
    pub(super) fn start(paths: Vec<PathBuf>, keys: Jwks) -> io::Result<Self> {
        let (stop, stopped) = mpsc::channel();
        let (tell, tally) = watch::channel(Tally::default());
        let thread = thread::Builder::new().name("reader".to_owned()).spawn(move || {
            let mut files: Vec<_> = paths.into_iter().map(|path| Watched { path, last: None }).collect();
            let mut tally = Tally::default();
            while stopped.recv_timeout(PAUSE) == Err(RecvTimeoutError::Timeout) {
                for file in &mut files {
                    file.look(clock::wall(), &keys, &mut tally);
                }
                tell.send_replace(tally);
            }
        })?;
        Ok(Self { tally, stop: Some(stop), thread: Some(thread) })
    }

    /// What was found so far.
    pub(super) fn tally(&self) -> Tally {
        *self.tally.borrow()
    }

    /// Looks no more, and tells what was found.
    pub(super) fn stop(mut self) -> Tally {
        self.end();
        self.tally()
    }

    fn end(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            // Its panic has been printed where it happened.
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
    /// The last whole token and when it ends.
    last: Option<(Fingerprint, SystemTime)>,
}

impl Watched {
    fn look(&mut self, now: SystemTime, keys: &Jwks, tally: &mut Tally) {
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

/// When a token ends, if it is whole: half a token has no signature that fits.
fn end_of(token: &Secret, keys: &Jwks) -> Option<SystemTime> {
    let jwt = Jwt::parse(token.expose()).ok()?;
    let is_whole = keys.verify(&jwt) == SignatureVerdict::Verified;
    UNIX_EPOCH.checked_add(jwt.expires_at?).filter(|_| is_whole)
}

/// Between two reads at the same file.
pub(super) const PAUSE: Duration = Duration::from_millis(5);

#[cfg(test)]
mod tests {
    use std::{
        io::{Read as _, Write as _},
        net::TcpStream,
    };

    use super::*;
    use crate::sandbox::{Sandbox, Settings};

    /// One file, a token for it that was really signed, and what was found in the file so far.
    struct Desk {
        folder: tempfile::TempDir,
        keys: Jwks,
        token: String,
        file: Watched,
        tally: Tally,
    }

    impl Desk {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let sandbox = Sandbox::start(Settings::default()).unwrap();
            let keys = Jwks::parse(sandbox.jwks().unwrap().to_string().as_bytes()).unwrap();
            let file = Watched { path: folder.path().join("token"), last: None };
            Self { folder, keys, token: exchanged(&sandbox), file, tally: Tally::default() }
        }

        /// Looks at the file with this in it, so many seconds before the token ends.
        fn look_at(&mut self, text: Option<&str>, before_end: u64) -> (u64, u64, u64, u64, u64) {
            let path = self.folder.path().join("token");
            match text {
                Some(text) => fs::write(path, text).unwrap(),
                None => _ = fs::remove_file(path),
            }
            let end = Jwt::parse(&self.token).unwrap().expires_at.unwrap();
            let now = UNIX_EPOCH + end - Duration::from_secs(before_end);
            self.file.look(now, &self.keys, &mut self.tally);
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
    fn every_look_is_counted_once_the_file_is_there() {
        let mut desk = Desk::new();
        let token = desk.token.clone();
        assert_eq!(desk.look_at(None, 9), (0, 0, 0, 0, 0));
        assert_eq!(desk.look_at(Some(&token), 9), (1, 1, 0, 0, 0));
        assert_eq!(desk.look_at(Some(&token), 1), (2, 1, 0, 0, 0));
        assert_eq!(desk.look_at(Some(&token), 0), (3, 1, 0, 0, 1));
        assert_eq!(desk.look_at(None, 9), (4, 1, 1, 0, 1));
    }

    #[test]
    fn whatever_is_not_the_whole_token_is_torn() {
        let mut desk = Desk::new();
        let token = desk.token.clone();
        for (number, torn) in [&token[..token.len() - 4], &token[4..], "", &token[..token.len() / 2]].iter().enumerate()
        {
            let reads = number as u64 + 1;
            assert_eq!(desk.look_at(Some(torn), 9), (reads, 0, 0, reads, 0));
        }
        assert_eq!(desk.look_at(Some(&format!("{token}\n")), 9), (5, 0, 0, 5, 0));
        assert_eq!(desk.look_at(Some(&token), 9), (6, 1, 0, 5, 0));
    }
}
