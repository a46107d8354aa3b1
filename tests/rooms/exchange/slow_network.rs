//! Addresses that do not answer, and a first packet that is lost, before an address that accepts.

use std::{net::TcpListener, time::Duration};

use tokenwell::exchange::{BaseUrl, NetworkPath, NoConnection, Proxies};

use crate::{
    full_port::{FullPort, is_connecting_to, loopback},
    nobody::nobody,
};

/// Waits until a packet for a further connection has been lost, and then makes room.
async fn make_room_after_a_loss(port: FullPort) -> TcpListener {
    while !is_connecting_to(port.address()) {
        tokio::task::yield_now().await;
    }
    port.make_room()
}

fn path() -> NetworkPath {
    let origin = BaseUrl::parse("https://api.tokenwell.example", false).unwrap().origin();
    NetworkPath::of(&origin, "baseUrl", &Proxies::none()).unwrap()
}

#[tokio::test]
async fn addresses_that_do_not_answer_cost_a_slow_one_no_time() {
    let dead = [2, 3, 4].map(|last| FullPort::at(loopback(last, 0)));
    let slow = FullPort::at(loopback(1, 0));
    let to = slow.address();
    let mut addresses: Vec<_> = dead.iter().map(FullPort::address).collect();
    addresses.push(to);
    // A quarter of this is less than the second after which the first packet is repeated.
    let timeout = Duration::from_secs(3);
    let path = path();
    let (connected, _listener) = tokio::join!(path.connect(&addresses, timeout), make_room_after_a_loss(slow));
    assert_eq!(connected.unwrap().to, to);
}

#[tokio::test]
async fn an_ipv6_black_hole_does_not_hide_a_good_ipv4_address() {
    let hole = FullPort::at("[::1]:0".parse().unwrap());
    let good = TcpListener::bind("127.0.0.1:0").unwrap();
    let addresses = [hole.address(), good.local_addr().unwrap()];
    let connected = path().connect(&addresses, Duration::from_secs(60)).await.unwrap();
    assert_eq!((connected.to, connected.in_vain.len()), (addresses[1], 0));
}

#[tokio::test]
async fn every_address_in_vain_is_named_with_its_reason() {
    let (hole, nobody) = (FullPort::at(loopback(5, 0)), nobody());
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
