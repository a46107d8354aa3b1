//! Addresses that do not answer, and a first packet that is lost, before an address that accepts.

use std::{
    fs,
    net::{IpAddr, SocketAddr, TcpListener, TcpStream},
    time::Duration,
};

use tokenwell::exchange::{BaseUrl, NetworkPath, NoConnection, Proxies};

use crate::nobody::nobody;

/// A port whose queue of connections is full, so that the kernel drops the first packet of a further one.
struct FullPort {
    listener: TcpListener,
    waiting: Vec<TcpStream>,
}

impl FullPort {
    /// Fills the queue at an address, at a port that the system selects.
    fn at(address: &str) -> Self {
        let listener = TcpListener::bind((address.parse::<IpAddr>().unwrap(), 0)).unwrap();
        rustix::net::listen(&listener, 0).unwrap();
        let to = listener.local_addr().unwrap();
        let mut waiting = Vec::new();
        while let Ok(stream) = TcpStream::connect_timeout(&to, Duration::from_millis(200)) {
            waiting.push(stream);
        }
        Self { listener, waiting }
    }

    fn address(&self) -> SocketAddr {
        self.listener.local_addr().unwrap()
    }

    /// Waits until a packet for a further connection has been lost, and then makes room.
    async fn make_room_after_a_loss(&self) {
        while !is_connecting_to(self.address().port()) {
            tokio::task::yield_now().await;
        }
        for _ in &self.waiting {
            self.listener.accept().unwrap();
        }
    }
}

/// Whether a connection of this machine to this port waits for its answer.
fn is_connecting_to(port: u16) -> bool {
    let table = fs::read_to_string("/proc/net/tcp").unwrap();
    let to = format!(":{port:04X} 02 ");
    table.lines().any(|line| line.contains(&to))
}

fn path() -> NetworkPath {
    let origin = BaseUrl::parse("https://api.tokenwell.example", false).unwrap().origin();
    NetworkPath::of(&origin, "baseUrl", &Proxies::none()).unwrap()
}

#[tokio::test]
async fn addresses_that_do_not_answer_cost_a_slow_one_no_time() {
    let dead = ["127.0.0.2", "127.0.0.3", "127.0.0.4"].map(FullPort::at);
    let slow = FullPort::at("127.0.0.1");
    let mut addresses: Vec<_> = dead.iter().map(FullPort::address).collect();
    addresses.push(slow.address());
    // A quarter of this is less than the second after which the first packet is repeated.
    let timeout = Duration::from_secs(3);
    let path = path();
    let (connected, ()) = tokio::join!(path.connect(&addresses, timeout), slow.make_room_after_a_loss());
    assert_eq!(connected.unwrap().to, slow.address());
}

#[tokio::test]
async fn an_ipv6_black_hole_does_not_hide_a_good_ipv4_address() {
    let hole = FullPort::at("::1");
    let good = TcpListener::bind("127.0.0.1:0").unwrap();
    let addresses = [hole.address(), good.local_addr().unwrap()];
    let connected = path().connect(&addresses, Duration::from_secs(60)).await.unwrap();
    assert_eq!((connected.to, connected.in_vain.len()), (addresses[1], 0));
}

#[tokio::test]
async fn every_address_in_vain_is_named_with_its_reason() {
    let (hole, nobody) = (FullPort::at("127.0.0.5"), nobody());
    let time = Duration::from_millis(300);
    let path = path();
    let failed = path.connect(&[hole.address(), nobody.address], time).await.unwrap_err();
    let reasons: Vec<_> = failed.iter().map(|failed| (failed.address, failed.why.clone())).collect();
    let refused = NoConnection::Failed("connection refused".to_owned());
    assert_eq!(reasons, [(nobody.address, refused), (hole.address(), NoConnection::Slow(time))]);
    let cause = path.connect_cause(&failed);
    let what =
        format!("no connection to {}: connection refused, {}: no answer within 300ms", nobody.address, hole.address());
    assert_eq!(cause.what, what);
    assert!(cause.remedy.starts_with("is `baseUrl` right, and does this machine have a route there"), "{cause}");
}
