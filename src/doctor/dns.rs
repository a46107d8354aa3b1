//! DNS: looks up the first host, which is the API or the proxy.

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use super::{bounds::took, finding::Finding};
use crate::{
    clock,
    exchange::{LookUpError, NetworkPath, Route},
};

/// Result of a look-up.
#[derive(Debug)]
pub(super) struct DnsProbe {
    host: String,
    is_proxy: bool,
    setting: &'static str,
    time: Duration,
    pub(super) found: Result<Vec<SocketAddr>, LookUpError>,
}

/// Looks up the name as the client does. `setting` is the field with the host's URL.
pub(super) async fn probe(network_path: &NetworkPath, setting: &'static str, timeout: Duration) -> DnsProbe {
    let began = clock::now();
    let found = network_path.look_up(timeout).await;
    let is_proxy = matches!(network_path.route(), Route::Proxy { .. });
    DnsProbe { host: network_path.first().0.to_owned(), is_proxy, setting, time: clock::now() - began, found }
}

impl DnsProbe {
    pub(super) fn findings(&self) -> Vec<Finding> {
        let Self { host, is_proxy, setting, time, found } = self;
        let whose = if *is_proxy { "the proxy " } else { "" };
        let finding = match found {
            Ok(_) if host.parse::<IpAddr>().is_ok() => {
                Finding::passed(SUBJECT, format!("{whose}`{host}` is an address and needs no look-up"))
            }
            Ok(addresses) => {
                let addresses: Vec<_> = addresses.iter().map(|address| address.ip().to_string()).collect();
                Finding::passed(SUBJECT, format!("{whose}`{host}` is at {} ({})", addresses.join(", "), took(*time)))
            }
            Err(why) => {
                let remedy = if why.is_temporary() {
                    "see which name servers `/etc/resolv.conf` names, and whether a network policy lets DNS through (port 53)"
                        .to_owned()
                } else if *is_proxy {
                    "correct the name in the variable that names the proxy".to_owned()
                } else {
                    format!("check `{setting}`, and whether this machine's name servers know that name")
                };
                Finding::failed(SUBJECT, format!("{whose}`{host}` cannot be looked up: {why}; {remedy}"))
            }
        };
        vec![finding]
    }
}

const SUBJECT: &str = "DNS";
