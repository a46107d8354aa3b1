//! TCP: a connection to one of the addresses.

use std::{net::SocketAddr, time::Duration};

use super::{finding::Finding, took};
use crate::{
    daemon::clock,
    exchange::{Connected, NotConnected, Way},
};

/// Connecting as it went.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Seen {
    to: Option<SocketAddr>,
    in_vain: Vec<NotConnected>,
    time: Duration,
}

/// Connects, as the client does.
pub(super) async fn look(way: &Way, addresses: &[SocketAddr], timeout: Duration) -> (Seen, Option<Connected>) {
    let began = clock::now();
    let connected = way.connect(addresses, timeout).await;
    let time = clock::now() - began;
    match connected {
        Ok(connected) => (Seen { to: Some(connected.to), in_vain: connected.in_vain.clone(), time }, Some(connected)),
        Err(in_vain) => (Seen { to: None, in_vain, time }, None),
    }
}

impl Seen {
    pub(super) fn findings(&self) -> Vec<Finding> {
        let Self { to, in_vain, time } = self;
        let failure = |NotConnected { address, why }: &NotConnected| format!("{address}: {why}");
        let Some(to) = to else {
            let all: Vec<_> = in_vain.iter().map(failure).collect();
            let remedy = "is the address right, and does the firewall or network policy let that port out?";
            return vec![Finding::failed(SUBJECT, format!("no connection to {}; {remedy}", all.join(", ")))];
        };
        let passed = Finding::passed(SUBJECT, format!("{to} takes the connection ({})", took(*time)));
        let others = in_vain.iter().map(|other| Finding::remark(SUBJECT, format!("not {}", failure(other))));
        others.chain([passed]).collect()
    }
}

const SUBJECT: &str = "TCP";
