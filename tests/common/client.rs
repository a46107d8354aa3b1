//! A client as small as can be, so that what is sent and what comes is seen whole.

use std::{
    io::{Read, Write},
    net::TcpStream,
    os::unix::net::UnixStream,
    path::PathBuf,
    time::Duration,
};

/// Where a server is.
#[derive(Clone, Debug)]
pub(crate) enum Server {
    Tcp(String),
    Unix(PathBuf),
}

/// What it answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

pub(crate) trait Wire: Read + Write {}
impl<T: Read + Write> Wire for T {}

impl Server {
    /// As the program names it.
    pub(crate) fn named(address: &str) -> Self {
        match address.strip_prefix("unix:") {
            Some(path) => Self::Unix(path.into()),
            None => Self::Tcp(address.trim_start_matches("http://").trim_end_matches('/').to_owned()),
        }
    }

    pub(crate) fn connect(&self) -> Box<dyn Wire> {
        match self {
            Self::Tcp(address) => {
                let stream = TcpStream::connect(address).unwrap();
                stream.set_read_timeout(Some(PATIENCE)).unwrap();
                Box::new(stream)
            }
            Self::Unix(path) => {
                let stream = UnixStream::connect(path).unwrap();
                stream.set_read_timeout(Some(PATIENCE)).unwrap();
                Box::new(stream)
            }
        }
    }

    /// Its port of TCP.
    pub(crate) fn port(&self) -> u16 {
        match self {
            Self::Tcp(address) => address.rsplit(':').next().unwrap().parse().unwrap(),
            Self::Unix(_) => 0,
        }
    }

    /// Asks again where the machine stood still for so long that the server gave up: that is its right, and no answer.
    pub(crate) fn get(&self, path: &str) -> Answer {
        let ask = || self.ask(&format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
        let is_late =
            |answer: &Answer| GIVEN_UP.iter().any(|words| answer.status == 503 && answer.body.contains(words));
        let late = std::iter::repeat_with(ask).take(10).find(|answer| !is_late(answer));
        late.unwrap_or_else(ask)
    }

    /// Sends this and reads to the end.
    pub(crate) fn ask(&self, request: &str) -> Answer {
        let mut wire = self.connect();
        wire.write_all(request.as_bytes()).unwrap();
        Answer::read(&mut wire)
    }
}

impl Answer {
    pub(crate) fn read(wire: &mut impl Read) -> Self {
        let mut bytes = Vec::new();
        // A reset after the answer is an end too.
        let _ = wire.read_to_end(&mut bytes);
        let text = String::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
        Self { status, head: head.to_owned(), body: body.to_owned() }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let named = |line: &&str| line.split(':').next().is_some_and(|found| found.eq_ignore_ascii_case(name));
        self.head.lines().find(named).and_then(|line| line.split_once(':')).map(|(_, value)| value.trim())
    }

    pub(crate) fn whole(&self) -> String {
        format!("{}\n{}", self.head, self.body)
    }
}

const GIVEN_UP: [&str; 2] = ["the outputs could not be inspected within", "the daemon's loop has not answered for"];

/// Only there to fail a test.
const PATIENCE: Duration = Duration::from_secs(30);
