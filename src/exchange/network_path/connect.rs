//! The first two steps: a name becomes addresses, and an address a connection.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use tokio::{
    net::{TcpStream, lookup_host},
    time::timeout as within,
};

use super::NetworkPath;
use crate::exchange::transport::describe;

/// A connection, and what was in vain before it.
#[derive(Debug)]
pub struct Connected {
    /// To which address.
    pub to: SocketAddr,
    /// Addresses that were tried before.
    pub in_vain: Vec<NotConnected>,
    pub(super) stream: TcpStream,
}

/// An address that cannot be connected to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NotConnected {
    /// Which.
    pub address: SocketAddr,
    /// Why, in words.
    pub why: String,
}

impl NetworkPath {
    /// The addresses of the first host, each once. An error is the system's, in its words.
    pub async fn look_up(&self, timeout: Duration) -> Result<Vec<SocketAddr>, String> {
        let (host, port) = self.first();
        if let Ok(address) = host.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(address, port)]);
        }
        let found = match within(timeout, lookup_host((host, port))).await {
            Ok(found) => found.map_err(|error| said(&error))?,
            Err(_elapsed) => return Err(format!("no answer within {}", humantime::format_duration(timeout))),
        };
        let mut addresses = Vec::new();
        for address in found.take(ADDRESSES_MAX) {
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        if addresses.is_empty() { Err("it has no address".to_owned()) } else { Ok(addresses) }
    }

    /// Connects to the first address that takes it. All tries together have this time, and none more than its share.
    pub async fn connect(&self, addresses: &[SocketAddr], timeout: Duration) -> Result<Connected, Vec<NotConnected>> {
        let share = timeout / u32::try_from(addresses.len()).unwrap_or(u32::MAX).max(1);
        let mut in_vain = Vec::new();
        for address in addresses {
            let why = match within(share, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => return Ok(Connected { to: *address, in_vain, stream }),
                Ok(Err(error)) => describe(&error),
                Err(_elapsed) => format!("no answer within {}", humantime::format_duration(share)),
            };
            in_vain.push(NotConnected { address: *address, why });
        }
        Err(in_vain)
    }
}

/// The resolver's own words: `failed to lookup address information: Name or service not known`.
fn said(error: &io::Error) -> String {
    let text = error.to_string();
    text.rsplit(": ").next().unwrap_or_default().to_lowercase()
}

/// More than a name usually has.
const ADDRESSES_MAX: usize = 16;
