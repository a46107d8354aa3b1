//! TCP: a connection to one of the addresses.

use std::{net::SocketAddr, time::Duration};

use super::{bounds::took, finding::Finding};
use crate::{
    clock,
    exchange::{Connected, NetworkPath, NotConnected, Route},
};

/// Connecting as it went.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct TcpProbe {
    to: Option<SocketAddr>,
    /// The variable that names the proxy, if it is one.
    proxy: Option<&'static str>,
    in_vain: Vec<NotConnected>,
    time: Duration,
}

/// Connects, as the client does.
pub(super) async fn look(
    way: &NetworkPath,
    addresses: &[SocketAddr],
    timeout: Duration,
) -> (TcpProbe, Option<Connected>) {
    let began = clock::now();
    let connected = way.connect(addresses, timeout).await;
    let time = clock::now() - began;
    let proxy = match way.route() {
        Route::Proxy { variable, .. } => Some(*variable),
        Route::Direct | Route::Exempt { .. } | Route::PlainHttp => None,
    };
    match connected {
        Ok(connected) => {
            let (to, in_vain) = (Some(connected.to), connected.in_vain.clone());
            (TcpProbe { to, proxy, in_vain, time }, Some(connected))
        }
        Err(in_vain) => (TcpProbe { to: None, proxy, in_vain, time }, None),
    }
}

impl TcpProbe {
    pub(super) fn findings(&self) -> Vec<Finding> {
        let Self { to, proxy, in_vain, time } = self;
        let whose = if proxy.is_some() { "the proxy " } else { "" };
        let failure = |NotConnected { address, why }: &NotConnected| format!("{address}: {why}");
        let Some(to) = to else {
            let all: Vec<_> = in_vain.iter().map(failure).collect();
            let (all, says) =
                (all.join(", "), proxy.map_or_else(|| "`baseUrl`".to_owned(), |name| format!("`{name}`")));
            let remedy = format!("is {says} right, and does the firewall or network policy let that port out?");
            return vec![Finding::failed(SUBJECT, format!("no connection to {whose}{all}; {remedy}"))];
        };
        let passed = Finding::passed(SUBJECT, format!("{whose}{to} takes the connection ({})", took(*time)));
        let others = in_vain.iter().map(|other| Finding::remark(SUBJECT, format!("not {}", failure(other))));
        others.chain([passed]).collect()
    }
}

const SUBJECT: &str = "TCP";
