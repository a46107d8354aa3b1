//! TCP: connects to one of the addresses.

use std::{net::SocketAddr, time::Duration};

use super::{bounds::took, finding::Finding};
use crate::{
    clock,
    exchange::{Connected, NetworkPath, NotConnected, Route},
};

/// Result of the attempts to connect.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct TcpProbe {
    to: Option<SocketAddr>,
    /// The variable that names the proxy, if the peer is one.
    proxy: Option<&'static str>,
    setting: &'static str,
    failed_attempts: Vec<NotConnected>,
    time: Duration,
}

/// Connects as the client does. `setting` is the field with the host's URL.
pub(super) async fn probe(
    network_path: &NetworkPath,
    addresses: &[SocketAddr],
    setting: &'static str,
    timeout: Duration,
) -> (TcpProbe, Option<Connected>) {
    let began = clock::now();
    let connected = network_path.connect(addresses, timeout).await;
    let time = clock::now() - began;
    let proxy = match network_path.route() {
        Route::Proxy { variable, .. } => Some(*variable),
        Route::Direct | Route::Exempt { .. } | Route::PlainHttp => None,
    };
    match connected {
        Ok(connected) => {
            let (to, failed_attempts) = (Some(connected.to), connected.in_vain.clone());
            (TcpProbe { to, proxy, setting, failed_attempts, time }, Some(connected))
        }
        Err(failed_attempts) => (TcpProbe { to: None, proxy, setting, failed_attempts, time }, None),
    }
}

impl TcpProbe {
    pub(super) fn findings(&self) -> Vec<Finding> {
        let Self { to, proxy, setting, failed_attempts, time } = self;
        let whose = if proxy.is_some() { "the proxy " } else { "" };
        let failure = |NotConnected { address, why }: &NotConnected| format!("{address}: {why}");
        let Some(to) = to else {
            let all: Vec<_> = failed_attempts.iter().map(failure).collect();
            let (all, setting) = (all.join(", "), proxy.unwrap_or(setting));
            let remedy = format!("is `{setting}` right, and does the firewall or network policy let that port out?");
            return vec![Finding::failed(SUBJECT, format!("no connection to {whose}{all}; {remedy}"))];
        };
        let passed = Finding::passed(SUBJECT, format!("{whose}{to} accepts the connection ({})", took(*time)));
        let others = failed_attempts
            .iter()
            .map(|other| Finding::remark(SUBJECT, format!("no connection to {}", failure(other))));
        others.chain([passed]).collect()
    }
}

const SUBJECT: &str = "TCP";
