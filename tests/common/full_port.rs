//! A loopback port whose queue of connections is full, so that the kernel drops the first packet of a further one.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener, TcpStream},
    time::Duration,
};

pub(crate) struct FullPort {
    listener: TcpListener,
    waiting: Vec<TcpStream>,
}

impl FullPort {
    /// Fills the queue at an address; port 0 is one that the system selects.
    pub(crate) fn at(address: SocketAddr) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        rustix::net::listen(&listener, 0).unwrap();
        let to = listener.local_addr().unwrap();
        let mut waiting = Vec::new();
        while let Ok(stream) = TcpStream::connect_timeout(&to, Duration::from_millis(200)) {
            waiting.push(stream);
        }
        Self { listener, waiting }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.listener.local_addr().unwrap()
    }

    /// Empties the queue. The next connection is accepted, a lost one when its first packet is repeated.
    pub(crate) fn make_room(self) -> TcpListener {
        for _ in &self.waiting {
            self.listener.accept().unwrap();
        }
        rustix::net::listen(&self.listener, 16).unwrap();
        self.listener
    }
}

/// Whether a connection of this machine to this IPv4 address waits for its answer.
pub(crate) fn is_connecting_to(address: SocketAddr) -> bool {
    let SocketAddr::V4(address) = address else { return false };
    let table = fs::read_to_string("/proc/net/tcp").unwrap();
    let to = format!(" {:08X}:{:04X} 02 ", u32::from_ne_bytes(address.ip().octets()), address.port());
    table.lines().any(|line| line.contains(&to))
}

/// A port at 127.0.0.`last`.
pub(crate) fn loopback(last: u8, port: u16) -> SocketAddr {
    SocketAddrV4::new(Ipv4Addr::new(127, 0, 0, last), port).into()
}
