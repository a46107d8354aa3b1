//! A minimal HTTP client, so a test sees every byte that is sent and received.

use std::{
    io::{Read, Write},
    net::TcpStream,
    os::{fd::AsFd, unix::net::UnixStream},
    path::PathBuf,
    time::Duration,
};

/// The address of a server.
#[derive(Clone, Debug)]
pub(crate) enum Server {
    Tcp(String),
    Unix(PathBuf),
}

/// The response of a server.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

pub(crate) trait Wire: Read + Write + AsFd {}
impl<T: Read + Write + AsFd> Wire for T {}

impl Server {
    /// Parses an address as the program prints it.
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

    /// Returns the TCP port.
    pub(crate) fn port(&self) -> u16 {
        match self {
            Self::Tcp(address) => address.rsplit(':').next().unwrap().parse().unwrap(),
            Self::Unix(_) => 0,
        }
    }

    /// Sends a GET request. If the machine stalled so long that the server gave up, sends it again: the server may do so.
    pub(crate) fn get(&self, path: &str) -> Answer {
        let ask = || self.ask(&format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
        let is_late =
            |answer: &Answer| GIVEN_UP.iter().any(|words| answer.status == 503 && answer.body.contains(words));
        let late = std::iter::repeat_with(ask).take(10).find(|answer| !is_late(answer));
        late.unwrap_or_else(ask)
    }

    /// Sends this request and reads to the end.
    pub(crate) fn ask(&self, request: &str) -> Answer {
        let mut wire = self.connect();
        wire.write_all(request.as_bytes()).unwrap();
        Answer::read(&mut wire)
    }
}

impl Answer {
    pub(crate) fn read(wire: &mut impl Read) -> Self {
        let mut bytes = Vec::new();
        // A reset after the answer also ends the response.
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

/// This limit only serves to fail a test.
const PATIENCE: Duration = Duration::from_secs(30);
