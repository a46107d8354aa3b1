//! DNS: looks up the first host, which is the API or the proxy.

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use super::{bounds::took, finding::Finding};
use crate::{
    clock,
    exchange::{Cause, NetworkPath, Route},
};

/// Result of a look-up.
#[derive(Debug)]
pub(super) struct DnsProbe {
    host: String,
    is_proxy: bool,
    time: Duration,
    pub(super) found: Result<Vec<SocketAddr>, Cause>,
}

/// Looks up the name as the client does, and with its time limit.
pub(super) async fn probe(network_path: &NetworkPath, timeout: Duration) -> DnsProbe {
    let began = clock::now();
    let found = network_path.look_up(timeout).await.map_err(|error| network_path.look_up_cause(&error));
    let is_proxy = matches!(network_path.route(), Route::Proxy { .. });
    DnsProbe { host: network_path.first().0.to_owned(), is_proxy, time: clock::now() - began, found }
}

impl DnsProbe {
    pub(super) fn findings(&self) -> Vec<Finding> {
        let Self { host, is_proxy, time, found } = self;
        let whose = if *is_proxy { "the proxy " } else { "" };
        let finding = match found {
            Ok(_) if host.parse::<IpAddr>().is_ok() => {
                Finding::passed(SUBJECT, format!("{whose}`{host}` is an address and needs no look-up"))
            }
            Ok(addresses) => {
                let addresses: Vec<_> = addresses.iter().map(|address| address.ip().to_string()).collect();
                let addresses = addresses.join(", ");
                let text = format!("{whose}`{host}` is at {addresses} ({})", took(*time));
                if *time < SLOW {
                    Finding::passed(SUBJECT, text)
                } else {
                    Finding::remark(SUBJECT, format!("{text}; {SLOW_REMEDY}"))
                }
            }
            Err(cause) => Finding::failed(SUBJECT, cause.to_string()),
        };
        vec![finding]
    }
}

const SUBJECT: &str = "DNS";
/// A look-up that takes longer probably waited for a name server that does not answer.
const SLOW: Duration = Duration::from_secs(2);
const SLOW_REMEDY: &str = "that is slow: does the first name server in `/etc/resolv.conf` answer?";
