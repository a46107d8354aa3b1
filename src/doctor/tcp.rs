//! TCP: connects to one of the addresses.

use std::{net::SocketAddr, time::Duration};

use super::{bounds::took, finding::Finding};
use crate::{
    clock,
    exchange::{Cause, Connected, NetworkPath, NotConnected, Route},
};

/// Result of the attempts to connect.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct TcpProbe {
    is_proxy: bool,
    accepted: Result<Accepted, Cause>,
}

/// An address that accepted, and those that failed before.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Accepted {
    to: SocketAddr,
    failed_attempts: Vec<NotConnected>,
    time: Duration,
}

/// Connects as the client does.
pub(super) async fn probe(
    network_path: &NetworkPath,
    addresses: &[SocketAddr],
    timeout: Duration,
) -> (TcpProbe, Option<Connected>) {
    let began = clock::now();
    let connected = network_path.connect(addresses, timeout).await;
    let time = clock::now() - began;
    let is_proxy = matches!(network_path.route(), Route::Proxy { .. });
    match connected {
        Ok(connected) => {
            let accepted = Accepted { to: connected.to, failed_attempts: connected.in_vain.clone(), time };
            (TcpProbe { is_proxy, accepted: Ok(accepted) }, Some(connected))
        }
        Err(attempts) => (TcpProbe { is_proxy, accepted: Err(network_path.connect_cause(&attempts)) }, None),
    }
}

impl TcpProbe {
    pub(super) fn findings(&self) -> Vec<Finding> {
        let whose = if self.is_proxy { "the proxy " } else { "" };
        let Accepted { to, failed_attempts, time } = match &self.accepted {
            Ok(accepted) => accepted,
            Err(cause) => return vec![Finding::failed(SUBJECT, cause.to_string())],
        };
        let passed = Finding::passed(SUBJECT, format!("{whose}{to} accepts the connection ({})", took(*time)));
        let others = failed_attempts.iter().map(|NotConnected { address, why }| {
            Finding::remark(SUBJECT, format!("no connection to {address}: {why}"))
        });
        others.chain([passed]).collect()
    }
}

const SUBJECT: &str = "TCP";
