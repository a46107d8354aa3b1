//! A service manager from the program's point of view: a datagram socket that listens.

use std::{
    io::ErrorKind,
    os::{
        linux::net::SocketAddrExt as _,
        unix::net::{SocketAddr, UnixDatagram},
    },
    path::Path,
    time::Duration,
};

pub(crate) struct Manager {
    socket: UnixDatagram,
    /// The value of `$NOTIFY_SOCKET`.
    pub(crate) address: String,
}

impl Manager {
    pub(crate) fn at_path(path: &Path) -> Self {
        Self::on(UnixDatagram::bind(path).unwrap(), path.display().to_string())
    }

    pub(crate) fn abstract_at(name: &str) -> Self {
        let address = SocketAddr::from_abstract_name(name).unwrap();
        Self::on(UnixDatagram::bind_addr(&address).unwrap(), format!("@{name}"))
    }

    fn on(socket: UnixDatagram, address: String) -> Self {
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Self { socket, address }
    }

    /// Returns the next message.
    pub(crate) fn next(&self) -> String {
        let mut bytes = [0; 4096];
        let count = self.socket.recv(&mut bytes).unwrap();
        String::from_utf8(bytes[..count].to_vec()).unwrap()
    }

    /// Returns the messages up to and including the first that contains this text.
    pub(crate) fn until(&self, text: &str) -> Vec<String> {
        let mut heard = Vec::new();
        while !heard.last().is_some_and(|message: &String| message.contains(text)) {
            heard.push(self.next());
        }
        heard
    }

    /// Returns the messages that have already arrived.
    pub(crate) fn rest(&self) -> Vec<String> {
        self.socket.set_nonblocking(true).unwrap();
        let mut heard = Vec::new();
        let mut bytes = [0; 4096];
        loop {
            match self.socket.recv(&mut bytes) {
                Ok(count) => heard.push(String::from_utf8(bytes[..count].to_vec()).unwrap()),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => panic!("{error}"),
            }
        }
        self.socket.set_nonblocking(false).unwrap();
        heard
    }
}

/// Counts the messages that have a line with this prefix.
pub(crate) fn count(messages: &[String], start: &str) -> usize {
    messages.iter().filter(|message| message.lines().any(|line| line.starts_with(start))).count()
}

/// This limit only serves to fail a test.
const PATIENCE: Duration = Duration::from_secs(30);
